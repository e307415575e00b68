import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { usageProblem } from "../../terminal/problem.ts";
import { defineCommand } from "../command.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { providerFlag } from "./flags.ts";
import { runLong } from "./stream.ts";

export const command = defineCommand({
  meta: {
    name: "create",
    description: "Make a model from an installed one, with settings of its own",
    examples: [
      [
        'lodestar local create reviewer --from qwen2.5-coder:3b --temperature 0.2 --system "You review code."',
        "the weights are shared, so it takes no more disk",
      ],
    ],
  },
  args: {
    name: { type: "positional", required: true, valueHint: "NAME", description: "what it is to be called" },
    from: {
      type: "string",
      required: true,
      valueHint: "MODEL",
      description: "the installed model that it is made from",
    },
    context: {
      type: "string",
      value: "integer",
      valueHint: "TOKENS",
      description: "its context where a request names none",
    },
    temperature: { type: "string", valueHint: "NUMBER", description: "from 0 to 2" },
    system: { type: "string", valueHint: "TEXT", description: "its system prompt" },
    ...providerFlag,
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const { name, from, context = null, system = null, provider = null, json } = args;
    const temperature = args.temperature === undefined ? null : Number(args.temperature);
    if (temperature !== null && !(temperature >= 0 && temperature <= 2)) {
      return usageProblem("bad_value", `--temperature must be a number from 0 to 2, not "${args.temperature}"`);
    }
    const body = { model: name, from, context, temperature, system, provider };
    const done = await runLong(host, args, { path: "/v1/local/create", body, what: name, isJson: json });
    if (!done.ok) return done.error;
    if (!json) host.terminal.out(`made ${name} from ${from}`);
    return EXIT_CODES.ok;
  },
});
