import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { modelFlag, providerFlag } from "./flags.ts";

export const command = defineCommand({
  meta: {
    name: "remove",
    description: "Delete a model from the disk of its Ollama",
    notes: ["Weights that another model shares stay."],
  },
  args: { ...modelFlag, ...providerFlag, ...jsonFlag, ...daemonFlags },
  async run({ args, ...host }) {
    const body = JSON.stringify({ model: args.model, provider: args.provider ?? null });
    const init = { method: "POST", body };
    const removed = await fetchView<{ removed: string }>(host, args, "write", "/v1/local/remove", init);
    if (!removed.ok) return removed.error;
    host.terminal.out(args.json ? JSON.stringify(removed.value) : `removed ${removed.value.removed}`);
    return EXIT_CODES.ok;
  },
});
