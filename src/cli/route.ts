import { defineCommand } from "./command.ts";

/** `lodestar route`: what `auto` chooses, and why. */
export const command = defineCommand({
  meta: {
    name: "route",
    description: "What `auto` chooses, and why: explain, try other rules, what would be saved",
    group: "See",
  },
  subCommands: {
    classify: async () => (await import("./route/classify.ts")).command,
    explain: async () => (await import("./route/explain.ts")).command,
    report: async () => (await import("./route/report.ts")).command,
    simulate: async () => (await import("./route/simulate.ts")).command,
    test: async () => (await import("./route/test.ts")).command,
  },
});
