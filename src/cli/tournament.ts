import { defineCommand } from "./command.ts";

/** `lodestar tournament`: which model is better, by votes. */
export const command = defineCommand({
  meta: {
    name: "tournament",
    description: "Which model is better, by votes: ratings with intervals",
    group: "See",
  },
  subCommands: {
    rate: async () => (await import("./tournament/rate.ts")).command,
  },
});
