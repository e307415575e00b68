import { describe, expect, test } from "bun:test";
import type { StreamPart } from "../../src/core/reply.ts";
import { anthropic } from "../../src/dialects/anthropic/dialect.ts";
import type { Dialect } from "../../src/dialects/dialect.ts";
import { gemini, geminiArray } from "../../src/dialects/gemini/dialect.ts";
import { ollama } from "../../src/dialects/ollama/dialect.ts";
import { openaiChat } from "../../src/dialects/openai-chat/dialect.ts";
import { openaiResponses } from "../../src/dialects/openai-responses/dialect.ts";
import { createEncodingOutlet, createRelayOutlet } from "../../src/gateway/stream-outlet.ts";

const STAMP = { requestedModel: "asked", requestId: "req_1", nowMs: 0, streamUsage: true };
const FAULT = { kind: "truncated", message: "cut off here" } as const;
const PARTS: readonly StreamPart[] = [
  { type: "start", id: "x", model: "m" },
  { type: "text-start", block: 0 },
  { type: "text-delta", block: 0, text: "hello" },
];

const DIALECTS: readonly (readonly [name: string, dialect: Dialect])[] = [
  ["openai-chat", openaiChat],
  ["openai-responses", openaiResponses],
  ["anthropic", anthropic],
  ["gemini", gemini],
  ["gemini as an array", geminiArray],
  ["ollama", ollama],
];

describe("what a client reads of a stream", () => {
  for (const [name, dialect] of DIALECTS) {
    test(`written anew in ${name}, and broken, ends in an error with the reason`, () => {
      const outlet = createEncodingOutlet(dialect, STAMP);
      const said = outlet.say([...PARTS, { type: "error", fault: FAULT }]);
      expect(said).toContain("hello");
      expect(said).not.toContain("cut off here");
      expect(outlet.fail(FAULT)).toContain("cut off here");
    });

    test(`relayed in ${name}, says nothing of its own until it breaks`, () => {
      const outlet = createRelayOutlet(dialect, STAMP);
      expect(outlet.say(PARTS)).toBe("");
      expect(outlet.fail(FAULT)).toContain("cut off here");
    });

    test(`written anew in ${name} passes no event of the upstream on`, () => {
      expect(createEncodingOutlet(dialect, STAMP).pass({ data: "{}" }, "data: {}\n\n")).toBe("");
    });
  }

  test("as an array that broke is one JSON array still", () => {
    const outlet = createEncodingOutlet(geminiArray, STAMP);
    const chunks: unknown = JSON.parse(outlet.say(PARTS) + outlet.fail(FAULT));
    expect(chunks).toBeArray();
    expect(JSON.stringify(chunks)).toContain("hello");
  });
});
