import { defineCommand } from "./command.ts";

export const command = defineCommand({
  meta: {
    name: "config",
    description: "The configuration: check it, show what counts, print its schema, import another tool's",
    group: "Set up",
  },
  default: "show",
  subCommands: {
    check: async () => (await import("./config/check.ts")).command,
    show: async () => (await import("./config/show.ts")).command,
    schema: async () => (await import("./config/schema.ts")).command,
    import: async () => (await import("./config/import.ts")).command,
  },
});
