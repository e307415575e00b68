import { defineCommand } from "./command.ts";

export const command = defineCommand({
  meta: {
    name: "project",
    description: "Projects: their rules, their costs, their budgets",
    group: "Set up",
    examples: [
      ["lodestar project init --template web", "write a .lodestar.yaml, every line with its reason"],
      ["lodestar project", "every project with its folder, this month's costs and budgets"],
    ],
    notes: [
      "A request belongs to the project of its key, else to the one that the header x-lodestar-project states, else to the one its client session stated before. `ask`, `launch`, `aider` and `setup --project` state that of the nearest .lodestar.yaml.",
    ],
  },
  default: "list",
  subCommands: {
    list: async () => (await import("./project/list.ts")).command,
    show: async () => (await import("./project/show.ts")).command,
    use: async () => (await import("./project/use.ts")).command,
    init: async () => (await import("./project/init.ts")).command,
    forget: async () => (await import("./project/forget.ts")).command,
  },
});
