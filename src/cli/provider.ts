import { defineCommand } from "./command.ts";

export const command = defineCommand({
  meta: {
    name: "provider",
    description: "Providers: add a key, list, test, remove",
    group: "Set up",
    notes: ["A key never goes on the command line: it is asked for without echo, or read from standard input."],
  },
  default: "list",
  subCommands: {
    add: async () => (await import("./provider/add.ts")).command,
    list: async () => (await import("./provider/list.ts")).command,
    test: async () => (await import("./provider/test.ts")).command,
    remove: async () => (await import("./provider/remove.ts")).command,
  },
});
