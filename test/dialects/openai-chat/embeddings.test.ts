import { describe, expect, test } from "bun:test";
import OpenAI from "openai";
import type { JsonObject } from "../../../src/core/json.ts";
import type { EmbeddingReply } from "../../../src/core/reply.ts";
import type { EmbeddingRequest } from "../../../src/core/request.ts";
import { embeddings } from "../../../src/dialects/openai-chat/embeddings.ts";
import { dataRoot, NO_DATA_REASON, recordings } from "../recordings.ts";
import { COST, STAMP } from "./support.ts";

const TARGET = { provider: "openai", model: "real" };

function request(body: JsonObject): EmbeddingRequest {
  const result = embeddings.decodeRequest(body);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function reply(body: JsonObject): EmbeddingReply {
  const result = embeddings.decodeReply(body);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe("an embeddings request", () => {
  const bodies: readonly JsonObject[] = [
    { model: "real", input: "a" },
    { model: "real", input: ["a", "b"], dimensions: 8, encoding_format: "base64", user: "u", input_type: "query" },
    { model: "real", input: ["a"] },
    { model: "real", input: [1, 2, 3] },
    { model: "real", input: [[1], [2, 3]], encoding_format: "float" },
  ];
  for (const body of bodies) {
    test(`stays as it was: ${JSON.stringify(body)}`, () => {
      expect(embeddings.encodeRequest(request(body), TARGET)).toEqual({ body, warnings: [] });
    });
  }

  const bad: readonly (readonly [JsonObject, string])[] = [
    [{ input: "a" }, "model"],
    [{ model: "m" }, "input"],
    [{ model: "m", input: [] }, "input"],
    [{ model: "m", input: ["a", 1] }, "input"],
    [{ model: "m", input: "a", dimensions: "8" }, "dimensions"],
    [{ model: "m", input: "a", encoding_format: "hex" }, "encoding_format"],
  ];
  for (const [body, param] of bad) {
    test(`is refused by the name of its parameter: ${JSON.stringify(body)}`, () => {
      expect(embeddings.decodeRequest(body)).toMatchObject({ ok: false, error: { param, status: 400 } });
    });
  }
});

describe("an embeddings reply", () => {
  test("is put in the order of its indexes and stamped", () => {
    const body = {
      model: "x",
      data: [
        { index: 1, embedding: [2] },
        { index: 0, embedding: [1] },
      ],
      usage: { total_tokens: 3 },
    };
    const encoded = embeddings.encodeReply(reply(body), request({ model: "m", input: ["a", "b"] }), STAMP, COST);
    expect(encoded).toMatchObject({
      object: "list",
      model: "asked/for",
      data: [
        { index: 0, embedding: [1], object: "embedding" },
        { index: 1, embedding: [2] },
      ],
      usage: { prompt_tokens: 3, total_tokens: 3, cost: 0.0015 },
    });
  });

  test("comes in the encoding the client asked for, whichever the upstream sent", async () => {
    const numbers = [0.5, -2, 1.25];
    const asBase64 = embeddings.encodeReply(
      { model: "m", vectors: [numbers] },
      request({ model: "m", input: "a", encoding_format: "base64" }),
      STAMP,
      COST,
    );
    const text = (asBase64.data as JsonObject[])[0]?.embedding;
    expect(typeof text).toBe("string");
    const asNumbers = embeddings.encodeReply(
      { model: "m", vectors: [String(text)] },
      request({ model: "m", input: "a" }),
      STAMP,
      COST,
    );
    expect(asNumbers.data).toMatchObject([{ embedding: numbers }]);
    const client = new OpenAI({
      apiKey: "none",
      baseURL: "http://upstream.test/v1",
      fetch: async () => Response.json(asBase64),
    });
    const read = await client.embeddings.create({ model: "m", input: "a" });
    expect(Array.from(read.data[0]?.embedding ?? [])).toEqual(numbers);
  });

  const bad: readonly (readonly [JsonObject | string, string])[] = [
    ["text", "garbage"],
    [{}, "garbage"],
    [{ data: [{ embedding: { a: 1 } }] }, "garbage"],
    [{ error: "rate limit reached" }, "rate-limited"],
  ];
  for (const [body, kind] of bad) {
    test(`that is none is a fault: ${JSON.stringify(body)}`, () => {
      expect(embeddings.decodeReply(body)).toMatchObject({ ok: false, error: { kind } });
    });
  }
});

describe.skipIf(dataRoot() === undefined)(`recorded embeddings ${NO_DATA_REASON}`, () => {
  test("of this dialect (2) decode to their vectors and usage", () => {
    const bodies = recordings({ dialect: "embedding", kind: "json" }).filter(({ file }) => !file.startsWith("cohere"));
    expect(bodies).toHaveLength(2);
    for (const { json } of bodies) {
      const decoded = reply(json as JsonObject);
      expect(decoded.vectors).toHaveLength(2);
      expect(decoded.usage?.input.uncached).toBe(12);
    }
  });
});
