import type { Tournament } from "../../core/tournament/tournament.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatTime } from "../../terminal/format.ts";
import { type Column, showTable } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { withStore } from "./session.ts";

interface Row extends Omit<Tournament, "prompts"> {
  readonly prompts: number;
  readonly votes: number;
}

const MOST_SHOWN = 1_000;

function columns(now: number): readonly Column<Row>[] {
  return [
    { title: "id", cell: ({ id }) => id },
    { title: "when", cell: ({ at }) => formatTime(at, now) },
    { title: "prompts", cell: ({ prompts }) => String(prompts), align: "right" },
    { title: "from", cell: ({ source }) => source, canShrink: true },
    { title: "votes", cell: ({ votes }) => String(votes), align: "right" },
    { title: "models", cell: ({ models }) => models.join(" "), canShrink: true },
  ];
}

export const command = defineCommand({
  meta: {
    name: "history",
    description: "The tournaments of this machine, newest first",
    examples: [["lodestar tournament history --json", "for a script"]],
  },
  args: { ...jsonFlag, ...daemonFlags },
  async run(context) {
    const { args, terminal } = context;
    return withStore(context, args, async (store) => {
      const rows = store.list(MOST_SHOWN).map(({ prompts, ...rest }): Row => {
        return { ...rest, prompts: prompts.length, votes: store.matches(rest.id).length };
      });
      if (args.json) terminal.out(JSON.stringify({ tournaments: rows }));
      else showTable(terminal, rows, columns(context.now()), "no tournament yet: lodestar tournament run");
      return EXIT_CODES.ok;
    });
  },
});
