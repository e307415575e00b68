import { defineCommand } from "./command.ts";

/** `lodestar tournament`: which model is better, by votes. */
export const command = defineCommand({
  meta: {
    name: "tournament",
    description: "Which model is better: ask several the same, vote blind, rate with intervals",
    group: "See",
  },
  subCommands: {
    run: async () => (await import("./tournament/run.ts")).command,
    vote: async () => (await import("./tournament/vote.ts")).command,
    judge: async () => (await import("./tournament/judge.ts")).command,
    leaderboard: async () => (await import("./tournament/leaderboard.ts")).command,
    history: async () => (await import("./tournament/history.ts")).command,
    show: async () => (await import("./tournament/show.ts")).command,
    export: async () => (await import("./tournament/export.ts")).command,
    rate: async () => (await import("./tournament/rate.ts")).command,
    forget: async () => (await import("./tournament/forget.ts")).command,
  },
});
