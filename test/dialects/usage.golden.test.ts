import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Provider } from "@pydantic/genai-prices";
import { pricedProvider } from "../../scripts/generate/prices.ts";
import { isJsonObject, type JsonObject } from "../../src/core/json.ts";
import { totalInput, totalOutput, type Usage } from "../../src/core/usage.ts";
import { readUsage } from "../../src/dialects/anthropic/usage.ts";
import { decodeUsage } from "../../src/dialects/openai-chat/usage.ts";
import { decodeUsage as decodeResponsesUsage } from "../../src/dialects/openai-responses/usage.ts";
import type { PriceData } from "../../src/host/price-data.ts";
import { findModel, isClaimedBy } from "../../src/host/price-match.ts";
import { dataRoot, NO_DATA_REASON } from "./recordings.ts";

const ROOT = dataRoot() ?? "";
const USAGES = join(ROOT, "usage-golden/usages.json");
const PRICES = join(ROOT, "prices/genai-prices.data.json");
const hasData = existsSync(USAGES) && existsSync(PRICES);

interface Entry {
  readonly provider_id: string;
  readonly api_flavor: string;
}

interface Extracted {
  readonly usage: Readonly<Record<string, number>>;
  readonly extractors: readonly Entry[];
}

interface Golden {
  readonly body: JsonObject;
  readonly model?: string;
  readonly extracted: readonly Extracted[];
}

/** Providers whose default flavour is the chat format. */
const CHAT_BY_DEFAULT = new Set(["groq", "mistral", "x-ai", "perplexity"]);

function isChatEntry({ provider_id, api_flavor }: Entry): boolean {
  return api_flavor === "chat" || (api_flavor === "default" && CHAT_BY_DEFAULT.has(provider_id));
}

type Shape = "chat" | "anthropic" | "responses" | "other";

function shapeOf(usage: JsonObject): Shape {
  if ("prompt_tokens" in usage) return "chat";
  if ("input_tokens_details" in usage && "total_tokens" in usage) return "responses";
  const isMessages = "input_tokens" in usage && !("input_tokens_details" in usage) && !("total_tokens" in usage);
  return isMessages ? "anthropic" : "other";
}

/**
 * Who may have made the body: OpenRouter where the usage carries its own members, else the providers that claim the
 * model by name, else all that list it.
 */
function producersOf(
  providers: readonly Provider[],
  data: PriceData,
  model: string,
  raw: JsonObject,
): ReadonlySet<string> {
  if ("is_byok" in raw) return new Set(["openrouter"]);
  const named = providers.filter(({ model_match }) => model_match !== undefined && isClaimedBy(model_match, model));
  const listing = providers.filter(({ id }) => findModel(data, id, model) !== undefined);
  return new Set((named.length > 0 ? named : listing).map(({ id }) => id));
}

/** The one result that all possible producers agree on; undefined when none claims the body or they differ. */
function truthOf(golden: Golden, shape: Shape, producers: ReadonlySet<string>): Extracted["usage"] | undefined {
  const isProducer = (entry: Entry): boolean => {
    if (shape === "anthropic")
      return entry.provider_id === "anthropic" && entry.api_flavor === "default" && producers.has("anthropic");
    const isFlavour = shape === "responses" ? entry.api_flavor === "responses" : isChatEntry(entry);
    return isFlavour && producers.has(entry.provider_id);
  };
  const results = golden.extracted.filter(({ extractors }) => extractors.some(isProducer));
  return results.length === 1 ? results[0]?.usage : undefined;
}

/** Our counts under the oracle's names, those it has and those that are not 0. */
function countsOf(usage: Usage): Readonly<Record<string, number>> {
  const { input, output } = usage;
  const counts = {
    input_tokens: totalInput(usage),
    output_tokens: totalOutput(usage),
    cache_read_tokens: input.cacheRead,
    cache_write_tokens: input.cacheWrite5m + input.cacheWrite1h,
    output_reasoning_tokens: output.reasoning,
    input_audio_tokens: input.audio ?? 0,
    output_audio_tokens: output.audio ?? 0,
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** The oracle's counts that both sides name, less zeros. */
function comparable(counts: Readonly<Record<string, number>>, ours: Readonly<Record<string, number>>): unknown {
  const names = new Set([
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "input_audio_tokens",
  ]);
  const isShared = (name: string): boolean => names.has(name) || name in ours;
  return Object.fromEntries(Object.entries(counts).filter(([name, count]) => count > 0 && isShared(name)));
}

type Verdict = "chat" | "anthropic" | "responses" | "other format" | "no model" | "no single producer" | "wrong";

function readAs(shape: Exclude<Shape, "other">, raw: JsonObject): Usage | undefined {
  if (shape === "responses") return decodeResponsesUsage({ usage: raw });
  return shape === "chat" ? decodeUsage(raw) : readUsage(raw);
}

function judge(item: Golden, providers: readonly Provider[], data: PriceData): Verdict {
  const raw = item.body.usage;
  if (!isJsonObject(raw)) return "other format";
  const shape = shapeOf(raw);
  if (shape === "other") return "other format";
  if (item.model === undefined) return "no model";
  const truth = truthOf(item, shape, producersOf(providers, data, item.model, raw));
  if (truth === undefined) return "no single producer";
  const usage = readAs(shape, raw);
  const ours = usage === undefined ? {} : countsOf(usage);
  return Bun.deepEquals(comparable(truth, ours), ours) ? shape : "wrong";
}

test.skipIf(!hasData)(`usage is read as its producer meant it ${NO_DATA_REASON}`, () => {
  const providers: readonly Provider[] = JSON.parse(readFileSync(PRICES, "utf8"));
  const table = Object.fromEntries(providers.map((provider) => [provider.id, pricedProvider(provider)]));
  const data: PriceData = { source: "", date: "", providers: table };
  const golden: readonly Golden[] = JSON.parse(readFileSync(USAGES, "utf8"));
  const verdicts = Map.groupBy(golden, (item) => judge(item, providers, data));
  const countOf = (verdict: Verdict): number => verdicts.get(verdict)?.length ?? 0;
  const exact = (["chat", "responses", "anthropic"] as const).map((shape) => `${shape} ${countOf(shape)}`);
  console.log(`usage read exactly: ${exact.join(", ")}`);
  const leftOut = (["no single producer", "no model", "other format"] as const).map((why) => `${why} ${countOf(why)}`);
  console.log(`left out: ${leftOut.join(", ")}`);
  expect(verdicts.get("wrong") ?? []).toEqual([]);
  expect(countOf("chat")).toBeGreaterThanOrEqual(390);
  expect(countOf("anthropic")).toBeGreaterThanOrEqual(226);
  expect(countOf("responses")).toBeGreaterThanOrEqual(235);
});
