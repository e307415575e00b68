import type { ModelAnswer } from "../core/model-port.ts";
import { decimalOf, formatUsd, toNanoUsd } from "../core/money.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatDuration } from "../terminal/format.ts";
import { startSpinner } from "../terminal/spinner.ts";
import { messagesOf } from "./ask-message.ts";
import { defineCommand } from "./command.ts";
import { openModels } from "./model-port.ts";
import { projectFlag, projectHere } from "./project/here.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

/** The line about an answer that goes to stderr: who, what it cost, how long. */
function epilogue(answer: ModelAnswer, tookMs: number): string {
  const reason = answer.costReason === null ? "" : ` (${answer.costReason})`;
  const cost =
    answer.costUsd === null ? `cost unknown${reason}` : `${formatUsd(toNanoUsd(decimalOf(answer.costUsd)))}${reason}`;
  const cut = answer.finish === "length" ? ", cut at the output limit" : "";
  return `${answer.model}, ${cost}, ${formatDuration(tookMs)}${cut}`;
}

export const command = defineCommand({
  meta: {
    name: "ask",
    description: "Ask a model and stream its answer",
    group: "Ask",
    examples: [
      ['lodestar ask "what does EAGAIN mean?"', "the default chain answers"],
      ['git diff | lodestar ask --model best "review this"', "what is piped in comes before the words"],
      ['lodestar ask -f shot.png -f app.css "why is the button cut off?"', "images and text files"],
    ],
    notes: [
      "The answer goes to stdout, what it cost to stderr. A running daemon is used; without one the same gateway runs in this process. LODESTAR_API_KEY is the client key, where one is needed.",
    ],
  },
  args: {
    words: { type: "positional", isRepeatable: true, description: "the question; - alone means standard input only" },
    model: {
      type: "string",
      alias: "m",
      default: "auto",
      env: "LODESTAR_MODEL",
      valueHint: "NAME",
      description: "provider/model, an alias, auto, free, cheap or best",
    },
    file: {
      type: "string",
      alias: "f",
      isRepeatable: true,
      valueHint: "FILE",
      description: "text or image (png, jpg, webp) to send along",
    },
    system: { type: "string", alias: "s", valueHint: "TEXT", description: "system prompt" },
    maxTokens: {
      type: "string",
      value: "integer",
      valueHint: "COUNT",
      description: "at most so many tokens of answer",
    },
    ...projectFlag,
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, stdin, ...rest }) {
    const host = { ...rest, terminal, stdin };
    const words = args.words.filter((word) => word !== "-").join(" ");
    const wantsInput = args.words.includes("-") || stdin.isTTY !== true;
    const piped = wantsInput ? await stdin.readAll() : "";
    const messages = await messagesOf({ words, piped, system: args.system, files: args.file });
    if (!messages.ok) return messages.error;
    const project = await projectHere(host, args);
    if (!project.ok) return project.error;
    const models = await openModels(host, args, { project: project.value, tag: null });
    if (!models.ok) return models.error;
    const startedAt = host.now();
    const spinner = startSpinner(terminal, `asking ${args.model}`);
    const limit = args.maxTokens === undefined ? {} : { maxOutputTokens: args.maxTokens };
    try {
      const question = { model: args.model, messages: messages.value, ...limit };
      const answer = await models.value.ask(question, (text) => {
        spinner.stop();
        if (!args.json) terminal.write(text);
      });
      spinner.stop();
      if (!answer.ok) return answer.error;
      if (args.json) terminal.out(JSON.stringify(answer.value));
      else if (!answer.value.text.endsWith("\n")) terminal.out("");
      terminal.talk(terminal.talkStyle.dim(epilogue(answer.value, host.now() - startedAt)));
      return EXIT_CODES.ok;
    } finally {
      spinner.stop();
      await models.value.close();
    }
  },
});
