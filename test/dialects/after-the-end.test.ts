import { describe, expect, test } from "bun:test";
import { anthropic } from "../../src/dialects/anthropic/dialect.ts";
import type { Dialect } from "../../src/dialects/dialect.ts";
import { createStreamSplitter } from "../../src/dialects/framing.ts";
import { ollama } from "../../src/dialects/ollama/dialect.ts";
import { openaiChat } from "../../src/dialects/openai-chat/dialect.ts";
import { openaiResponses } from "../../src/dialects/openai-responses/dialect.ts";
import { createTranslator } from "../../src/gateway/translator.ts";
import { chatChunks } from "../support/chat-chunks.ts";
import { messagesEvents, ollamaLines } from "../support/other-replies.ts";

const COST = {
  costNanoUsd: 1,
  reason: null,
  inputNanoUsd: 1,
  outputNanoUsd: 0,
  savedNanoUsd: null,
  usageSource: "provider" as const,
  priceId: "p",
  target: "up/m",
  requestId: "req_1",
};

/** What a client of the same dialect gets of these events. */
function relayed(dialect: Dialect, chunks: readonly string[]): string {
  const stamp = { requestedModel: "asked", requestId: "req_1", nowMs: 0, streamUsage: true };
  const translator = createTranslator({ from: dialect, to: dialect, isRelay: true, stamp, complete: () => COST });
  const splitter = createStreamSplitter(dialect.framing);
  const { frames } = splitter.push(new TextEncoder().encode(chunks.join("")));
  return frames.map(({ event, raw }) => translator.step(event, raw)).join("") + translator.end();
}

const RESPONSE = { id: "resp_1", object: "response", created_at: 1, model: "m", status: "completed", output: [] };
const DELTA = { type: "response.output_text.delta", output_index: 0, item_id: "msg_1", content_index: 0, delta: "hi" };

/** A Responses stream as wire text. */
const RESPONSES = [
  { type: "response.created", response: { ...RESPONSE, status: "in_progress" } },
  DELTA,
  { type: "response.completed", response: { ...RESPONSE, usage: { input_tokens: 1, output_tokens: 1 } } },
].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

const STREAMS = [
  { name: "openai-chat", dialect: openaiChat, chunks: chatChunks(["hi"]), garbage: 'data: {"choices":[{"delta":\n\n' },
  { name: "anthropic", dialect: anthropic, chunks: messagesEvents(["hi"]), garbage: "event: x\ndata: {\n\n" },
  { name: "openai-responses", dialect: openaiResponses, chunks: RESPONSES, garbage: "event: x\ndata: {\n\n" },
  { name: "ollama", dialect: ollama, chunks: ollamaLines(["hi"]), garbage: '{"message":{"role":\n' },
] as const;

describe("a stream of the client's own dialect whose upstream goes on after the end", () => {
  for (const { name, dialect, chunks, garbage } of STREAMS) {
    const whole = relayed(dialect, chunks);

    test(`ends for a client of ${name} where the answer ended, whatever follows`, () => {
      for (const more of [chunks, chunks.slice(1, 2), chunks.slice(-1), [garbage]]) {
        expect(relayed(dialect, [...chunks, ...more])).toBe(whole);
      }
    });
  }

  test("keeps what is no JSON between the last chunk of a chat stream and its [DONE] from the client", () => {
    const chunks = chatChunks(["hi"]);
    const [{ garbage }] = STREAMS;
    expect(relayed(openaiChat, chunks.toSpliced(-1, 0, garbage))).toBe(relayed(openaiChat, chunks));
    expect(relayed(openaiChat, chunks.toSpliced(-1, 0, "data: \n\n"))).toBe(relayed(openaiChat, chunks));
  });

  test("gets its [DONE] where a second answer with its own finish and usage follows the first", () => {
    const first = chatChunks(["hi"]).slice(0, -1);
    const finish = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: { prompt_tokens: 1 } };
    expect(relayed(openaiChat, [...first, `data: ${JSON.stringify(finish)}\n\n`])).toEndWith("data: [DONE]\n\n");
  });

  test("is not ended for a client of anthropic by an event that is only named after an error", () => {
    const chunks = messagesEvents(["hi", " there"]);
    const misnamed = chunks.map((chunk) => chunk.replace(/^event: content_block_stop/, "event: error"));
    expect(relayed(anthropic, misnamed)).toBe(relayed(anthropic, chunks));
  });
});
