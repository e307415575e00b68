import { defineCommand } from "./command.ts";

/** `lodestar cache`: answers that are given again. */
export const command = defineCommand({
  meta: {
    name: "cache",
    description: "Answers of models that are given again: what is kept, what it saved, clear it",
    group: "See",
    notes: [
      "An answer is given again to the key and project that got it, for a day, where the request says a temperature of 0; `cache` in the configuration changes that. A hit costs nothing, and `costs` tells what it saved. Every answer says in `x-lodestar-cache` what the cache did and why.",
    ],
  },
  subCommands: {
    stats: async () => (await import("./cache/stats.ts")).command,
    list: async () => (await import("./cache/list.ts")).command,
    show: async () => (await import("./cache/show.ts")).command,
    clear: async () => (await import("./cache/clear.ts")).command,
    export: async () => (await import("./cache/export.ts")).command,
    warm: async () => (await import("./cache/warm.ts")).command,
  },
});
