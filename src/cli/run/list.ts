import type { JsonObject } from "../../core/json.ts";
import { listRuns, placeOfRun, readEvents, readRunRecord } from "../../features/repair/store.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatTime } from "../../terminal/format.ts";
import { type Column, showTable } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { locate } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";

interface RunRow {
  readonly run: string;
  readonly at: number;
  readonly command: string;
  readonly failure: string;
  readonly end: string;
  readonly attempts: number;
  readonly costUsd: number;
}

function text(event: JsonObject | undefined, name: string): string {
  const value = event?.[name];
  return typeof value === "string" ? value : "";
}

function number(event: JsonObject | undefined, name: string): number {
  const value = event?.[name];
  return typeof value === "number" ? value : 0;
}

function rowOf(stateDir: string, id: string): readonly RunRow[] {
  const place = placeOfRun(stateDir, id);
  if (place === null) return [];
  const events = readEvents(place);
  const last = (name: string) => events.findLast(({ event }) => event === name);
  const started = last("started");
  const words = Array.isArray(started?.command) ? started.command.map(String).join(" ") : "";
  const record = readRunRecord(place);
  const end = record?.state ?? (last("repaired") !== undefined ? "not applied" : text(last("stopped"), "reason"));
  const finished = last("finished");
  return [
    {
      run: id,
      at: number(started, "at"),
      command: words,
      failure: text(last("classified"), "kind"),
      end: end === "" ? "interrupted" : end,
      attempts: number(finished, "attempts"),
      costUsd: number(finished, "costUsd"),
    },
  ];
}

function columns(now: number): readonly Column<RunRow>[] {
  return [
    { title: "run", cell: ({ run }) => run },
    { title: "time", cell: ({ at }) => formatTime(at, now) },
    { title: "command", cell: ({ command: words }) => words, canShrink: true },
    { title: "failure", cell: ({ failure }) => failure },
    { title: "end", cell: ({ end }) => end },
    { title: "tries", cell: ({ attempts }) => String(attempts), align: "right" },
    { title: "cost", cell: ({ costUsd }) => `$${Number(costUsd.toPrecision(3))}`, align: "right" },
  ];
}

export const command = defineCommand({
  meta: {
    name: "list",
    description: "Runs that failed, latest first, and what became of them",
    examples: [["lodestar run list", "the last twenty"]],
  },
  args: {
    limit: { type: "string", value: "integer", alias: "n", default: "20", valueHint: "COUNT", description: "how many" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const location = await locate(host, args);
    if (!location.ok) return location.error;
    const { stateDir } = location.value;
    const rows = listRuns(stateDir)
      .slice(0, args.limit)
      .flatMap((id) => rowOf(stateDir, id));
    if (args.json) host.terminal.out(JSON.stringify({ runs: rows }));
    else showTable(host.terminal, rows, columns(host.now()), "no run failed yet");
    return EXIT_CODES.ok;
  },
});
