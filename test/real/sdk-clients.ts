import Anthropic from "@anthropic-ai/sdk";
import { Ollama } from "ollama/browser";
import OpenAI from "openai";
import type { JsonObject, JsonValue } from "../../src/core/json.ts";
import { type Answer, inputOf, stopClassOf } from "../dialects/matrix-oracle.ts";

/** How an official client asks, as a user of it would write it. */
export interface SdkClient {
  whole(baseUrl: string, model: string): Promise<Answer>;
  stream(baseUrl: string, model: string): Promise<Answer>;
}

const QUESTION = { role: "user", content: "What is the capital of France?" } as const;
const MAX_TOKENS = 8;

/** OpenAI's client; no retries of its own unless asked for. */
export function openAiClient(baseUrl: string, maxRetries = 0): OpenAI {
  return new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey: "any", maxRetries });
}

/** Anthropic's client; no retries of its own unless asked for. */
export function anthropicClient(baseUrl: string, maxRetries = 0): Anthropic {
  return new Anthropic({ baseURL: baseUrl, apiKey: "any", maxRetries });
}

/** Ollama's client, which never retries. */
export function ollamaClient(baseUrl: string): Ollama {
  return new Ollama({ host: baseUrl });
}

/** What a chat completion says. */
function answerOfCompletion({ choices, usage }: OpenAI.ChatCompletion): Answer {
  const [choice] = choices;
  const calls = (choice?.message.tool_calls ?? []).flatMap((call) => (call.type === "function" ? [call.function] : []));
  return {
    text: `${choice?.message.content ?? ""}${choice?.message.refusal ?? ""}`,
    tools: calls.map((call) => ({ name: call.name, input: inputOf(call.arguments) })),
    stop: stopClassOf(choice?.finish_reason, calls.length > 0),
    usage:
      usage === undefined || usage === null
        ? null
        : { input: usage.prompt_tokens, output: usage.total_tokens - usage.prompt_tokens },
  };
}

/** What a message says. */
export function answerOfMessage(message: Anthropic.Message): Answer {
  const { usage } = message;
  const texts = message.content.map((block) => (block.type === "text" ? block.text : ""));
  return {
    text: [...texts, message.stop_details?.explanation ?? ""].join(""),
    tools: message.content.flatMap((block) =>
      block.type === "tool_use" ? [{ name: block.name, input: block.input as JsonValue }] : [],
    ),
    stop: stopClassOf(message.stop_reason, false),
    usage: {
      input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
      output: usage.output_tokens,
    },
  };
}

interface OllamaLine {
  readonly message: {
    readonly content: string;
    readonly tool_calls?: readonly { readonly function: { readonly name: string; readonly arguments: object } }[];
  };
  readonly done_reason?: string;
  readonly prompt_eval_count?: number;
  readonly eval_count?: number;
}

function answerOfLines(lines: readonly OllamaLine[]): Answer {
  const last = lines.at(-1);
  const tools = lines
    .flatMap(({ message }) => message.tool_calls ?? [])
    .map(({ function: call }) => {
      const { raw_arguments: cut, ...input } = call.arguments as JsonObject;
      return { name: call.name, input: cut ?? input };
    });
  return {
    text: lines.map(({ message }) => message.content).join(""),
    tools,
    stop: stopClassOf(last?.done_reason, tools.length > 0),
    usage: { input: last?.prompt_eval_count ?? 0, output: last?.eval_count ?? 0 },
  };
}

const OPENAI_CLIENT: SdkClient = {
  async whole(baseUrl, model) {
    const body = { model, max_tokens: MAX_TOKENS, messages: [QUESTION] };
    return answerOfCompletion(await openAiClient(baseUrl).chat.completions.create(body));
  },
  async stream(baseUrl, model) {
    const stream = openAiClient(baseUrl).chat.completions.stream({
      model,
      max_tokens: MAX_TOKENS,
      messages: [QUESTION],
      stream_options: { include_usage: true },
    });
    return answerOfCompletion(await stream.finalChatCompletion());
  },
};

const ANTHROPIC_CLIENT: SdkClient = {
  async whole(baseUrl, model) {
    const body = { model, max_tokens: MAX_TOKENS, messages: [QUESTION] };
    return answerOfMessage(await anthropicClient(baseUrl).messages.create(body));
  },
  async stream(baseUrl, model) {
    const stream = anthropicClient(baseUrl).messages.stream({ model, max_tokens: MAX_TOKENS, messages: [QUESTION] });
    return answerOfMessage(await stream.finalMessage());
  },
};

const OLLAMA_CLIENT: SdkClient = {
  async whole(baseUrl, model) {
    const options = { num_predict: MAX_TOKENS };
    return answerOfLines([await ollamaClient(baseUrl).chat({ model, options, messages: [QUESTION], stream: false })]);
  },
  async stream(baseUrl, model) {
    const options = { num_predict: MAX_TOKENS };
    const stream = await ollamaClient(baseUrl).chat({ model, options, messages: [QUESTION], stream: true });
    const lines: OllamaLine[] = [];
    for await (const line of stream) lines.push(line);
    return answerOfLines(lines);
  },
};

/** The official client of each inbound dialect. */
export const SDK_CLIENTS = {
  "openai-chat": OPENAI_CLIENT,
  anthropic: ANTHROPIC_CLIENT,
  ollama: OLLAMA_CLIENT,
} as const;
