import { defineCommand } from "./command.ts";

export const command = defineCommand({
  meta: {
    name: "local",
    description: "Local models: what is there, what fits the card, pull, load, measure",
    group: "Set up",
    examples: [
      ["lodestar local catalog --fits 4096 --task code", "code models that a 4 GB card holds, and at which context"],
      ["lodestar local plan qwen2.5-coder:1.5b llama3.2:3b --vram 4096", "whether both fit at once"],
      ["lodestar local pull qwen2.5-coder:1.5b", "download it; the same again goes on where it stopped"],
      ["lodestar local bench qwen2.5-coder:1.5b", "how fast it loads, reads and writes here"],
    ],
    notes: ["Works through Ollama. Clients' keys can do none of this: only the admin credential can."],
  },
  default: "list",
  subCommands: {
    list: async () => (await import("./local/list.ts")).command,
    catalog: async () => (await import("./local/catalog.ts")).command,
    plan: async () => (await import("./local/plan.ts")).command,
    pull: async () => (await import("./local/pull.ts")).command,
    create: async () => (await import("./local/create.ts")).command,
    remove: async () => (await import("./local/remove.ts")).command,
    warm: async () => (await import("./local/keep.ts")).warm,
    pin: async () => (await import("./local/keep.ts")).pin,
    unload: async () => (await import("./local/keep.ts")).unload,
    bench: async () => (await import("./local/bench.ts")).command,
  },
});
