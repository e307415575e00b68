import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject } from "../../../src/core/json.ts";
import { tokenCount } from "../../../src/dialects/gemini/count-tokens.ts";
import { gemini } from "../../../src/dialects/gemini/dialect.ts";
import { objectAt, overTheWire } from "../codec.ts";
import { decoded, recoded, TARGET } from "./kit.ts";

const text = fc.string({ unit: "grapheme" });
const word = fc.stringMatching(/^[a-zA-Z]\w{0,9}$/);
const base64 = fc.base64String({ minLength: 4 });
const jsonObject = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });

/** Members nobody knows, beside the known ones. */
function withUnknown(thing: fc.Arbitrary<object>): fc.Arbitrary<object> {
  return fc
    .tuple(
      thing,
      fc.dictionary(fc.stringMatching(/^new[A-Z][a-z]{1,6}$/), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }),
    )
    .map(([known, unknown]) => ({ ...unknown, ...known }));
}

function signed(part: fc.Arbitrary<object>): fc.Arbitrary<object> {
  return fc.tuple(withUnknown(part), fc.option(base64, { nil: undefined })).map(([known, thoughtSignature]) => ({
    ...known,
    ...(thoughtSignature === undefined ? {} : { thoughtSignature }),
  }));
}

const mimeType = fc.constantFrom("image/png", "audio/wav", "application/pdf", "video/mp4");
const textPart = signed(fc.record({ text }));
const inlinePart = withUnknown(
  fc.record({
    inlineData: withUnknown(
      fc.record({ mimeType, data: base64, displayName: word }, { requiredKeys: ["mimeType", "data"] }),
    ),
  }),
);
const filePart = withUnknown(
  fc.record(
    {
      fileData: fc.record({ mimeType, fileUri: fc.webUrl() }, { requiredKeys: ["fileUri"] }),
      videoMetadata: fc.record({ fps: fc.nat() }),
    },
    { requiredKeys: ["fileData"] },
  ),
);
const callPart = signed(
  fc.record({
    functionCall: withUnknown(
      fc.record({ name: word, args: jsonObject, id: word }, { requiredKeys: ["name", "args"] }),
    ),
  }),
);
const responsePart = withUnknown(
  fc.record({
    functionResponse: withUnknown(
      fc.record(
        {
          name: word,
          id: word,
          response: fc.oneof(jsonObject, fc.record({ output: text }), fc.record({ error: text })),
          parts: fc.array(inlinePart, { maxLength: 2 }),
        },
        { requiredKeys: ["name", "response"] },
      ),
    ),
  }),
);
const thoughtPart = signed(fc.record({ text, thought: fc.constant(true) }));
const otherPart = fc.oneof(
  fc.record({ executableCode: fc.record({ language: fc.constant("PYTHON"), code: text }) }),
  fc.record({ codeExecutionResult: fc.record({ outcome: fc.constant("OUTCOME_OK"), output: text }) }),
  fc.record({ holograph: jsonObject }),
);

const user = withUnknown(
  fc.record({
    role: fc.constantFrom("user", "function"),
    parts: fc.array(fc.oneof(textPart, inlinePart, filePart, responsePart), { maxLength: 4 }),
  }),
);
const model = withUnknown(
  fc.record({
    role: fc.constant("model"),
    parts: fc.array(fc.oneof(textPart, callPart, thoughtPart, otherPart, inlinePart), { maxLength: 4 }),
  }),
);

const openApiSchema = fc.record(
  {
    type: fc.constant("OBJECT"),
    properties: fc.dictionary(
      word,
      fc.record(
        {
          type: fc.constantFrom("STRING", "INTEGER", "string"),
          description: text,
          nullable: fc.boolean(),
          minLength: fc.constant("3"),
        },
        { requiredKeys: ["type"] },
      ),
      { maxKeys: 3 },
    ),
    propertyOrdering: fc.array(word, { maxLength: 2 }),
  },
  { requiredKeys: ["type"] },
);
const jsonSchema = jsonObject.map((schema): object => ({ ...schema, type: "object" }));
const declaration = fc.oneof(
  withUnknown(
    fc.record(
      { name: word, description: text, parameters: openApiSchema, response: openApiSchema },
      { requiredKeys: ["name"] },
    ),
  ),
  fc.record({ name: word, parametersJsonSchema: jsonSchema, behavior: fc.constant("NON_BLOCKING") }),
);
const tools = fc
  .tuple(
    fc.option(fc.array(declaration, { minLength: 1, maxLength: 3 }), { nil: undefined }),
    fc.subarray<object>([{ googleSearch: {} }, { codeExecution: {} }, { urlContext: {} }, { fileSearch: { topK: 3 } }]),
  )
  .map(([functionDeclarations, others]) => [
    ...(functionDeclarations === undefined ? [] : [{ functionDeclarations }]),
    ...others,
  ]);
const toolConfig = withUnknown(
  fc.record({
    functionCallingConfig: fc.record(
      {
        mode: fc.constantFrom("AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED"),
        allowedFunctionNames: fc.array(word, { maxLength: 2 }),
        streamFunctionCallArguments: fc.boolean(),
      },
      { requiredKeys: ["mode"] },
    ),
    retrievalConfig: jsonObject,
  }),
);
const format = fc.constantFrom<object>(
  {},
  { responseMimeType: "text/plain" },
  { responseMimeType: "application/json" },
  { responseMimeType: "text/x.enum", responseSchema: { type: "STRING", enum: ["a", "b"] } },
  { responseMimeType: "application/json", responseSchema: { type: "ARRAY", items: { type: "STRING" } } },
  { responseMimeType: "application/json", responseJsonSchema: { type: "array", items: { $ref: "#/$defs/a" } } },
);
const generationConfig = withUnknown(
  fc
    .tuple(
      fc.record(
        {
          temperature: fc.constantFrom(0, 0.5, 2),
          topP: fc.constantFrom(0.1, 1),
          topK: fc.nat({ max: 64 }),
          candidateCount: fc.integer({ min: 1, max: 8 }),
          maxOutputTokens: fc.integer({ min: 1, max: 9000 }),
          stopSequences: fc.array(text, { maxLength: 6 }),
          seed: fc.integer(),
          presencePenalty: fc.constantFrom(-1, 1.5),
          frequencyPenalty: fc.constantFrom(-1, 1.5),
          responseLogprobs: fc.boolean(),
          thinkingConfig: withUnknown(
            fc.record(
              {
                thinkingBudget: fc.constantFrom(-1, 0, 128, 9000),
                thinkingLevel: fc.constantFrom("LOW", "high", "MINIMAL", "BRAND_NEW"),
                includeThoughts: fc.boolean(),
              },
              { requiredKeys: [] },
            ),
          ),
          speechConfig: jsonObject,
        },
        { requiredKeys: [] },
      ),
      format,
    )
    .map(([config, wanted]) => ({ ...config, ...wanted })),
).filter((config) => Object.keys(config).length > 0);

const request = withUnknown(
  fc.record(
    {
      contents: fc.array(fc.oneof(user, model), { minLength: 1, maxLength: 5 }),
      systemInstruction: fc.oneof(
        text,
        withUnknown(
          fc.record(
            { parts: fc.array(textPart, { maxLength: 2 }), role: fc.constantFrom("user", "system") },
            { requiredKeys: ["parts"] },
          ),
        ),
      ),
      tools,
      toolConfig,
      generationConfig,
      safetySettings: fc.array(jsonObject, { maxLength: 2 }),
      cachedContent: text,
      labels: jsonObject,
      store: fc.boolean(),
      continuationToken: base64,
    },
    { requiredKeys: ["contents"] },
  ),
).map((body) => objectAt(overTheWire(body)));

describe("a Gemini request that goes out in its own dialect", () => {
  test("is the same after decoding and encoding, unknown fields included, without a warning", () => {
    fc.assert(
      fc.property(request, (body) => {
        const encoded = recoded(body);
        expect(overTheWire(encoded.body)).toEqual(body);
        expect(encoded.warnings).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("gains no media type that its client left out", () => {
    const body = { contents: [{ role: "user", parts: [{ fileData: { fileUri: "http://a.txt" } }] }] };
    expect(overTheWire(recoded(body).body)).toEqual(body);
  });

  test("reads the same in snake_case as in camelCase", () => {
    const camel = {
      contents: [
        {
          role: "user",
          parts: [
            { inlineData: { mimeType: "image/png", data: "AAAA" } },
            { fileData: { mimeType: "application/pdf", fileUri: "https://files.example/a" } },
          ],
        },
        { role: "model", parts: [{ functionCall: { name: "f", args: { snake_case: 1 } }, thoughtSignature: "AAAA" }] },
        { role: "user", parts: [{ functionResponse: { name: "f", response: { output: "x" } } }] },
      ],
      systemInstruction: { parts: [{ text: "be brief" }] },
      tools: [{ functionDeclarations: [{ name: "f", parametersJsonSchema: { type: "object" } }] }],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
      generationConfig: {
        topP: 0.5,
        maxOutputTokens: 5,
        stopSequences: ["x"],
        responseMimeType: "application/json",
        responseJsonSchema: { type: "object" },
        thinkingConfig: { thinkingBudget: 100 },
      },
      safetySettings: [],
    };
    const snake = JSON.parse(
      JSON.stringify(camel).replace(
        /"([a-z]+(?:[A-Z][a-z]+)+)":/g,
        (_, name: string) => `"${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":`,
      ),
    ) as JsonObject;
    expect(Object.keys(snake)).toContain("system_instruction");
    const { thinkingConfig: _, ...config } = camel.generationConfig;
    expect(overTheWire(recoded(snake).body)).toMatchObject({ ...camel, generationConfig: config });
    expect(decoded(snake).reasoning).toEqual({ budgetTokens: 100 });
    expect(decoded(snake)).toMatchObject({ ...decoded(camel), extra: expect.anything() });
  });

  test("keeps members called __proto__ and constructor as data", () => {
    const body = JSON.parse(
      '{"contents":[{"role":"user","parts":[{"text":"hi","__proto__":{"a":1}}]}],"constructor":{"b":2}}',
    );
    expect(JSON.stringify(recoded(body).body)).toContain('"__proto__":{"a":1}');
    expect(recoded(body).body.constructor as unknown).toEqual({ b: 2 });
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  test("forgets its thinking settings where the model turned out not to think", () => {
    const body = {
      contents: [{ role: "user", parts: [] }],
      generationConfig: { thinkingConfig: { thinkingBudget: 9 } },
    };
    const { reasoning: _, ...rest } = decoded(body);
    expect(gemini.encodeRequest(rest, TARGET).body).toEqual({ contents: [{ role: "user", parts: [] }] });
  });
});

describe("the model of a Gemini request", () => {
  const CONTENTS = { contents: [{ parts: [{ text: "hi" }] }] };

  test("comes from the path, with any slashes and colons in it, else from the body, without models/", () => {
    const cases = [
      ["ollama/qwen2.5-coder:1.5b", {}, "ollama/qwen2.5-coder:1.5b"],
      ["models/gemini-2.5-pro", {}, "gemini-2.5-pro"],
      ["gemini-2.5-pro", { model: "models/other" }, "gemini-2.5-pro"],
      [undefined, { model: "models/other" }, "other"],
    ] as const;
    for (const [pathModel, body, model] of cases) {
      expect(gemini.decodeRequest({ ...CONTENTS, ...body }, pathModel)).toMatchObject({ ok: true, value: { model } });
    }
  });

  test("stands in the path of the call, never in the body that goes out", () => {
    expect(gemini.chatPath("gemini-2.5-pro", false)).toBe("/models/gemini-2.5-pro:generateContent");
    expect(gemini.chatPath("gemini-2.5-pro", true)).toBe("/models/gemini-2.5-pro:streamGenerateContent?alt=sse");
    expect(gemini.hasModelInPath).toBe(true);
    expect(recoded(CONTENTS).body.model).toBeUndefined();
  });
});

describe("a malformed Gemini request", () => {
  const CASES: readonly (readonly [string, JsonObject])[] = [
    ["contents", {}],
    ["contents", { contents: "hi" }],
    ["contents[0]", { contents: ["hi"] }],
    ["contents[0].role", { contents: [{ role: "assistant", parts: [] }] }],
    ["contents[0].parts", { contents: [{ parts: "hi" }] }],
    ["contents[0].parts[0]", { contents: [{ parts: ["hi"] }] }],
    ["contents[0].parts[0].text", { contents: [{ parts: [{ text: 1 }] }] }],
    ["contents[0].parts[0].inlineData", { contents: [{ parts: [{ inlineData: 1 }] }] }],
    ["contents[0].parts[0].inlineData.data", { contents: [{ parts: [{ inlineData: {} }] }] }],
    ["contents[0].parts[0].fileData.fileUri", { contents: [{ parts: [{ fileData: {} }] }] }],
    ["contents[0].parts[0].functionCall", { contents: [{ parts: [{ functionCall: [] }] }] }],
    ["contents[0].parts[0].functionCall.name", { contents: [{ parts: [{ functionCall: {} }] }] }],
    ["contents[0].parts[0].functionCall.args", { contents: [{ parts: [{ functionCall: { name: "f", args: [] } }] }] }],
    ["contents[0].parts[0].functionResponse", { contents: [{ parts: [{ functionResponse: "x" }] }] }],
    ["systemInstruction", { contents: [], systemInstruction: 5 }],
    ["tools", { contents: [], tools: {} }],
    ["tools[0]", { contents: [], tools: ["f"] }],
    ["tools[0].functionDeclarations", { contents: [], tools: [{ functionDeclarations: {} }] }],
    ["tools[0].functionDeclarations[0]", { contents: [], tools: [{ functionDeclarations: ["f"] }] }],
    ["tools[0].functionDeclarations[0].name", { contents: [], tools: [{ functionDeclarations: [{}] }] }],
    [
      "tools[0].functionDeclarations[0].parameters",
      { contents: [], tools: [{ functionDeclarations: [{ name: "f", parameters: "x" }] }] },
    ],
    ["toolConfig", { contents: [], toolConfig: "x" }],
    ["generationConfig", { contents: [], generationConfig: [] }],
    ["generationConfig.topK", { contents: [], generationConfig: { topK: "1" } }],
    ["generationConfig.stopSequences", { contents: [], generationConfig: { stopSequences: "x" } }],
  ];

  test.each(CASES)("names the parameter %s", (param, body) => {
    expect(gemini.decodeRequest(body, "best")).toMatchObject({
      ok: false,
      error: { status: 400, code: "invalid_request", param },
    });
  });

  test("without a model in path and body names the path that has one", () => {
    const refused = gemini.decodeRequest({ contents: [] });
    expect(refused).toMatchObject({ ok: false, error: { param: "model" } });
    expect(refused.ok ? "" : refused.error.message).toContain("/v1beta/models/MODEL:generateContent");
  });
});

describe("a request to count tokens", () => {
  test("is read with its contents alone or whole, and goes out whole, without what shapes the answer", () => {
    const prompt = {
      contents: [{ role: "user", parts: [{ text: "hi" }] }],
      systemInstruction: { parts: [{ text: "x" }] },
    };
    const whole = { generate_content_request: { model: "models/best", ...prompt, generationConfig: { topK: 3 } } };
    for (const body of [prompt, whole]) {
      const read = tokenCount.decodeRequest(body, "best");
      if (!read.ok) throw new Error(read.error.message);
      expect(tokenCount.encodeRequest(read.value, TARGET)).toEqual({
        body: { generateContentRequest: { model: `models/${TARGET.model}`, ...prompt } },
        warnings: [],
      });
    }
    expect(tokenCount.decodeRequest({ generateContentRequest: {} }, "best")).toMatchObject({ ok: false });
  });
});
