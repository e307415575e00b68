import { decimalOf, formatUsd, toNanoUsd } from "../core/money.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatDuration } from "../terminal/format.ts";
import { startSpinner } from "../terminal/spinner.ts";
import { type Answer, readAnswer } from "./ask-answer.ts";
import { messagesOf } from "./ask-message.ts";
import { type CliHost, defineCommand } from "./command.ts";
import { lostConnection, openApi } from "./connection.ts";
import { projectFlag, projectHere } from "./project/here.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

/** The line about an answer that goes to stderr: who, what it cost, how long. */
function epilogue(answer: Answer, tookMs: number): string {
  const reason = answer.costReason === null ? "" : ` (${answer.costReason})`;
  const cost =
    answer.costUsd === null ? `cost unknown${reason}` : `${formatUsd(toNanoUsd(decimalOf(answer.costUsd)))}${reason}`;
  const cut = answer.finish === "length" ? ", cut at the output limit" : "";
  return `${answer.model}, ${cost}, ${formatDuration(tookMs)}${cut}`;
}

/** Whose question it is: of a project, and of the session that a launched client's shell runs in. */
function headersOf({ version, environment }: CliHost, project: string | null): Record<string, string> {
  const session = environment.LODESTAR_SESSION ?? "";
  return {
    "content-type": "application/json",
    "user-agent": `lodestar-cli/${version}`,
    ...(project === null ? {} : { "x-lodestar-project": project }),
    ...(/^[\x21-\x7e]{1,200}$/.test(session) ? { "x-session-id": session } : {}),
  };
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
    const connection = await openApi(host, args);
    if (!connection.ok) return connection.error;
    const startedAt = host.now();
    const spinner = startSpinner(terminal, `asking ${args.model}`);
    try {
      const response = await connection.value.send("/v1/chat/completions", {
        method: "POST",
        headers: headersOf(host, project.value),
        body: JSON.stringify({
          model: args.model,
          messages: messages.value,
          stream: true,
          stream_options: { include_usage: true },
          ...(args.maxTokens === undefined ? {} : { max_tokens: args.maxTokens }),
        }),
        signal: host.signal,
      });
      if (!response.ok) return response.error;
      const answer = await readAnswer(response.value, (text) => {
        spinner.stop();
        if (!args.json) terminal.write(text);
      });
      spinner.stop();
      if (!answer.ok) return answer.error;
      if (args.json) terminal.out(JSON.stringify(answer.value));
      else if (!answer.value.text.endsWith("\n")) terminal.out("");
      terminal.talk(terminal.talkStyle.dim(epilogue(answer.value, host.now() - startedAt)));
      return EXIT_CODES.ok;
    } catch (error) {
      return lostConnection(error, host, connection.value.where);
    } finally {
      spinner.stop();
      await connection.value.close();
    }
  },
});
