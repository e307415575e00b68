import * as v from "valibot";
import type { Rate, RateCard } from "../../core/price.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { DatedCard, MatchRule, PricedModel, PricedProvider } from "../../host/prices/data.ts";
import { Amount, Count, Name, schemaProblem } from "./checked.ts";

const RATE_NAMES: Readonly<Record<string, keyof RateCard>> = {
  input_mtok: "input",
  output_mtok: "output",
  cache_read_mtok: "cacheRead",
  cache_write_mtok: "cacheWrite5m",
  cache_write_1h_mtok: "cacheWrite1h",
  input_audio_mtok: "inputAudio",
  cache_audio_read_mtok: "cacheReadAudio",
  output_audio_mtok: "outputAudio",
  input_image_mtok: "inputImage",
  output_image_mtok: "outputImage",
  input_video_mtok: "inputVideo",
  output_reasoning_mtok: "outputReasoning",
  requests_kcount: "requestsPerThousand",
  web_searches_kcount: "webSearchesPerThousand",
};

/** A repeated group that is itself repeated can take for ever on a long name. */
const NESTED_REPEAT = /[+*}]\)[+*{]/;

function isHarmlessRegex(text: string): boolean {
  if (NESTED_REPEAT.test(text)) return false;
  try {
    return new RegExp(text).source !== "";
  } catch {
    return false;
  }
}

const Rule: v.GenericSchema<MatchRule> = v.union([
  v.strictObject({ or: v.array(v.lazy(() => Rule)) }),
  v.strictObject({ and: v.array(v.lazy(() => Rule)) }),
  v.strictObject({ equals: Name }),
  v.strictObject({ starts_with: Name }),
  v.strictObject({ ends_with: Name }),
  v.strictObject({ contains: Name }),
  v.strictObject({ regex: v.pipe(Name, v.check(isHarmlessRegex, "is not a regular expression that is safe to use")) }),
]);

const Price = v.union([Amount, v.object({ base: Amount, tiers: v.array(v.object({ start: Count, price: Amount })) })]);
const Prices = v.record(v.string(), v.nullish(Price));
const Day = v.pipe(v.string(), v.isoDate());
const Time = v.pipe(v.string(), v.regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?(Z|\+00:00)?$/));
/** The published data leaves out `type`, which the package adds. */
const Constraint = v.union([v.object({ start_date: Day }), v.object({ start_time: Time, end_time: Time })]);

const Model = v.object({
  id: Name,
  match: Rule,
  context_window: v.nullish(Count),
  prices: v.union([Prices, v.array(v.object({ prices: Prices, constraint: v.nullish(Constraint) }))]),
});
const ProviderSchema = v.object({
  id: Name,
  models: v.array(Model),
  fallback_model_providers: v.nullish(v.array(Name)),
});

/** A provider as genai-prices publishes it, with the members that prices follow from. */
export type PublishedProvider = v.InferInput<typeof ProviderSchema>;

function rateOf(price: v.InferInput<typeof Price>): Rate {
  if (typeof price === "number") return price;
  const tiers = price.tiers.map((tier) => ({ above: tier.start, price: tier.price }));
  return { base: price.base, tiers: tiers.sort((left, right) => left.above - right.above) };
}

function ratesOf(prices: v.InferInput<typeof Prices>): RateCard {
  const known = Object.entries(prices).flatMap(([name, price]) => {
    const rateName = RATE_NAMES[name];
    return rateName === undefined || price === undefined || price === null ? [] : [[rateName, rateOf(price)] as const];
  });
  return Object.fromEntries(known);
}

function secondsOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time
    .replace(/Z|\+00:00/, "")
    .split(":")
    .map(Number);
  return hours * 3600 + minutes * 60 + seconds;
}

function cardOf(
  prices: v.InferInput<typeof Prices>,
  constraint: v.InferInput<typeof Constraint> | null | undefined,
): DatedCard {
  const rates = ratesOf(prices);
  if (constraint === undefined || constraint === null) return { rates };
  if ("start_date" in constraint) return { rates, from: constraint.start_date };
  return { rates, window: [secondsOf(constraint.start_time), secondsOf(constraint.end_time)] };
}

function cardsOf({ id, prices }: PublishedProvider["models"][number]): readonly DatedCard[] {
  if (Array.isArray(prices)) return prices.map((each) => cardOf(each.prices, each.constraint));
  const isFree = Object.keys(prices).length === 0 && id.endsWith(":free");
  return [isFree ? { rates: { input: 0, output: 0 } } : cardOf(prices, undefined)];
}

/** Null for a model that is not priced by tokens (audio by the hour, pages, messages), or not at all. */
function pricedModel(model: PublishedProvider["models"][number]): PricedModel | null {
  const cards = cardsOf(model);
  const isByToken = cards.every(({ rates }) => rates.input !== undefined || rates.output !== undefined);
  if (!isByToken) return null;
  const isPlainMatch = "equals" in model.match && model.match.equals === model.id;
  return {
    id: model.id,
    ...(isPlainMatch ? {} : { match: model.match }),
    cards,
    ...(typeof model.context_window === "number" ? { contextTokens: model.context_window } : {}),
  };
}

/** A provider of genai-prices in our shape; the models keep their order, since the first match wins. */
export function pricedProvider(provider: PublishedProvider): PricedProvider {
  const models = provider.models.map(pricedModel).filter((model) => model !== null);
  const fallbacks = provider.fallback_model_providers ?? [];
  return { models, ...(fallbacks.length === 0 ? {} : { fallbacks }) };
}

/**
 * Reads the data file that genai-prices publishes: a list of providers with models, match rules and prices. Members that
 * no price follows from may be anything; a wrong one that does refuses the whole file, since half a table is no table.
 */
export function readGenaiPrices(json: unknown): Result<Readonly<Record<string, PricedProvider>>, string> {
  const parsed = v.safeParse(v.array(ProviderSchema), json);
  if (!parsed.success) return failure(schemaProblem(parsed.issues[0]));
  return success(Object.fromEntries(parsed.output.map((provider) => [provider.id, pricedProvider(provider)])));
}
