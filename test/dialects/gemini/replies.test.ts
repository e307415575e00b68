import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/core/json.ts";
import type { FinishReason, Reply } from "../../../src/core/reply.ts";
import { totalInput, totalOutput } from "../../../src/core/usage.ts";
import { gemini } from "../../../src/dialects/gemini/dialect.ts";
import { readUsage, writeUsage } from "../../../src/dialects/gemini/usage.ts";
import { objectAt, overTheWire } from "../codec.ts";
import { dataRoot, NO_DATA_REASON, recordings } from "../recordings.ts";
import { at, COST, COST_FIELDS, generateWithSdk, STAMP } from "./kit.ts";

const BODIES = recordings({ dialect: "gemini-generate", kind: "json" });
const root = dataRoot();
const each = root === undefined ? test.skip : test;
const note = root === undefined ? ` ${NO_DATA_REASON}` : ` (${BODIES.length} bodies)`;

function replyOf(body: JsonValue): Reply {
  const reply = gemini.decodeReply(body);
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.value;
}

function stamped(body: JsonObject): JsonObject {
  return { ...body, modelVersion: "best", usageMetadata: { ...objectAt(body.usageMetadata), ...COST_FIELDS } };
}

describe("every recorded generateContent body", () => {
  each(`is the same after decoding and encoding, but for the model and the cost${note}`, () => {
    expect(BODIES.length).toBeGreaterThan(4);
    for (const { json } of BODIES) {
      expect(overTheWire(gemini.encodeReply(replyOf(json), STAMP, COST))).toEqual(stamped(objectAt(json)));
    }
  });

  each(`is stamped with the model and the cost and otherwise untouched${note}`, () => {
    for (const { json } of BODIES) {
      const usage = replyOf(json).usage;
      if (usage === undefined) throw new Error("a recorded body without usage");
      expect(overTheWire(gemini.stampReply(objectAt(json), STAMP, usage, COST))).toEqual(stamped(objectAt(json)));
    }
  });

  each(`is accepted by the official SDK after decoding and encoding${note}`, async () => {
    for (const { json } of BODIES) {
      const answer = await generateWithSdk(gemini.encodeReply(replyOf(json), STAMP, COST));
      const parts = at(json, "candidates", 0, "content", "parts") as readonly JsonObject[];
      expect(answer.text).toBe(parts.map(({ text }) => text ?? "").join(""));
      expect(answer.calls).toEqual(
        parts.flatMap(({ functionCall: call }) =>
          isJsonObject(call) ? [{ name: String(call.name), args: call.args ?? {} }] : [],
        ),
      );
      expect(answer.usage).toMatchObject(COST_FIELDS);
    }
  });
});

const FULL: JsonObject = {
  candidates: [
    {
      content: {
        parts: [
          { text: "let me see", thought: true, thoughtSignature: "c2ln" },
          { text: "It is 3 °C.", thoughtSignature: "dGV4dA==" },
          { executableCode: { language: "PYTHON", code: "print(3)" } },
          { codeExecutionResult: { outcome: "OUTCOME_OK", output: "3" } },
          { inlineData: { mimeType: "image/png", data: "AAAA" } },
          { functionCall: { name: "weather", args: { city: "Zürich" }, id: "fc_1" }, thoughtSignature: "Y2FsbA==" },
        ],
        role: "model",
      },
      finishReason: "STOP",
      index: 0,
      groundingMetadata: { webSearchQueries: ["zürich weather"], groundingChunks: [{ web: { uri: "https://x.y" } }] },
      safetyRatings: [{ category: "HARM_CATEGORY_HARASSMENT", probability: "NEGLIGIBLE" }],
      avgLogprobs: -0.1,
    },
    { content: { parts: [{ text: "or so" }], role: "model" }, finishReason: "MAX_TOKENS", index: 1 },
  ],
  promptFeedback: { safetyRatings: [] },
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4, totalTokenCount: 13 },
  modelVersion: "gemini-3-pro-preview",
  responseId: "r1",
  brandNew: { a: [1] },
};

describe("a whole reply", () => {
  test("keeps code, images, grounding, ratings, further candidates and unknown members", () => {
    const reply = replyOf(FULL);
    expect(reply.parts.map(({ type }) => type)).toEqual([
      "reasoning",
      "text",
      "opaque",
      "opaque",
      "image",
      "tool-call",
    ]);
    expect(reply.finish).toEqual({ unified: "tool-calls", raw: "STOP" });
    expect(reply.alternatives).toMatchObject([{ finish: { unified: "length", raw: "MAX_TOKENS" } }]);
    expect(overTheWire(gemini.encodeReply(reply, STAMP, COST))).toEqual(stamped(FULL));
  });

  test("of a refused prompt has no candidate and is a content filter, and goes back as it came", () => {
    const refused: JsonObject = {
      promptFeedback: { blockReason: "PROHIBITED_CONTENT" },
      usageMetadata: { promptTokenCount: 8, totalTokenCount: 8 },
      modelVersion: "gemini-2.5-flash",
      responseId: "r2",
    };
    const reply = replyOf(refused);
    expect(reply).toMatchObject({ parts: [], finish: { unified: "content-filter", raw: "PROHIBITED_CONTENT" } });
    expect(overTheWire(gemini.encodeReply(reply, STAMP, COST))).toEqual(stamped(refused));
  });

  test("without parts, as after thoughts that used up all tokens, is a reply cut by length", () => {
    const body: JsonObject = {
      candidates: [{ content: { role: "model" }, finishReason: "MAX_TOKENS", index: 0 }],
      usageMetadata: { promptTokenCount: 8, thoughtsTokenCount: 20, totalTokenCount: 28 },
      modelVersion: "gemini-2.5-pro",
      responseId: "r3",
    };
    const reply = replyOf(body);
    expect(reply).toMatchObject({ parts: [], finish: { unified: "length" } });
    expect(overTheWire(gemini.encodeReply(reply, STAMP, COST))).toEqual(stamped(body));
  });

  test("that is an error under status 200, empty, or malformed, is a fault", () => {
    const faults: readonly (readonly [JsonValue, string])[] = [
      [{ error: { code: 503, message: "busy", status: "UNAVAILABLE" } }, "overloaded"],
      [{ candidates: [] }, "garbage"],
      [{}, "garbage"],
      ["no", "garbage"],
      [{ candidates: [{ content: { parts: [{ functionCall: { name: "f", args: "no object" } }] } }] }, "garbage"],
    ];
    for (const [body, kind] of faults) expect(gemini.decodeReply(body)).toMatchObject({ ok: false, error: { kind } });
  });

  test("of another provider is written with thoughts, whole calls and the ids that must come back", () => {
    const reply: Reply = {
      id: "",
      model: "claude",
      parts: [
        { type: "reasoning", text: "hm", signature: "EqoB" },
        { type: "reasoning", text: "unsigned", signature: "not base64!" },
        { type: "text", text: "ok" },
        { type: "refusal", text: " no" },
        { type: "tool-call", id: "toolu_1", name: "f", arguments: "" },
        { type: "tool-call", id: "toolu_2", name: "g", arguments: "{broken" },
        { type: "opaque", dialect: "anthropic", json: { type: "server_tool_use" } },
      ],
      finish: { unified: "tool-calls", raw: "tool_use" },
    };
    expect(overTheWire(gemini.encodeReply(reply, STAMP, COST))).toEqual({
      candidates: [
        {
          content: {
            role: "model",
            parts: [
              { text: "hm", thought: true, thoughtSignature: "EqoB" },
              { text: "unsigned", thought: true },
              { text: "ok" },
              { text: " no" },
              { functionCall: { id: "toolu_1", name: "f", args: {} } },
              { functionCall: { id: "toolu_2", name: "g", args: { raw_arguments: "{broken" } } },
            ],
          },
          finishReason: "STOP",
          index: 0,
        },
      ],
      usageMetadata: { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0, ...COST_FIELDS },
      modelVersion: "best",
      responseId: "req_1",
    });
  });
});

describe("a stop reason", () => {
  const READ: readonly (readonly [string, FinishReason["unified"]])[] = [
    ["STOP", "stop"],
    ["MAX_TOKENS", "length"],
    ["CONTINUATION", "length"],
    ["SAFETY", "content-filter"],
    ["RECITATION", "content-filter"],
    ["BLOCKLIST", "content-filter"],
    ["PROHIBITED_CONTENT", "content-filter"],
    ["SPII", "content-filter"],
    ["IMAGE_SAFETY", "content-filter"],
    ["MALFORMED_FUNCTION_CALL", "other"],
    ["BRAND_NEW", "other"],
  ];

  test.each(READ)("%s is %s, and goes back as the same word", (word, unified) => {
    const body = { candidates: [{ content: { parts: [{ text: "x" }], role: "model" }, finishReason: word }] };
    const reply = replyOf(body);
    expect(reply.finish).toEqual({ unified, raw: word });
    expect(at(gemini.encodeReply(reply, STAMP, COST), "candidates", 0, "finishReason")).toBe(word);
  });

  const WRITTEN: readonly (readonly [FinishReason, string])[] = [
    [{ unified: "stop", raw: "end_turn" }, "STOP"],
    [{ unified: "tool-calls", raw: "tool_calls" }, "STOP"],
    [{ unified: "pause", raw: "pause_turn" }, "STOP"],
    [{ unified: "length", raw: "max_tokens" }, "MAX_TOKENS"],
    [{ unified: "content-filter", raw: "content_filter" }, "SAFETY"],
    [{ unified: "refusal", raw: "refusal" }, "SAFETY"],
    [{ unified: "other", raw: "error" }, "OTHER"],
    [{ unified: "other", raw: null }, "OTHER"],
  ];

  test.each(WRITTEN)("%o of another dialect is written as %s", (finish, word) => {
    const reply: Reply = { id: "a", model: "m", parts: [{ type: "text", text: "x" }], finish };
    expect(at(gemini.encodeReply(reply, STAMP, COST), "candidates", 0, "finishReason")).toBe(word);
  });
});

describe("usage", () => {
  test("counts what was cached and what tools brought in, and the modalities inside", () => {
    const raw = {
      promptTokenCount: 100,
      cachedContentTokenCount: 40,
      toolUsePromptTokenCount: 7,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 30,
      totalTokenCount: 157,
      promptTokensDetails: [
        { modality: "TEXT", tokenCount: 10 },
        { modality: "AUDIO", tokenCount: 32 },
        { modality: "VIDEO", tokenCount: 33 },
        { modality: "IMAGE", tokenCount: 20 },
        { modality: "DOCUMENT", tokenCount: 5 },
      ],
      cacheTokensDetails: [{ modality: "AUDIO", tokenCount: 8 }],
      candidatesTokensDetails: [{ modality: "IMAGE", tokenCount: 15 }],
    };
    expect(readUsage(raw)).toEqual({
      input: {
        uncached: 67,
        cacheRead: 40,
        cacheWrite5m: 0,
        cacheWrite1h: 0,
        audio: 32,
        cacheReadAudio: 8,
        image: 25,
        video: 33,
        tool: 7,
      },
      output: { text: 20, reasoning: 30, image: 15 },
      raw,
    });
  });

  test("of another dialect is written so that it reads back alike", () => {
    const usage = {
      input: { uncached: 5, cacheRead: 3, cacheWrite5m: 2, cacheWrite1h: 1, audio: 4, tool: 2 },
      output: { text: 7, reasoning: 6 },
      raw: { prompt_tokens: 11 },
    };
    const written = writeUsage(usage);
    expect(written.totalTokenCount).toBe(24);
    const again = readUsage(written);
    if (again === undefined) throw new Error("no usage");
    expect([totalInput(again), totalOutput(again)]).toEqual([totalInput(usage), totalOutput(usage)]);
    expect(again).toMatchObject({ input: { cacheRead: 3, audio: 4, tool: 2 }, output: { reasoning: 6 } });
  });

  test("that names a traffic type alone counts nothing", () => {
    expect(readUsage({ trafficType: "ON_DEMAND" })).toBeUndefined();
    expect(readUsage(undefined)).toBeUndefined();
  });
});

interface Golden {
  readonly body: JsonValue;
  readonly extracted: readonly {
    readonly usage: Readonly<Record<string, number>>;
    readonly extractors: readonly { readonly provider_id: string; readonly api_flavor: string }[];
  }[];
}

test.skipIf(root === undefined)(
  `usage equals the golden results for every body of Google's own${root === undefined ? ` ${NO_DATA_REASON}` : ""}`,
  () => {
    const all: readonly Golden[] = JSON.parse(readFileSync(join(root ?? "", "usage-golden", "usages.json"), "utf8"));
    let compared = 0;
    for (const { body, extracted } of all) {
      const raw = isJsonObject(body) ? body.usageMetadata : undefined;
      const expected = extracted.find(({ extractors }) =>
        extractors.some(({ provider_id, api_flavor }) => provider_id === "google" && api_flavor === "default"),
      )?.usage;
      if (!isJsonObject(raw) || expected === undefined) continue;
      const usage = readUsage(raw);
      if (usage === undefined) throw new Error(`no usage read from ${JSON.stringify(raw)}`);
      expect({
        input: totalInput(usage),
        output: totalOutput(usage),
        read: usage.input.cacheRead,
        reasoning: usage.output.reasoning,
        tool: usage.input.tool ?? 0,
        audio: usage.input.audio ?? 0,
        cachedAudio: usage.input.cacheReadAudio ?? 0,
        image: usage.input.image ?? 0,
        video: usage.input.video ?? 0,
        imageOut: usage.output.image ?? 0,
      }).toEqual({
        input: expected.input_tokens ?? 0,
        output: expected.output_tokens ?? 0,
        read: expected.cache_read_tokens ?? 0,
        reasoning: expected.output_reasoning_tokens ?? 0,
        tool: expected.input_tool_tokens ?? 0,
        audio: expected.input_audio_tokens ?? 0,
        cachedAudio: expected.cache_audio_read_tokens ?? 0,
        image: expected.input_image_tokens ?? 0,
        video: expected.input_video_tokens ?? 0,
        imageOut: expected.output_image_tokens ?? 0,
      });
      compared += 1;
    }
    console.log(`gemini usage bodies compared with the golden results: ${compared}`);
    expect(compared).toBeGreaterThan(400);
  },
);
