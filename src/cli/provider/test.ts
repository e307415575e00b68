import { decimalOf, formatUsd, toNanoUsd } from "../../core/money.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatDuration } from "../../terminal/format.ts";
import { defineCommand } from "../command.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { callProvider, testModel } from "./call.ts";

export const command = defineCommand({
  meta: {
    name: "test",
    description: "Make one small call to a provider and show what it took",
    examples: [["lodestar provider test deepseek", "asks its cheap model for a word"]],
  },
  args: {
    name: { type: "positional", required: true, description: "the provider" },
    model: {
      type: "string",
      alias: "m",
      valueHint: "NAME",
      description: "the model to ask, by its name at the provider",
    },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const model = await testModel(host, args, args.name, args.model);
    if (!model.ok) return model.error;
    const startedAt = host.now();
    const answer = await callProvider(host, args, args.name, model.value);
    if (!answer.ok) return answer.error;
    const tookMs = host.now() - startedAt;
    const { costUsd, requestId } = answer.value;
    if (args.json) {
      terminal.out(JSON.stringify({ provider: args.name, model: model.value, tookMs, costUsd, requestId }));
      return EXIT_CODES.ok;
    }
    const cost = costUsd === null ? "cost unknown" : formatUsd(toNanoUsd(decimalOf(costUsd)));
    terminal.out(`${args.name}/${model.value} answers: ${formatDuration(tookMs)}, ${cost}, ${requestId}`);
    return EXIT_CODES.ok;
  },
});
