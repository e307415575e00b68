import { VOTES_VERSION } from "../../features/tournament/read-votes.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { defineCommand } from "../command.ts";
import { daemonFlags } from "../shared-flags.ts";
import { findTournament, withStore } from "./session.ts";
import { idFlag } from "./words.ts";

export const command = defineCommand({
  meta: {
    name: "export",
    description: "The votes of a tournament, one JSON object a line, as `tournament rate` reads them",
    examples: [["lodestar tournament export > votes.ndjson", "the latest tournament's votes"]],
  },
  args: { ...idFlag, ...daemonFlags },
  async run(context) {
    const { args, terminal } = context;
    return withStore(context, args, async (store) => {
      const tournament = findTournament(store, args.id);
      if (!tournament.ok) return tournament.error;
      for (const match of store.matches(tournament.value.id))
        terminal.out(JSON.stringify({ version: VOTES_VERSION, ...match }));
      return EXIT_CODES.ok;
    });
  },
});
