import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Provider } from "@pydantic/genai-prices";
import { pricedProvider } from "../../scripts/generate/prices.ts";
import { type Decimal, parseDecimal } from "../../src/core/money.ts";
import { costOf } from "../../src/core/price.ts";
import type { Usage } from "../../src/core/usage.ts";
import { createPriceBook } from "../../src/host/price-book.ts";
import type { PriceData } from "../../src/host/price-data.ts";

const ROOT = resolve(import.meta.dir, "../..");
const DATA = join(resolve(ROOT, process.env.LODESTAR_TEST_DATA ?? "../shared"), "data");
const USAGES = join(DATA, "usage-golden/usages.json");
const PRICES = join(DATA, "prices/genai-prices.data.json");
const hasData = existsSync(USAGES) && existsSync(PRICES);
/** A moment to which the expected prices belong: by day at DeepSeek, after the cut of o3, before the cuts of 2026-07-30. */
const COMPUTED_AT = Date.UTC(2026, 6, 15, 12);

/** Which wire format an extractor of the oracle reads. */
const ANTHROPIC = new Set([
  "anthropic/default",
  "minimax/default",
  "aws/anthropic",
  "azure/anthropic",
  "google/anthropic",
]);
const CHAT_BY_DEFAULT = new Set(["groq", "mistral", "x-ai", "perplexity"]);

interface Entry {
  readonly provider_id: string;
  readonly api_flavor: string;
  readonly input_price?: string;
  readonly output_price?: string;
}

interface Golden {
  readonly model?: string;
  readonly extracted: readonly {
    readonly usage: Readonly<Record<string, number>>;
    readonly extractors: readonly Entry[];
  }[];
}

function dialectOf({ provider_id, api_flavor }: Entry): string {
  if (ANTHROPIC.has(`${provider_id}/${api_flavor}`)) return "anthropic";
  if (api_flavor === "chat" || (api_flavor === "default" && CHAT_BY_DEFAULT.has(provider_id))) return "chat";
  return `${provider_id}/${api_flavor}`;
}

/** The oracle's counts in our form: its totals include cached and written tokens, and reasoning. */
function usageOf(counts: Readonly<Record<string, number>>): Usage {
  const count = (name: string): number => counts[name] ?? 0;
  const cacheRead = count("cache_read_tokens");
  const written = count("cache_write_tokens");
  const reasoning = count("output_reasoning_tokens");
  return {
    input: {
      uncached: count("input_tokens") - cacheRead - written,
      cacheRead,
      cacheWrite5m: written,
      cacheWrite1h: 0,
      audio: count("input_audio_tokens"),
      cacheReadAudio: count("cache_audio_read_tokens"),
      image: count("input_image_tokens"),
      video: count("input_video_tokens"),
    },
    output: { text: count("output_tokens") - reasoning, reasoning, image: count("output_image_tokens") },
    raw: null,
  };
}

function isSame(left: Decimal, right: Decimal | undefined): boolean {
  if (right === undefined) return false;
  const scale = Math.max(left.scale, right.scale);
  return left.mantissa * 10n ** BigInt(scale - left.scale) === right.mantissa * 10n ** BigInt(scale - right.scale);
}

function loadPrices(): PriceData {
  const providers: readonly Provider[] = JSON.parse(readFileSync(PRICES, "utf8"));
  return {
    source: "genai-prices",
    date: "2026-08-21",
    providers: Object.fromEntries(providers.map((provider) => [provider.id, pricedProvider(provider)])),
  };
}

type Book = ReturnType<typeof createPriceBook>;

function isExact(book: Book, model: string, usage: Usage, entry: Entry): boolean {
  const row = book.priceOf(entry.provider_id, model, COMPUTED_AT);
  if (row === null) return false;
  const { inputUsd, outputUsd } = costOf(usage, row.rates);
  const isInputSame = isSame(inputUsd, parseDecimal(entry.input_price ?? ""));
  return isInputSame && isSame(outputUsd, parseDecimal(entry.output_price ?? ""));
}

/** The oracle counts a model that its table lists without any price as free; here that is unknown, never a silent 0. */
function isListedWithoutPrice(entry: Entry): boolean {
  return entry.input_price === "0" && entry.output_price === "0";
}

interface Count {
  exact: number;
  withBundledTable: number;
  leftOut: number;
}

interface Priced {
  readonly model: string;
  readonly usage: Usage;
  readonly entry: Entry;
}

function pricedEntries(): readonly Priced[] {
  const golden: readonly Golden[] = JSON.parse(readFileSync(USAGES, "utf8"));
  return golden.flatMap(({ model = "", extracted }) =>
    extracted.flatMap(({ usage, extractors }) =>
      extractors
        .filter(({ input_price }) => input_price !== undefined)
        .map((entry) => ({ model, usage: usageOf(usage), entry })),
    ),
  );
}

test.skipIf(!hasData)(
  `the arithmetic gives every price of the oracle exactly${hasData ? "" : " (no test data)"}`,
  () => {
    const data = loadPrices();
    const options = { overrides: {}, isLocalProvider: () => false };
    const dated = createPriceBook({ ...options, data: () => data });
    // The oracle is a little newer than the dated table: eleven entries are priced in the bundled one only.
    const bundled = createPriceBook(options);
    const counts = new Map<string, Count>();
    const mistakes: Priced[] = [];
    const entries = pricedEntries();
    for (const priced of entries) {
      const { model, usage, entry } = priced;
      const count = counts.get(dialectOf(entry)) ?? { exact: 0, withBundledTable: 0, leftOut: 0 };
      counts.set(dialectOf(entry), count);
      if (isExact(dated, model, usage, entry)) count.exact += 1;
      else if (isExact(bundled, model, usage, entry)) count.withBundledTable += 1;
      else if (isListedWithoutPrice(entry)) count.leftOut += 1;
      else mistakes.push(priced);
    }
    for (const [dialect, { exact, withBundledTable, leftOut }] of counts) {
      const more = withBundledTable === 0 ? "" : `, ${withBundledTable} by the newer bundled table`;
      const left = leftOut === 0 ? "" : `, ${leftOut} left out (listed without a price)`;
      console.log(`exact prices, ${dialect}: ${exact}${more}${left}`);
    }
    expect(mistakes).toEqual([]);
    expect(entries.length).toBe(3_474);
    expect([...counts.values()].reduce((sum, { exact }) => sum + exact, 0)).toBeGreaterThanOrEqual(3_461);
    expect([...counts.values()].reduce((sum, { leftOut }) => sum + leftOut, 0)).toBe(2);
  },
);
