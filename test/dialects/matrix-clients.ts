import Anthropic from "@anthropic-ai/sdk";
import { Ollama } from "ollama/browser";
import OpenAI from "openai";
import type { JsonObject, JsonValue } from "../../src/core/json.ts";
import { readAsGemini } from "./matrix-gemini.ts";
import { type Answer, inputOf, readResponse, stopClassOf } from "./matrix-oracle.ts";

/** Answers every call with a stream of these bytes, in pieces whose sizes follow from the seed. */
function replay(wire: string, contentType: string, seed: number): typeof fetch {
  const bytes = new TextEncoder().encode(wire);
  const answer = async (): Promise<Response> => {
    let from = 0;
    let state = seed;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (from >= bytes.length) return controller.close();
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        const to = from + 1 + ((state >>> 8) % Math.max(1, Math.ceil(bytes.length / 10)));
        controller.enqueue(bytes.subarray(from, to));
        from = to;
      },
    });
    return new Response(body, { headers: { "content-type": contentType } });
  };
  return answer as unknown as typeof fetch;
}

/** What OpenAI's own client makes of a stream; throws where it rejects it. */
async function readAsOpenAi(wire: string, seed: number): Promise<Answer> {
  const client = new OpenAI({ apiKey: "x", maxRetries: 0, fetch: replay(wire, "text/event-stream", seed) });
  const stream = client.chat.completions.stream({
    model: "asked",
    messages: [{ role: "user", content: "x" }],
    stream_options: { include_usage: true },
  });
  const completion = await stream.finalChatCompletion();
  const choice = completion.choices[0];
  const calls = (choice?.message.tool_calls ?? []).flatMap((call) => (call.type === "function" ? [call.function] : []));
  const { usage } = completion;
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

/** What OpenAI's own client makes of a Responses stream, with every check it has; throws where it rejects it. */
async function readAsResponses(wire: string, seed: number): Promise<Answer> {
  const client = new OpenAI({ apiKey: "x", maxRetries: 0, fetch: replay(wire, "text/event-stream", seed) });
  const response = await client.responses.stream({ model: "asked", input: "x" }).finalResponse();
  return readResponse(JSON.parse(JSON.stringify(response)));
}

/** What Anthropic's own client makes of a stream; throws where it rejects it. */
async function readAsAnthropic(wire: string, seed: number): Promise<Answer> {
  const client = new Anthropic({ apiKey: "x", maxRetries: 0, fetch: replay(wire, "text/event-stream", seed) });
  const stream = client.messages.stream({ model: "asked", max_tokens: 9, messages: [{ role: "user", content: "x" }] });
  const message = await stream.finalMessage();
  const { usage } = message;
  const tools = message.content.flatMap((block) =>
    block.type === "tool_use" ? [{ name: block.name, input: block.input as JsonValue }] : [],
  );
  const texts = message.content.map((block) => (block.type === "text" ? block.text : ""));
  return {
    text: [...texts, message.stop_details?.explanation ?? ""].join(""),
    tools,
    stop: stopClassOf(message.stop_reason, false),
    usage: {
      input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
      output: usage.output_tokens,
    },
  };
}

/** What Ollama's own client makes of a stream; throws where it rejects it. */
async function readAsOllama(wire: string, seed: number): Promise<Answer> {
  const client = new Ollama({ fetch: replay(wire, "application/x-ndjson", seed) });
  const lines = await client.chat({ model: "asked", messages: [{ role: "user", content: "x" }], stream: true });
  let text = "";
  const tools: { name: string; input: JsonValue }[] = [];
  let last: { done_reason?: string; prompt_eval_count?: number; eval_count?: number } = {};
  for await (const line of lines) {
    text += line.message.content;
    for (const { function: call } of line.message.tool_calls ?? []) {
      const { raw_arguments: cut, ...input } = call.arguments as JsonObject;
      tools.push({ name: call.name, input: cut ?? input });
    }
    last = line;
  }
  return {
    text,
    tools,
    stop: stopClassOf(last.done_reason, tools.length > 0),
    usage: { input: last.prompt_eval_count ?? 0, output: last.eval_count ?? 0 },
  };
}

/** The official client of each inbound dialect. */
export const CLIENTS = {
  "openai-chat": readAsOpenAi,
  "openai-responses": readAsResponses,
  anthropic: readAsAnthropic,
  gemini: (wire: string, seed: number) => readAsGemini(replay(wire, "text/event-stream", seed)),
  ollama: readAsOllama,
} as const;
