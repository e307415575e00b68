import { defineCommand } from "./command.ts";

export const command = defineCommand({
  meta: {
    name: "keys",
    description: "Client keys: create, limit, list, revoke",
    group: "Set up",
    notes: [
      "Until the first key exists, anything on this machine may call the API without one. Creating a key ends that at once.",
    ],
  },
  default: "list",
  subCommands: {
    create: async () => (await import("./keys/create.ts")).command,
    limit: async () => (await import("./keys/limit.ts")).command,
    list: async () => (await import("./keys/list.ts")).command,
    revoke: async () => (await import("./keys/revoke.ts")).command,
  },
});
