import { defineCommand } from "./command.ts";

/** `lodestar eval`: figures of merit, measured. */
export const command = defineCommand({
  meta: {
    name: "eval",
    description: "Measure how well routing works, on recorded data or your own",
    group: "More",
  },
  subCommands: {
    routing: async () => (await import("./eval/routing.ts")).command,
  },
});
