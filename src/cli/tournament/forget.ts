import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { defineCommand } from "../command.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { findTournament, withStore } from "./session.ts";

export const command = defineCommand({
  meta: {
    name: "forget",
    description: "Delete a tournament with its prompts and votes",
    examples: [["lodestar tournament forget 1f3a9c02", "its answers stay, for others that ask the same"]],
  },
  args: {
    id: { type: "positional", required: true, description: "the tournament" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run(context) {
    const { args, terminal } = context;
    return withStore(context, args, async (store) => {
      const tournament = findTournament(store, args.id);
      if (!tournament.ok) return tournament.error;
      store.remove(tournament.value.id);
      terminal.out(args.json ? JSON.stringify({ deleted: args.id }) : `forgot tournament ${args.id}`);
      return EXIT_CODES.ok;
    });
  },
});
