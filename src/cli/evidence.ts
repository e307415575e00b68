import { defineCommand } from "./command.ts";

/** `lodestar evidence`: what was observed of how good answers were. */
export const command = defineCommand({
  meta: {
    name: "evidence",
    description: "What was judged of models' answers: count it, take it out, forget it",
    group: "See",
    notes: [
      "Votes, thumbs, exit codes, applied edits, verdicts and regenerations; of what was asked and answered, no word. It counts half after 90 days and is deleted after two years.",
    ],
  },
  subCommands: {
    list: async () => (await import("./evidence/list.ts")).command,
    export: async () => (await import("./evidence/export.ts")).command,
    forget: async () => (await import("./evidence/forget.ts")).command,
  },
});
