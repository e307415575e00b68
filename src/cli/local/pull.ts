import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { defineCommand } from "../command.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { modelFlag, providerFlag } from "./flags.ts";
import { runLong } from "./stream.ts";

export const command = defineCommand({
  meta: {
    name: "pull",
    description: "Download a model through Ollama",
    examples: [["lodestar local pull qwen2.5-coder:1.5b", "Ctrl-C stops it; the same again goes on from there"]],
    notes: ["The disk is looked at before each part. With --json every event is a line."],
  },
  args: {
    ...modelFlag,
    ...providerFlag,
    insecure: { type: "boolean", description: "from a library of your own over plain HTTP" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const { model, provider = null, insecure, json } = args;
    const body = { model, provider, insecure };
    const done = await runLong(host, args, { path: "/v1/local/pull", body, what: model, isJson: json });
    if (!done.ok) return done.error;
    if (!json) host.terminal.out(`${model} is installed; lodestar local warm ${model} loads it`);
    return EXIT_CODES.ok;
  },
});
