import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { inputBound, inputBoundOfText, inputTokensFor, textTokenBound } from "../../src/core/input-bound.ts";
import type { Reply } from "../../src/core/reply.ts";
import type { ChatRequest, Part } from "../../src/core/request.ts";
import { textOfReply } from "../../src/core/request-text.ts";
import { estimateTokens } from "../../src/core/usage.ts";
import { DIALECTS } from "../../src/dialects/_all.ts";
import { NO_DATA_REASON, recordings } from "../dialects/recordings.ts";

function requestOf(parts: readonly Part[], more: Partial<ChatRequest> = {}): ChatRequest {
  return { model: "m", messages: [{ role: "user", parts }], stream: false, ...more };
}

function tokensOf(parts: readonly Part[], more: Partial<ChatRequest> = {}): number {
  return inputTokensFor(inputBound(requestOf(parts, more)), "m");
}

const NOTHING = tokensOf([]);
const base64 = (length: number) => ({ kind: "base64", mediaType: "x/y", data: "A".repeat(length) }) as const;
const URL_SOURCE = { kind: "url", url: "https://example.com/x" } as const;

describe("the bound of a text", () => {
  test("is at least its estimate, and at most its bytes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "grapheme" })), (text) => {
        const bound = textTokenBound(text);
        const bytes = new TextEncoder().encode(text.toWellFormed()).length;
        expect(bound).toBeGreaterThanOrEqual(Math.min(estimateTokens(text), bytes));
        expect(bound).toBeLessThanOrEqual(bytes);
      }),
    );
  });

  test("leaves room for what providers wrap around it", () => {
    expect(inputBoundOfText("").textTokens).toBe(64);
    expect(NOTHING).toBeGreaterThan(64);
  });
});

describe("the bound of a request", () => {
  const cases: readonly (readonly [
    title: string,
    parts: readonly Part[],
    more: Partial<ChatRequest>,
    least: number,
    most: number,
  ])[] = [
    ["an image", [{ type: "image", source: base64(100) }], {}, 4_784, 5_000],
    [
      "two images",
      [
        { type: "image", source: base64(9) },
        { type: "image", source: URL_SOURCE },
      ],
      {},
      9_568,
      10_010,
    ],
    ["a document of 400 KB", [{ type: "file", source: base64(533_334) }], {}, 200_000, 210_000],
    [
      "a document that only the provider sees",
      [{ type: "file", source: { kind: "file-id", id: "f" } }],
      {},
      100_000,
      100_000,
    ],
    ["audio of 160 KB", [{ type: "audio", source: base64(213_334) }], {}, 10_000, 15_001],
    ["a sealed thought", [{ type: "reasoning", text: "", encrypted: "x".repeat(1_000) }], {}, 500, 500],
    [
      "a signed call",
      [{ type: "tool-call", id: "1", name: "f", arguments: "{}", signature: "x".repeat(100) }],
      {},
      51,
      60,
    ],
    [
      "an image in the result of a tool",
      [{ type: "tool-result", toolCallId: "1", content: [{ type: "image", source: base64(9) }] }],
      {},
      5_000,
      5_000,
    ],
    [
      "a part of one dialect alone",
      [{ type: "opaque", dialect: "anthropic", json: { type: "x", text: "word ".repeat(99) } }],
      {},
      100,
      250,
    ],
    ["tools", [], { tools: [{ type: "function", name: "f" }] }, 1_000, 1_100],
    [
      "the schema of the answer",
      [],
      { responseFormat: { type: "json-schema", schema: { type: "object", description: "word ".repeat(99) } } },
      100,
      250,
    ],
  ];
  for (const [title, parts, more, least, most] of cases) {
    test(`counts ${title}`, () => {
      const tokens = tokensOf(parts, more) - NOTHING;
      expect(tokens).toBeGreaterThanOrEqual(least);
      expect(tokens).toBeLessThanOrEqual(most);
    });
  }

  test("knows that GPT-4o mini makes more of an image", () => {
    const bound = inputBound(requestOf([{ type: "image", source: URL_SOURCE }]));
    expect(inputTokensFor(bound, "gpt-4o-mini-2024-07-18") - inputTokensFor(bound, "gpt-4o")).toBe(32_000);
  });

  test("is reckoned once a request", () => {
    const request = requestOf([{ type: "text", text: "hello" }]);
    expect(inputBound(request)).toBe(inputBound(request));
  });
});

/** Their text is not all that was billed: it is cut, or belongs to a stream that was spliced together. */
const NOT_WHOLE = /perplexity-(?:text|citations)\.chunks|duplicate-message-start/;

const DIALECT_OF = {
  "openai-chat": "openai-chat",
  "openai-responses": "openai-responses",
  "anthropic-messages": "anthropic",
  "gemini-generate": "gemini",
} as const;

/** Whole recorded replies whose output is nothing but the text they hold, with what was billed for it. */
function billedTexts(): readonly { readonly file: string; readonly text: string; readonly billed: number }[] {
  return Object.entries(DIALECT_OF).flatMap(([dialect, name]) =>
    recordings({ dialect, kind: "json" }).flatMap(({ file, json }) => {
      const decoded = DIALECTS[name]?.decodeReply(json);
      const reply: Reply | null = decoded?.ok === true ? decoded.value : null;
      const isPlain = reply?.parts.every(({ type }) => type !== "opaque" && type !== "reasoning") === true;
      if (!isPlain || reply.usage === undefined || reply.usage.output.reasoning > 0 || NOT_WHOLE.test(file)) return [];
      return [{ file, text: textOfReply(reply), billed: reply.usage.output.text }];
    }),
  );
}

describe(`tokens that were really billed ${NO_DATA_REASON}`, () => {
  test.skipIf(NO_DATA_REASON !== "")("are never above the bound of their text", () => {
    const texts = billedTexts();
    const over = texts.filter(({ text, billed }) => billed > inputBoundOfText(text).textTokens);
    const long = texts.filter(({ billed }) => billed >= 100);
    const ratios = long.map(({ text, billed }) => billed / textTokenBound(text));
    console.log(
      `input bound: ${over.length} of ${texts.length} recorded texts above it; of ${long.length} of 100 tokens and more the tightest is ${Math.max(...ratios).toFixed(2)} of it`,
    );
    expect(over.map(({ file }) => file)).toEqual([]);
    expect(texts.length).toBeGreaterThan(30);
  });
});
