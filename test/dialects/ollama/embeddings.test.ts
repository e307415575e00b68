import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import type { EmbeddingReply } from "../../../src/core/reply.ts";
import type { EmbeddingRequest } from "../../../src/core/request.ts";
import { embeddings, legacyEmbeddings } from "../../../src/dialects/ollama/embeddings.ts";
import { COST, STAMP } from "./sample.ts";

const TARGET = { provider: "ollama", model: "smollm2:135m" };

/** Captured from a real Ollama 0.24 with `dimensions: 4`. */
const CAPTURE: JsonObject = {
  model: "smollm2:135m",
  embeddings: [
    [-0.37459162, -0.6045185, 0.045230187, 0.7015645],
    [-0.34700862, -0.5521517, 0.031565096, 0.7574412],
  ],
  total_duration: 56831049,
  load_duration: 15323183,
  prompt_eval_count: 2,
};

function requestOf(body: JsonObject, codec = embeddings): EmbeddingRequest {
  const result = codec.decodeRequest(body);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function replyOf(body: JsonObject): EmbeddingReply {
  const result = embeddings.decodeReply(body);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe("/api/embed", () => {
  test.each([
    [{ model: "smollm2:135m", input: "x" }],
    [{ model: "smollm2:135m", input: ["x"] }],
    [
      {
        model: "smollm2:135m",
        input: ["x", "y"],
        dimensions: 4,
        truncate: false,
        keep_alive: 0,
        options: { num_ctx: 9 },
      },
    ],
  ] as readonly (readonly [JsonObject])[])("gives back the request %j", (body) => {
    expect(embeddings.encodeRequest(requestOf(body), TARGET)).toEqual({ body, warnings: [] });
  });

  test("our options and keep_alive win here as well", () => {
    const request = requestOf({ model: "m", input: "x", keep_alive: 0, options: { num_ctx: 9 } });
    const { body, warnings } = embeddings.encodeRequest(request, {
      ...TARGET,
      localOptions: { num_ctx: 64 },
      keepAlive: "5m",
    });
    expect(body).toMatchObject({ keep_alive: "5m", options: { num_ctx: 64 } });
    expect(warnings.map(({ field }) => field)).toEqual(["options.num_ctx", "keep_alive"]);
  });

  test("passes token lists on for Ollama to refuse, with a warning, and tells what else it cannot say", () => {
    const request: EmbeddingRequest = {
      model: "m",
      inputs: [[1, 2]],
      isSingle: false,
      extra: { dialect: "openai-chat", fields: { user: "me" } },
    };
    const { body, warnings } = embeddings.encodeRequest(request, TARGET);
    expect(body.input).toEqual([[1, 2]]);
    expect(warnings.map(({ field }) => field)).toEqual(["input", "user"]);
  });

  test("gives back the real reply", () => {
    const request = requestOf({ model: "m", input: ["x", "y"] });
    const {
      cost,
      cost_details: _,
      cost_saved: __,
      usage_source,
      ...rest
    } = embeddings.encodeReply(replyOf(CAPTURE), request, STAMP, COST);
    expect(rest).toEqual({ ...CAPTURE, model: "coder" });
    expect([cost, usage_source]).toEqual([0.0015, "provider"]);
    expect(replyOf(CAPTURE).usage).toMatchObject({ input: { uncached: 2 }, output: { text: 0 } });
  });

  test("turns base64 vectors of another provider into numbers", () => {
    const bytes = new Uint8Array(new Float32Array([0.5, -2]).buffer);
    const reply: EmbeddingReply = { model: "x", vectors: [Buffer.from(bytes).toString("base64"), [1]] };
    const request = requestOf({ model: "m", input: ["a", "b"] });
    expect(embeddings.encodeReply(reply, request, STAMP, COST)).toMatchObject({
      embeddings: [[0.5, -2], [1]],
      total_duration: 0,
      load_duration: 0,
    });
  });

  test.each([
    [{ model: "m" }, "input"],
    [{ model: "m", input: [1] }, "input"],
    [{ input: "x" }, "model"],
    [{ model: "m", input: "x", dimensions: "4" }, "dimensions"],
  ] as readonly (readonly [JsonObject, string])[])("refuses %j and names %s", (body, param) => {
    const result = embeddings.decodeRequest(body);
    expect(result.ok ? undefined : result.error.param).toBe(param);
  });

  test.each([
    [null, "garbage"],
    [{}, "garbage"],
    [{ embeddings: [["x"]] }, "garbage"],
    [{ error: "this model does not support embeddings" }, "unsupported"],
  ] as const)("the reply %j is a fault of kind %s", (body, kind) => {
    const result = embeddings.decodeReply(JSON.parse(JSON.stringify(body)));
    expect(result.ok ? "ok" : result.error.kind).toBe(kind);
  });
});

describe("the older /api/embeddings", () => {
  test("takes one prompt and gives one vector", () => {
    const request = requestOf({ model: "m", prompt: "x", keep_alive: 1 }, legacyEmbeddings);
    expect(request).toMatchObject({ inputs: ["x"], isSingle: true, extra: { fields: { keep_alive: 1 } } });
    expect(legacyEmbeddings.encodeReply(replyOf(CAPTURE), request, STAMP, COST)).toMatchObject({
      embedding: [-0.37459162, -0.6045185, 0.045230187, 0.7015645],
      cost: 0.0015,
    });
    expect(legacyEmbeddings.encodeReply({ model: "x", vectors: [] }, request, STAMP, COST).embedding).toEqual([]);
  });

  test("reads the older reply of an upstream", () => {
    expect(replyOf({ embedding: [1, 2] })).toEqual({ model: "", vectors: [[1, 2]] });
  });

  test("refuses a prompt that is no text", () => {
    const result = legacyEmbeddings.decodeRequest({ model: "m", prompt: 1 });
    expect(result.ok ? undefined : result.error.param).toBe("prompt");
  });
});
