import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import { modelReply, modelsReply } from "../../../src/dialects/gemini/catalogue.ts";
import { tokenCount } from "../../../src/dialects/gemini/count-tokens.ts";
import { embeddings } from "../../../src/dialects/gemini/embeddings.ts";
import { embeddings as openAiEmbeddings } from "../../../src/dialects/openai-chat/embeddings.ts";
import { objectAt, overTheWire } from "../codec.ts";
import { COST, COST_FIELDS, client, STAMP } from "./kit.ts";

const TARGET = { provider: "google", model: "gemini-embedding-001" };

function decodedRequest(body: JsonObject, pathModel: string | undefined = "best") {
  const read = embeddings.decodeRequest(body, pathModel);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

function decodedReply(body: JsonObject) {
  const read = embeddings.decodeReply(body);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

const SINGLE = { content: { parts: [{ text: "hi" }] }, taskType: "RETRIEVAL_QUERY", outputDimensionality: 8 };
const BATCH = {
  requests: [
    { model: "models/best", content: { parts: [{ text: "a" }] }, taskType: "CLUSTERING" },
    { model: "models/best", content: { parts: [{ text: "b" }] }, title: "t" },
  ],
};

describe("embeddings of Gemini", () => {
  test("are asked for as a batch, at a path with the model in it, with all that was said of each text", () => {
    expect(typeof embeddings.path === "string" ? embeddings.path : embeddings.path("m")).toBe(
      "/models/m:batchEmbedContents",
    );
    const named = (item: JsonObject): JsonObject => ({ ...item, model: "models/gemini-embedding-001" });
    expect(overTheWire(embeddings.encodeRequest(decodedRequest(SINGLE), TARGET))).toEqual({
      body: { requests: [named(SINGLE)] },
      warnings: [],
    });
    expect(overTheWire(embeddings.encodeRequest(decodedRequest(BATCH), TARGET))).toEqual({
      body: { requests: BATCH.requests.map(named) },
      warnings: [],
    });
  });

  test("read the model from the path, else from the first request, and snake_case as well", () => {
    expect(decodedRequest(SINGLE, "a/b").model).toBe("a/b");
    const unnamed = embeddings.decodeRequest(BATCH);
    expect(unnamed).toMatchObject({ ok: true, value: { model: "best", isSingle: false, inputs: ["a", "b"] } });
    expect(decodedRequest({ content: SINGLE.content, output_dimensionality: 4 })).toMatchObject({ dimensions: 4 });
  });

  test("that cannot be read name the parameter", () => {
    const cases: readonly (readonly [JsonObject, string])[] = [
      [{}, "content"],
      [{ content: { parts: [{ inlineData: {} }] } }, "content"],
      [{ ...SINGLE, outputDimensionality: "8" }, "outputDimensionality"],
      [{ requests: [] }, "requests"],
      [{ requests: ["a"] }, "requests"],
      [{ requests: [{}] }, "requests[0].content"],
    ];
    for (const [body, param] of cases) {
      expect(embeddings.decodeRequest(body, "m")).toMatchObject({ ok: false, error: { param } });
    }
    expect(embeddings.decodeRequest(SINGLE)).toMatchObject({ ok: false, error: { param: "model" } });
  });

  test("come back in the shape that was asked for, with counts and cost", () => {
    const reply = decodedReply({
      embeddings: [{ values: [0.5, -1] }],
      usageMetadata: { promptTokenCount: 7, promptTokenDetails: [{ modality: "TEXT", tokenCount: 7 }] },
    });
    expect(reply).toMatchObject({ vectors: [[0.5, -1]], usage: { input: { uncached: 7 } } });
    const single = embeddings.encodeReply(reply, decodedRequest(SINGLE), STAMP, COST);
    expect(single).toMatchObject({ embedding: { values: [0.5, -1] }, usageMetadata: COST_FIELDS });
    const batch = embeddings.encodeReply(reply, decodedRequest(BATCH), STAMP, COST);
    expect(batch).toMatchObject({ embeddings: [{ values: [0.5, -1] }], usageMetadata: { promptTokenCount: 7 } });
    expect(decodedReply({ embedding: { values: [1] } }).vectors).toEqual([[1]]);
  });

  test("that are an error or nothing are faults", () => {
    expect(embeddings.decodeReply("no")).toMatchObject({ ok: false, error: { kind: "garbage" } });
    expect(embeddings.decodeReply({ embeddings: [{}] })).toMatchObject({ ok: false, error: { kind: "garbage" } });
    expect(embeddings.decodeReply({ error: { code: 503, status: "UNAVAILABLE", message: "x" } })).toMatchObject({
      ok: false,
      error: { kind: "overloaded" },
    });
  });

  test("of OpenAI go to Gemini and back, vectors in base64 and token lists included", () => {
    const asked = openAiEmbeddings.decodeRequest({
      model: "m",
      input: ["a", "b"],
      dimensions: 2,
      encoding_format: "base64",
    });
    if (!asked.ok) throw new Error(asked.error.message);
    expect(embeddings.encodeRequest(asked.value, TARGET).body.requests).toMatchObject([
      { content: { parts: [{ text: "a" }] }, outputDimensionality: 2 },
      { content: { parts: [{ text: "b" }] } },
    ]);
    const tokens = { model: "m", inputs: [[1, 2]], isSingle: true };
    expect(embeddings.encodeRequest(tokens, TARGET).warnings).toMatchObject([{ field: "input", action: "changed" }]);
    const base64 = new Uint8Array(new Float32Array([0.5, -2]).buffer).toBase64();
    const reply = embeddings.encodeReply({ model: "m", vectors: [base64] }, decodedRequest(SINGLE), STAMP, COST);
    expect(reply.embedding).toEqual({ values: [0.5, -2] });
  });

  test("are asked for by the official client in a form that is read, and accepted by it", async () => {
    const seen: Request[] = [];
    const reply = embeddings.encodeReply(
      {
        model: "m",
        vectors: [
          [1, 2],
          [3, 4],
        ],
      },
      decodedRequest(BATCH),
      STAMP,
      COST,
    );
    const answer = await client(() => Response.json(reply), seen).models.embedContent({
      model: "gemini-embedding-001",
      contents: ["a", "b"],
      config: { outputDimensionality: 2 },
    });
    expect(answer.embeddings?.map(({ values }) => values)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const [request] = seen;
    expect(new URL(request?.url ?? "http://x").pathname).toEndWith("/models/gemini-embedding-001:batchEmbedContents");
    expect(decodedRequest(objectAt(await request?.json()))).toMatchObject({ inputs: ["a", "b"], dimensions: 2 });
  });
});

describe("a count of tokens", () => {
  test("stands at a path with the model in it, and is accepted by the official client", async () => {
    expect(tokenCount.path("m")).toBe("/models/m:countTokens");
    const answer = await client(() => Response.json(tokenCount.encodeReply(42))).models.countTokens({
      model: "m",
      contents: "hi",
    });
    expect(answer.totalTokens).toBe(42);
    expect(tokenCount.decodeReply(tokenCount.encodeReply(42))).toEqual({ ok: true, value: 42 });
    expect(tokenCount.decodeReply({})).toMatchObject({ ok: false, error: { kind: "garbage" } });
  });
});

describe("the list of models", () => {
  const MODELS = Array.from({ length: 120 }, (_, index) => modelReply({ name: `openai/gpt-${index}` }));

  test("shows limits and what a model can do", () => {
    expect(
      modelReply({
        name: "best",
        displayName: "Best",
        description: "d",
        inputTokenLimit: 1000,
        outputTokenLimit: 10,
        canThink: true,
      }),
    ).toMatchSnapshot();
    expect(modelReply({ name: "vectors", isEmbedding: true }).supportedGenerationMethods).toEqual([
      "embedContent",
      "batchEmbedContents",
    ]);
  });

  test("comes in pages that the official client turns by itself", async () => {
    const asked: Request[] = [];
    const page = (): Response => {
      const url = new URL(asked.at(-1)?.url ?? "http://x");
      const token = url.searchParams.get("pageToken");
      return Response.json(modelsReply(MODELS, { pageSize: url.searchParams.get("pageSize"), pageToken: token }));
    };
    const names: (string | undefined)[] = [];
    const pager = await client(page, asked).models.list({ config: { pageSize: 50 } });
    for await (const model of pager) names.push(model.name);
    expect(names).toEqual(MODELS.map(({ name }) => String(name)));
    expect(asked.length).toBe(3);
  });

  test("takes any page size and token without an error", () => {
    const sizes = [
      [{ pageSize: null, pageToken: null }, 50],
      [{ pageSize: "0", pageToken: "x" }, 1],
      [{ pageSize: "5000", pageToken: null }, 120],
      [{ pageSize: "-1", pageToken: "119" }, 1],
    ] as const;
    for (const [page, length] of sizes) expect(modelsReply(MODELS, page).models).toHaveLength(length);
  });
});
