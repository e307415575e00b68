import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject } from "../../../src/core/json.ts";
import { tokenCount } from "../../../src/dialects/anthropic/count-tokens.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { EncodeTarget } from "../../../src/dialects/dialect.ts";
import { overTheWire } from "../codec.ts";

const TARGET: EncodeTarget = { provider: "anthropic", model: "claude-sonnet-4-6" };

/** Visible text: Anthropic refuses blank blocks, so blank ones are left out and do not come back. */
const text = fc.string({ minLength: 1, unit: "grapheme" }).map((value) => `x${value}`);
const toolId = fc.stringMatching(/^toolu_[A-Za-z0-9_-]{1,20}$/);
const jsonObject = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
const cacheControl = fc.constantFrom({ type: "ephemeral" }, { type: "ephemeral", ttl: "1h" });

/** Members nobody knows, beside the known ones of `part`. */
function withUnknown<Part extends object>(part: fc.Arbitrary<Part>): fc.Arbitrary<Part> {
  return fc
    .tuple(part, fc.dictionary(fc.stringMatching(/^new_[a-z]{1,6}$/), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }))
    .map(([known, unknown]) => ({ ...unknown, ...known }));
}

function cacheable<Part extends object>(part: fc.Arbitrary<Part>): fc.Arbitrary<object> {
  return fc
    .tuple(withUnknown(part), fc.option(cacheControl, { nil: undefined }))
    .map(([known, cache_control]) => ({ ...known, ...(cache_control === undefined ? {} : { cache_control }) }));
}

const textBlock = cacheable(
  fc.record(
    { type: fc.constant("text"), text, citations: fc.array(jsonObject, { maxLength: 1 }) },
    { requiredKeys: ["type", "text"] },
  ),
);
const source = fc.oneof(
  fc.record({ type: fc.constant("base64"), media_type: fc.constant("image/png"), data: fc.base64String() }),
  fc.record({ type: fc.constant("url"), url: fc.webUrl() }),
  fc.record({ type: fc.constant("file"), file_id: text }),
  fc.record({ type: fc.constant("hologram"), depth: fc.nat() }),
);
const imageBlock = cacheable(fc.record({ type: fc.constant("image"), source }));
const documentBlock = cacheable(
  fc.record(
    {
      type: fc.constant("document"),
      source: fc.oneof(
        source,
        fc.record({
          type: fc.constant("text"),
          media_type: fc.constant("text/plain"),
          data: fc.string({ unit: "binary" }),
        }),
        fc.record({ type: fc.constant("content"), content: fc.array(textBlock, { maxLength: 1 }) }),
      ),
      title: fc.option(text),
      context: fc.option(text),
      citations: fc.record({ enabled: fc.boolean() }),
    },
    { requiredKeys: ["type", "source"] },
  ),
);
const serverBlock = withUnknown(
  fc.record({ type: fc.constantFrom("server_tool_use", "mcp_tool_result", "compaction") }),
);
const toolUse = cacheable(
  fc.record(
    { type: fc.constant("tool_use"), id: toolId, name: text, input: jsonObject, caller: jsonObject },
    { requiredKeys: ["type", "id", "name", "input"] },
  ),
);
const thinking = fc.record({ type: fc.constant("thinking"), thinking: fc.string(), signature: text });
const redacted = fc.record({ type: fc.constant("redacted_thinking"), data: text });
const toolResult = cacheable(
  fc.record(
    {
      type: fc.constant("tool_result"),
      tool_use_id: toolId,
      content: fc.oneof(
        fc.string(),
        fc.array(fc.oneof(textBlock, imageBlock, documentBlock, serverBlock), { maxLength: 3 }),
      ),
      is_error: fc.boolean(),
    },
    { requiredKeys: ["type", "tool_use_id"] },
  ),
);

const userContent = fc
  .tuple(
    fc.array(toolResult, { maxLength: 2 }),
    fc.array(fc.oneof(textBlock, imageBlock, documentBlock, serverBlock), { minLength: 1, maxLength: 3 }),
  )
  .map(([results, rest]) => [...results, ...rest]);
const user = withUnknown(fc.record({ role: fc.constant("user"), content: fc.oneof(text, userContent) }));
const assistantContent = fc.array(fc.oneof(textBlock, thinking, redacted, toolUse, serverBlock), {
  minLength: 1,
  maxLength: 4,
});
const assistant = withUnknown(fc.record({ role: fc.constant("assistant"), content: fc.oneof(text, assistantContent) }));
const messages = fc
  .tuple(fc.array(fc.tuple(user, assistant), { maxLength: 3 }), user)
  .map(([rounds, last]) => [...rounds.flat(), last]);

const tool = fc.oneof(
  cacheable(
    fc.record(
      {
        name: text,
        description: text,
        input_schema: jsonObject.map((schema) => ({ ...schema, type: "object" })),
        defer_loading: fc.boolean(),
        strict: fc.boolean(),
      },
      { requiredKeys: ["name", "input_schema"] },
    ),
  ),
  withUnknown(fc.record({ type: fc.constantFrom("web_search_20250305", "bash_20250124"), name: text })),
);
const isSerial = fc.option(fc.boolean(), { nil: undefined });
const toolChoice = fc.oneof(
  fc.constant({ type: "none" }),
  fc.record({ type: fc.constantFrom("auto", "any"), disable_parallel_tool_use: isSerial }),
  fc.record({ type: fc.constant("tool"), name: text, disable_parallel_tool_use: isSerial }),
  fc.record({ type: fc.constant("auto"), new_member: fc.nat() }),
);
const display = fc.constantFrom("summarized", "omitted", null);
const thinkingConfig = fc.oneof(
  fc.record(
    { type: fc.constant("enabled"), budget_tokens: fc.integer({ min: 1024, max: 9000 }), display },
    { requiredKeys: ["type", "budget_tokens"] },
  ),
  fc.record({ type: fc.constant("adaptive"), display }, { requiredKeys: ["type"] }),
  fc.constant({ type: "disabled" }),
  fc.constant({ type: "between_tools" }),
);
const outputConfig = fc.record(
  {
    effort: fc.constantFrom("low", "medium", "high", "max", "brand-new", null),
    format: withUnknown(fc.record({ type: fc.constant("json_schema"), schema: jsonObject })),
    new_member: fc.nat(),
  },
  { requiredKeys: ["new_member"] },
);

const request = fc
  .record(
    {
      model: fc.constant(TARGET.model),
      max_tokens: fc.integer({ min: 1, max: 64_000 }),
      messages,
      system: fc.oneof(text, fc.array(textBlock, { minLength: 1, maxLength: 3 })),
      tools: fc.array(tool, { minLength: 1, maxLength: 3 }),
      tool_choice: toolChoice,
      thinking: thinkingConfig,
      output_config: outputConfig,
      output_format: fc.record({ type: fc.constant("json_schema"), schema: jsonObject }),
      stop_sequences: fc.array(text, { maxLength: 3 }),
      stream: fc.constant(true),
      metadata: fc
        .record({ user_id: fc.option(text), team: text }, { requiredKeys: [] })
        .filter((it) => "user_id" in it),
      cache_control: cacheControl,
      context_management: jsonObject,
      container: fc.option(text),
      mcp_servers: fc.array(jsonObject, { maxLength: 1 }),
      betas: fc.array(text, { maxLength: 2 }),
      service_tier: fc.constant("auto"),
      brand_new: fc.jsonValue({ maxDepth: 2 }),
    },
    { requiredKeys: ["model", "max_tokens", "messages"] },
  )
  .map((body) => {
    const { tool_choice, ...rest } = body;
    return overTheWire(rest.tools === undefined ? rest : body) as JsonObject;
  });

const sampling = fc.record(
  { temperature: fc.double({ min: 0, max: 1, noNaN: true }), top_k: fc.nat({ max: 500 }) },
  { requiredKeys: [] },
);

function recoded(body: JsonObject): { readonly body: JsonObject; readonly warnings: readonly unknown[] } {
  const read = anthropic.decodeRequest(body);
  if (!read.ok) throw new Error(read.error.message);
  return anthropic.encodeRequest(read.value, TARGET);
}

describe("a request that goes out in its own dialect", () => {
  test("is the same after decoding and encoding, unknown fields included, without a warning", () => {
    fc.assert(
      fc.property(request, (body) => {
        const encoded = recoded(body);
        expect(overTheWire(encoded.body)).toEqual(body);
        expect(encoded.warnings).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test("keeps its sampling where it does not think", () => {
    fc.assert(
      fc.property(request, sampling, ({ thinking: _, ...body }, chosen) => {
        const whole = overTheWire({ ...body, ...chosen }) as JsonObject;
        expect(overTheWire(recoded(whole).body)).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  test("keeps members called __proto__ and constructor as data", () => {
    const body = JSON.parse(
      '{"model":"claude-sonnet-4-6","max_tokens":5,"messages":[{"role":"user","content":"hi","__proto__":{"a":1}}],"constructor":{"b":2}}',
    );
    expect(JSON.stringify(recoded(body).body)).toContain('"__proto__":{"a":1}');
    expect(recoded(body).body.constructor as unknown).toEqual({ b: 2 });
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  test("takes only the target's own model name when it goes elsewhere", () => {
    const read = anthropic.decodeRequest({ model: "best", max_tokens: 5, messages: [{ role: "user", content: "hi" }] });
    if (!read.ok) throw new Error(read.error.message);
    expect(anthropic.encodeRequest(read.value, TARGET).body.model).toBe("claude-sonnet-4-6");
  });
});

describe("a request to count tokens", () => {
  test("decodes without max_tokens and goes out without it", () => {
    fc.assert(
      fc.property(request, ({ max_tokens: _max, stream: _stream, ...body }) => {
        const read = anthropic.decodeRequest(body);
        if (!read.ok) throw new Error(read.error.message);
        const { stop_sequences: _stop, metadata: _meta, container: _box, service_tier: _tier, ...prompt } = body;
        const encoded = tokenCount.encodeRequest(read.value, TARGET);
        expect(overTheWire(encoded.body)).toEqual(prompt);
        expect(encoded.warnings).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
