import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";
import { totalInput, totalOutput, type Usage } from "../../../src/core/usage.ts";
import { decodeUsage, encodeUsage, stampUsage } from "../../../src/dialects/openai-chat/usage.ts";
import { dataRoot, NO_DATA_REASON } from "../recordings.ts";
import { COST } from "./support.ts";

function read(raw: JsonObject): Usage {
  const usage = decodeUsage(raw);
  if (usage === undefined) throw new Error("no usage");
  return usage;
}

const NONE = { uncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };

const CASES: readonly (readonly [provider: string, raw: JsonObject, usage: Omit<Usage, "raw">])[] = [
  [
    "OpenAI",
    {
      prompt_tokens: 10,
      completion_tokens: 9,
      total_tokens: 19,
      prompt_tokens_details: { cached_tokens: 4, audio_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 5, audio_tokens: 1 },
    },
    { input: { ...NONE, uncached: 6, cacheRead: 4, audio: 2 }, output: { text: 4, reasoning: 5, audio: 1 } },
  ],
  [
    "DeepSeek",
    { prompt_tokens: 10, completion_tokens: 1, prompt_cache_hit_tokens: 7, prompt_cache_miss_tokens: 3 },
    { input: { ...NONE, uncached: 3, cacheRead: 7 }, output: { text: 1, reasoning: 0 } },
  ],
  [
    "Moonshot",
    { prompt_tokens: 20, completion_tokens: 30, total_tokens: 50, cached_tokens: 10 },
    { input: { ...NONE, uncached: 10, cacheRead: 10 }, output: { text: 30, reasoning: 0 } },
  ],
  [
    "xAI, reasoning outside",
    {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 241,
      completion_tokens_details: { reasoning_tokens: 228 },
      cost_in_usd_ticks: 1_176_500,
    },
    { input: { ...NONE, uncached: 12 }, output: { text: 1, reasoning: 228 }, statedCostUsd: 0.00011765 },
  ],
  [
    "xAI without a total",
    { prompt_tokens: 12, completion_tokens: 1, completion_tokens_details: { reasoning_tokens: 228 } },
    { input: { ...NONE, uncached: 12 }, output: { text: 1, reasoning: 228 } },
  ],
  [
    "Azure, reasoning at the top",
    { prompt_tokens: 1, completion_tokens: 8, total_tokens: 9, prompt_tokens_details: null, reasoning_tokens: 3 },
    { input: { ...NONE, uncached: 1 }, output: { text: 5, reasoning: 3 } },
  ],
  [
    "OpenRouter",
    {
      prompt_tokens: 100,
      completion_tokens: 5,
      total_tokens: 105,
      cost: 0.25,
      prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 50 },
    },
    {
      input: { ...NONE, uncached: 10, cacheRead: 40, cacheWrite5m: 50 },
      output: { text: 5, reasoning: 0 },
      statedCostUsd: 0.25,
    },
  ],
  [
    "Perplexity",
    { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, num_search_queries: 2, cost: { total_cost: 0.006 } },
    {
      input: { ...NONE, uncached: 1 },
      output: { text: 2, reasoning: 0 },
      units: { webSearches: 2 },
      statedCostUsd: 0.006,
    },
  ],
  [
    "embeddings with a total alone",
    { total_tokens: 12 },
    { input: { ...NONE, uncached: 12 }, output: { text: 0, reasoning: 0 } },
  ],
];

describe("chat usage in the normal form", () => {
  for (const [provider, raw, usage] of CASES) {
    test(`of ${provider}`, () => expect(read(raw)).toEqual({ ...usage, raw }));
  }

  test("is absent where there is none", () => {
    expect(decodeUsage(undefined)).toBeUndefined();
    expect(decodeUsage(null)).toBeUndefined();
    expect(decodeUsage("many")).toBeUndefined();
  });

  test("never has a negative or a fractional count, whatever the provider says", () => {
    const count = fc.oneof(fc.integer(), fc.double(), fc.constant(null), fc.string());
    const details = fc.record(
      { cached_tokens: count, cache_write_tokens: count, reasoning_tokens: count },
      { requiredKeys: [] },
    );
    const raw = fc.record(
      {
        prompt_tokens: count,
        completion_tokens: count,
        total_tokens: count,
        prompt_tokens_details: details,
        completion_tokens_details: details,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(raw, (value) => {
        const { input, output } = read(JSON.parse(JSON.stringify(value)) as JsonObject);
        for (const number of [...Object.values(input), ...Object.values(output)]) {
          expect(Number.isInteger(number)).toBeTrue();
          expect(number).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test("reads back what it writes for other dialects", () => {
    const count = fc.nat(1_000_000);
    fc.assert(
      fc.property(count, count, count, count, count, (uncached, cacheRead, cacheWrite5m, text, reasoning) => {
        const usage: Usage = {
          input: { uncached, cacheRead, cacheWrite5m, cacheWrite1h: 0 },
          output: { text, reasoning },
          raw: null,
        };
        const { raw: _, ...again } = read(encodeUsage(usage));
        const { raw: __, ...once } = usage;
        expect(again).toEqual(once);
      }),
    );
  });

  test("is written as it came where it came in this dialect, else built anew", () => {
    const raw = { prompt_tokens: 1, vendor: true };
    expect(encodeUsage(read(raw))).toBe(raw);
    const foreign: Usage = {
      input: { ...NONE, uncached: 1, audio: 1, image: 2 },
      output: { text: 3, reasoning: 0, audio: 3 },
      raw: { input_tokens: 1 },
    };
    expect(encodeUsage(foreign)).toEqual({
      prompt_tokens: 1,
      completion_tokens: 3,
      total_tokens: 4,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 1, image_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 3 },
    });
  });

  test("takes the stamp, and keeps a stated cost beside it", () => {
    expect(stampUsage({ cost: 7 }, COST)).toMatchObject({ cost: 0.0015, provider_cost: 7 });
    expect(stampUsage({ a: 1 }, undefined)).toEqual({ a: 1 });
  });
});

interface Golden {
  readonly body: JsonObject;
  readonly model?: string;
  readonly extracted: readonly {
    readonly usage: Readonly<Record<string, number>>;
    readonly extractors: readonly { readonly provider_id: string; readonly api_flavor: string }[];
  }[];
}

/** Who produced a body, by the name of the recording it was taken from. */
const PRODUCERS: readonly (readonly [pattern: RegExp, provider: string])[] = [
  [/openrouter/, "openrouter"],
  [/mistral/, "mistral"],
  [/groq/, "groq"],
  [/deepseek/, "deepseek"],
  [/cerebras/, "cerebras"],
  [/azure/, "azure"],
  [/zai/, "zai"],
  [/test_openai|-openai|openai_chat/, "openai"],
];

function producerOf(golden: Golden): string | undefined {
  const file = String(golden.body.file);
  return PRODUCERS.find(([pattern]) => pattern.test(file))?.[1];
}

function inGoldenNames(usage: Usage): Record<string, number> {
  const { input, output } = usage;
  const counts: Record<string, number> = {
    input_tokens: totalInput(usage),
    output_tokens: totalOutput(usage),
    cache_read_tokens: input.cacheRead,
    cache_write_tokens: input.cacheWrite5m,
    input_audio_tokens: input.audio ?? 0,
    output_audio_tokens: output.audio ?? 0,
    output_reasoning_tokens: output.reasoning,
  };
  return counts;
}

describe.skipIf(dataRoot() === undefined)(`the golden usage bodies ${NO_DATA_REASON}`, () => {
  const file = join(dataRoot() ?? "", "usage-golden", "usages.json");
  const all = dataRoot() === undefined ? [] : (JSON.parse(readFileSync(file, "utf8")) as readonly Golden[]);
  const chat = all.filter(
    ({ body }) => isJsonObject(body.usage) && "prompt_tokens" in body.usage && "completion_tokens" in body.usage,
  );
  const claimed = chat.filter((golden) => producerOf(golden) !== undefined);

  test(`agree for every claimed producer: ${claimed.length} of ${chat.length} chat bodies`, () => {
    expect(claimed.length).toBeGreaterThan(200);
    for (const golden of claimed) {
      const provider = producerOf(golden);
      const truth = golden.extracted.find(({ extractors }) =>
        extractors.some((each) => each.provider_id === provider && ["chat", "default"].includes(each.api_flavor)),
      );
      const counts = inGoldenNames(read(golden.body.usage as JsonObject));
      for (const [name, count] of Object.entries(truth?.usage ?? {})) {
        expect({ file: golden.body.file, name, count: counts[name] }).toEqual({ file: golden.body.file, name, count });
      }
      expect(truth).toBeDefined();
    }
  });
});
