import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../src/core/json.ts";
import type { DialectName } from "../../src/core/request.ts";

/** One pixel. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** A conversation without a wire format: each dialect below says the same in its own way. */
interface Talk {
  readonly system: string | undefined;
  readonly turns: readonly Turn[];
  readonly tools: readonly {
    readonly name: string;
    readonly description: string | undefined;
    readonly schema: JsonObject;
  }[];
  readonly choice: "auto" | "none" | "required" | "tool" | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly limit: number | undefined;
  readonly stop: readonly string[] | undefined;
  readonly effort: "low" | "medium" | "high" | undefined;
  readonly format: JsonObject | undefined;
  readonly isParallel: boolean | undefined;
  readonly isStream: boolean;
}

/** A question, and what was answered to it: words, or calls of tools with their results and then words. */
interface Turn {
  readonly question: string;
  readonly hasImage: boolean;
  readonly calls: readonly { readonly tool: number; readonly city: string; readonly result: string }[];
  readonly answer: string;
}

const words = fc.stringMatching(/^[A-Za-zÄß€ ]{0,20}[A-Za-zÄß€]$/);
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const schema = fc.constantFrom<JsonObject>(
  { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  { type: "object", properties: { city: { type: "string", enum: ["Rome", "Oslo"] } }, additionalProperties: false },
  {
    type: "object",
    properties: { city: { type: ["string", "null"], description: "where" }, days: { type: "integer", minimum: 1 } },
  },
  {
    type: "object",
    properties: {
      city: { anyOf: [{ type: "string" }, { type: "number" }] },
      list: { type: "array", items: { type: "string" } },
    },
  },
  {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: { city: { $ref: "#/$defs/c" } },
    $defs: { c: { type: "string" } },
  },
);

const turn: fc.Arbitrary<Turn> = fc.record({
  question: words,
  hasImage: fc.boolean(),
  calls: fc.array(fc.record({ tool: fc.nat(3), city: words, result: fc.oneof(words, fc.constant("")) }), {
    maxLength: 3,
  }),
  answer: words,
});

const talk: fc.Arbitrary<Talk> = fc.record({
  system: maybe(words),
  turns: fc.array(turn, { minLength: 1, maxLength: 3 }),
  tools: fc.uniqueArray(
    fc.record({ name: fc.stringMatching(/^[a-z][a-z0-9_]{1,30}$/), description: maybe(words), schema }),
    { maxLength: 3, selector: ({ name }) => name },
  ),
  choice: maybe(fc.constantFrom("auto", "none", "required", "tool")),
  temperature: maybe(fc.constantFrom(0, 0.7, 1, 1.5)),
  topP: maybe(fc.constantFrom(0.5, 1)),
  limit: maybe(fc.constantFrom(16, 1000, 100_000)),
  stop: maybe(fc.array(words, { minLength: 1, maxLength: 6 })),
  effort: maybe(fc.constantFrom("low", "medium", "high")),
  format: maybe(schema),
  isParallel: maybe(fc.boolean()),
  isStream: fc.boolean(),
});

/** Turns use only tools that there are; the last answer is still to come. */
function tidy(said: Talk): Talk {
  const { tools, turns } = said;
  const known = (calls: Turn["calls"]): Turn["calls"] =>
    tools.length === 0 ? [] : calls.map((call) => ({ ...call, tool: call.tool % tools.length }));
  return { ...said, turns: turns.map((each) => ({ ...each, calls: known(each.calls) })) };
}

function withoutAbsent(members: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}

type Call = Turn["calls"][number] & { readonly id: string; readonly name: string };

/** The turns with numbered calls; `isLast`: what followed the calls or the question is still to be answered. */
function steps(
  said: Talk,
  idPrefix: string,
): readonly (Turn & { readonly named: readonly Call[]; readonly isLast: boolean })[] {
  return said.turns.map((each, at) => ({
    ...each,
    isLast: at === said.turns.length - 1,
    named: each.calls.map((call, index) => ({
      ...call,
      id: `${idPrefix}${at}${index}`,
      name: said.tools[call.tool]?.name ?? "",
    })),
  }));
}

/** `isFree`: the dialect lets one choose where there is nothing to choose from. */
function toolChoice<Value>(
  said: Talk,
  ways: Readonly<Record<"auto" | "none" | "required", Value>>,
  named: (name: string) => Value,
  isFree = false,
): Value | undefined {
  const [first] = said.tools;
  if (said.choice === undefined || (first === undefined && !isFree)) return undefined;
  if (first !== undefined) return said.choice === "tool" ? named(first.name) : ways[said.choice];
  return said.choice === "none" ? ways.none : ways.auto;
}

function chatBody(said: Talk): JsonObject {
  const messages = steps(said, "call_").flatMap((each): JsonObject[] => [
    {
      role: "user",
      content: each.hasImage
        ? [
            { type: "text", text: each.question },
            { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } },
          ]
        : each.question,
    },
    ...(each.named.length === 0
      ? []
      : [
          {
            role: "assistant",
            content: null,
            tool_calls: each.named.map(({ id, name, city }) => ({
              id,
              type: "function",
              function: { name, arguments: JSON.stringify({ city }) },
            })),
          },
          ...each.named.map(({ id, result }) => ({ role: "tool", tool_call_id: id, content: result })),
        ]),
    ...(each.isLast ? [] : [{ role: "assistant", content: each.answer }]),
  ]);
  return withoutAbsent({
    model: "m",
    messages: [...(said.system === undefined ? [] : [{ role: "system", content: said.system }]), ...messages],
    tools:
      said.tools.length === 0
        ? undefined
        : said.tools.map(({ name, description, schema: parameters }) => ({
            type: "function",
            function: withoutAbsent({ name, description, parameters }),
          })),
    tool_choice: toolChoice<JsonValue>(said, { auto: "auto", none: "none", required: "required" }, (name) => ({
      type: "function",
      function: { name },
    })),
    parallel_tool_calls: said.tools.length === 0 ? undefined : said.isParallel,
    temperature: said.temperature,
    top_p: said.topP,
    max_completion_tokens: said.limit,
    stop: said.stop?.slice(0, 4),
    reasoning_effort: said.effort,
    response_format:
      said.format === undefined
        ? undefined
        : { type: "json_schema", json_schema: { name: "answer", schema: said.format } },
    stream: said.isStream,
    stream_options: said.isStream ? { include_usage: true } : undefined,
  });
}

function responsesBody(said: Talk): JsonObject {
  const input = steps(said, "call_").flatMap((each): JsonObject[] => [
    {
      type: "message",
      role: "user",
      content: [
        { type: "input_text", text: each.question },
        ...(each.hasImage ? [{ type: "input_image", image_url: `data:image/png;base64,${PNG}` }] : []),
      ],
    },
    ...each.named.map(({ id, name, city }) => ({
      type: "function_call",
      call_id: id,
      name,
      arguments: JSON.stringify({ city }),
    })),
    ...each.named.map(({ id, result }) => ({ type: "function_call_output", call_id: id, output: result })),
    ...(each.isLast ? [] : [{ role: "assistant", content: each.answer }]),
  ]);
  return withoutAbsent({
    model: "m",
    instructions: said.system,
    input,
    tools:
      said.tools.length === 0
        ? undefined
        : said.tools.map(({ name, description, schema: parameters }) =>
            withoutAbsent({ type: "function", name, description, parameters, strict: false }),
          ),
    tool_choice: toolChoice<JsonValue>(
      said,
      { auto: "auto", none: "none", required: "required" },
      (name) => ({
        type: "function",
        name,
      }),
      true,
    ),
    parallel_tool_calls: said.isParallel,
    temperature: said.temperature,
    top_p: said.topP,
    max_output_tokens: said.limit,
    reasoning: said.effort === undefined ? undefined : { effort: said.effort },
    text:
      said.format === undefined ? undefined : { format: { type: "json_schema", name: "answer", schema: said.format } },
    stream: said.isStream,
  });
}

function messagesBody(said: Talk): JsonObject {
  const image = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } };
  const messages = steps(said, "toolu_").flatMap((each): JsonObject[] => [
    { role: "user", content: [{ type: "text", text: each.question }, ...(each.hasImage ? [image] : [])] },
    ...(each.named.length === 0
      ? []
      : [
          {
            role: "assistant",
            content: each.named.map(({ id, name, city }) => ({ type: "tool_use", id, name, input: { city } })),
          },
          {
            role: "user",
            content: each.named.map(({ id, result }) => ({ type: "tool_result", tool_use_id: id, content: result })),
          },
        ]),
    ...(each.isLast ? [] : [{ role: "assistant", content: each.answer }]),
  ]);
  return withoutAbsent({
    model: "m",
    max_tokens: said.limit ?? 4_000,
    system: said.system,
    messages,
    tools:
      said.tools.length === 0
        ? undefined
        : said.tools.map(({ name, description, schema: input_schema }) =>
            withoutAbsent({ name, description, input_schema }),
          ),
    tool_choice: toolChoice<JsonObject>(
      said,
      { auto: { type: "auto" }, none: { type: "none" }, required: { type: "any" } },
      (name) => ({ type: "tool", name }),
    ),
    stop_sequences: said.stop?.slice(),
    thinking: said.effort === undefined || said.choice !== undefined ? undefined : { type: "adaptive" },
    stream: said.isStream,
  });
}

function geminiBody(said: Talk): JsonObject {
  const contents = steps(said, "").flatMap((each): JsonObject[] => [
    {
      role: "user",
      parts: [
        { text: each.question },
        ...(each.hasImage ? [{ inlineData: { mimeType: "image/png", data: PNG } }] : []),
      ],
    },
    ...(each.named.length === 0
      ? []
      : [
          { role: "model", parts: each.named.map(({ name, city }) => ({ functionCall: { name, args: { city } } })) },
          {
            role: "user",
            parts: each.named.map(({ name, result }) => ({ functionResponse: { name, response: { result } } })),
          },
        ]),
    ...(each.isLast ? [] : [{ role: "model", parts: [{ text: each.answer }] }]),
  ]);
  const choice = toolChoice<JsonObject>(
    said,
    { auto: { mode: "AUTO" }, none: { mode: "NONE" }, required: { mode: "ANY" } },
    (name) => ({ mode: "ANY", allowedFunctionNames: [name] }),
    true,
  );
  return withoutAbsent({
    contents,
    systemInstruction: said.system === undefined ? undefined : { parts: [{ text: said.system }] },
    tools:
      said.tools.length === 0
        ? undefined
        : [
            {
              functionDeclarations: said.tools.map(({ name, description, schema: parametersJsonSchema }) =>
                withoutAbsent({ name, description, parametersJsonSchema }),
              ),
            },
          ],
    toolConfig: choice === undefined ? undefined : { functionCallingConfig: choice },
    generationConfig: withoutAbsent({
      temperature: said.temperature,
      topP: said.topP,
      maxOutputTokens: said.limit,
      stopSequences: said.stop?.slice(0, 5),
      thinkingConfig: said.effort === undefined ? undefined : { thinkingBudget: 2_048 },
      responseMimeType: said.format === undefined ? undefined : "application/json",
      responseJsonSchema: said.format,
    }),
  });
}

function ollamaBody(said: Talk): JsonObject {
  const messages = steps(said, "").flatMap((each): JsonObject[] => [
    { role: "user", content: each.question, ...(each.hasImage ? { images: [PNG] } : {}) },
    ...(each.named.length === 0
      ? []
      : [
          {
            role: "assistant",
            content: "",
            tool_calls: each.named.map(({ name, city }) => ({ function: { name, arguments: { city } } })),
          },
          ...each.named.map(({ name, result }) => ({ role: "tool", tool_name: name, content: result })),
        ]),
    ...(each.isLast ? [] : [{ role: "assistant", content: each.answer }]),
  ]);
  return withoutAbsent({
    model: "m",
    messages: [...(said.system === undefined ? [] : [{ role: "system", content: said.system }]), ...messages],
    tools:
      said.tools.length === 0
        ? undefined
        : said.tools.map(({ name, description, schema: parameters }) => ({
            type: "function",
            function: withoutAbsent({ name, description, parameters }),
          })),
    options: withoutAbsent({
      temperature: said.temperature,
      top_p: said.topP,
      num_predict: said.limit,
      stop: said.stop?.slice(),
    }),
    think: said.effort === undefined ? undefined : true,
    format: said.format,
    stream: said.isStream,
  });
}

/** The same conversations as a client of each dialect would send them. */
const WRITERS: Readonly<Record<DialectName, (said: Talk) => JsonObject>> = {
  "openai-chat": chatBody,
  "openai-responses": responsesBody,
  anthropic: messagesBody,
  gemini: geminiBody,
  ollama: ollamaBody,
};

/** Requests of one dialect: random conversations, the same ones at every run. */
export function sampleBodies(dialect: DialectName, count: number): readonly JsonObject[] {
  return fc.sample(talk.map(tidy), { numRuns: count, seed: 4 }).map(WRITERS[dialect]);
}
