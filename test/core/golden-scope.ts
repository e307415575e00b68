import { isJsonObject, type JsonObject } from "../../src/core/json.ts";
import type { DialectName } from "../../src/core/request.ts";
import { totalInput, totalOutput, type Usage } from "../../src/core/usage.ts";
import { readUsage as readMessagesUsage } from "../../src/dialects/anthropic/usage.ts";
import { readUsage as readGeminiUsage } from "../../src/dialects/gemini/usage.ts";
import { decodeUsage as readChatUsage } from "../../src/dialects/openai-chat/usage.ts";
import { decodeUsage as readResponsesUsage } from "../../src/dialects/openai-responses/usage.ts";
import { findModel, isClaimedBy } from "../../src/host/prices/match.ts";
import { PROVIDERS } from "../../src/providers/_all.ts";
import { listCatalogue } from "../../src/providers/catalogue.ts";
import type { Entry, Golden, Oracle } from "./golden-oracle.ts";

/** The format of a body: one of the oracle's flavours, by the members of its usage. */
type Shape = "chat" | "embeddings" | "responses" | "anthropic" | "gemini" | "other";

/** Why an entry is not scored. */
export type LeftOut = "not spoken" | "other format" | "no model" | "not claimed" | "another provider's";

const DIALECTS: Readonly<Record<Exclude<Shape, "other">, DialectName>> = {
  chat: "openai-chat",
  embeddings: "openai-chat",
  responses: "openai-responses",
  anthropic: "anthropic",
  gemini: "gemini",
};

/** What the oracle calls `default`: a provider's own format. */
const DEFAULT_FLAVOURS: Readonly<Record<string, Shape>> = {
  anthropic: "anthropic",
  minimax: "anthropic",
  google: "gemini",
  groq: "chat",
  mistral: "chat",
  perplexity: "chat",
  "x-ai": "chat",
};

/** The dialects of every provider that Lodestar knows, by its id in the price data. */
const SPOKEN: ReadonlyMap<string, ReadonlySet<DialectName>> = new Map(
  [...listCatalogue(), ...PROVIDERS].map(({ id, priceId, endpoints }) => [
    priceId ?? id,
    new Set(endpoints.map(({ dialect }) => dialect)),
  ]),
);

/** The format that a flavour of the oracle reads. */
function flavourOf({ provider_id, api_flavor }: Entry): Shape {
  if (api_flavor === "default") return DEFAULT_FLAVOURS[provider_id] ?? "other";
  const shapes: readonly string[] = Object.keys(DIALECTS);
  return shapes.includes(api_flavor) ? (api_flavor as Shape) : "other";
}

function shapeOf(body: JsonObject): Shape {
  if (isJsonObject(body.usageMetadata)) return "gemini";
  const { usage } = body;
  if (!isJsonObject(usage)) return "other";
  if ("prompt_tokens" in usage) return "completion_tokens" in usage ? "chat" : "embeddings";
  if (!("input_tokens" in usage)) return "other";
  return "total_tokens" in usage ? "responses" : "anthropic";
}

function isSpoken(entry: Entry): boolean {
  const flavour = flavourOf(entry);
  if (flavour === "other") return false;
  // The router's prices stand under the name of the provider behind it.
  const provider = entry.provider_id.replace(/^huggingface_.*$/, "huggingface");
  return SPOKEN.get(provider)?.has(DIALECTS[flavour]) === true;
}

/**
 * Who made a body: the providers whose rule claims names like this, else all whose table lists the model. A provider
 * does not put its own id before its own models' names (`x-ai/grok-4`): that is how routers write them.
 */
function producersOf({ body, model = "" }: Golden, { table, namedBy }: Oracle): ReadonlySet<string> {
  // Members that only OpenRouter sends.
  if (isJsonObject(body.usage) && "is_byok" in body.usage) return new Set(["openrouter"]);
  const isOwnName = (id: string): boolean => !model.startsWith(`${id}/`);
  const named = [...namedBy].filter(([id, rule]) => isOwnName(id) && isClaimedBy(rule, model)).map(([id]) => id);
  if (named.length > 0) return new Set(named);
  return new Set(
    Object.keys(table.providers).filter((id) => isOwnName(id) && findModel(table, id, model) !== undefined),
  );
}

/** Why each entry of a body is not scored; null for those that are. */
export function scopeOf(item: Golden, oracle: Oracle): (entry: Entry) => LeftOut | null {
  const shape = shapeOf(item.body);
  const producers = producersOf(item, oracle);
  return (entry) => {
    if (!isSpoken(entry)) return "not spoken";
    if (flavourOf(entry) !== shape) return "other format";
    if (item.model === undefined) return "no model";
    if (producers.has(entry.provider_id)) return null;
    return producers.size === 0 ? "not claimed" : "another provider's";
  };
}

/** The body's counts as Lodestar reads them. */
export function readBody(body: JsonObject): Usage | undefined {
  switch (shapeOf(body)) {
    case "gemini":
      return readGeminiUsage(body.usageMetadata);
    case "responses":
      return readResponsesUsage(body);
    case "anthropic":
      return readMessagesUsage(body.usage);
    case "other":
      return undefined;
    default:
      return readChatUsage(body.usage);
  }
}

/** Counts of the oracle that no price follows from and Lodestar does not keep: parts of a part, and plain text by difference. */
const NOT_KEPT = new Set([
  "input_text_tokens",
  "output_text_tokens",
  "input_text_tool_tokens",
  "cache_text_read_tokens",
  "cache_image_read_tokens",
  "cache_video_read_tokens",
]);

/** Our counts under the oracle's names, those that are not 0. */
function countsOf(usage: Usage): Readonly<Record<string, number>> {
  const { input, output, units } = usage;
  const counts = {
    input_tokens: totalInput(usage),
    output_tokens: totalOutput(usage),
    cache_read_tokens: input.cacheRead,
    cache_write_tokens: input.cacheWrite5m + input.cacheWrite1h,
    cache_write_5m_tokens: input.cacheWrite5m,
    cache_write_1h_tokens: input.cacheWrite1h,
    output_reasoning_tokens: output.reasoning,
    input_audio_tokens: input.audio ?? 0,
    input_image_tokens: input.image ?? 0,
    input_video_tokens: input.video ?? 0,
    input_tool_tokens: input.tool ?? 0,
    cache_audio_read_tokens: input.cacheReadAudio ?? 0,
    output_audio_tokens: output.audio ?? 0,
    output_image_tokens: output.image ?? 0,
    web_searches: units?.webSearches ?? 0,
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** Names that an extractor of the oracle may leave out although the body has them: a finer view than its provider's prices need. */
const MAY_BE_LEFT_OUT = new Set([
  "cache_write_5m_tokens",
  "output_reasoning_tokens",
  "web_searches",
  "input_video_tokens",
]);

/** The counts that differ, as `name: ours, expected`; empty where all are equal. */
export function differencesOf(usage: Usage | undefined, expected: Readonly<Record<string, number>>): readonly string[] {
  const ours = usage === undefined ? {} : countsOf(usage);
  const names = new Set([...Object.keys(ours), ...Object.keys(expected)]);
  return [...names].flatMap((name) => {
    const [left, right] = [ours[name] ?? 0, expected[name]];
    if (NOT_KEPT.has(name) || left === (right ?? 0)) return [];
    return right === undefined && MAY_BE_LEFT_OUT.has(name) ? [] : [`${name}: ${left}, ${right ?? 0}`];
  });
}
