import * as v from "valibot";
import type { Rate, RateCard } from "../../core/price.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { serviceTierOf } from "../../core/usage.ts";
import type { CatalogueModel } from "../../host/prices/catalogue.ts";
import { Amount, Count, Name, schemaProblem } from "./checked.ts";

/** Ids of a catalogue that Lodestar's price data spells otherwise. */
const OUR_IDS: Readonly<Record<string, string>> = {
  "openai-native": "openai",
  gemini: "google",
  moonshot: "moonshotai",
  xai: "x-ai",
  bedrock: "aws",
  "amazon-bedrock": "aws",
  vertex: "google-vertex",
  ollama: "ollama-cloud",
  "vercel-ai-gateway": "vercel",
  "fireworks-ai": "fireworks",
  togetherai: "together",
};

/** Models that their provider gives away, whatever a name says. Source: docs.z.ai/guides/overview/pricing. */
const GIVEN_AWAY = new Set(["glm-4.5-flash", "glm-4.7-flash"]);

/** A provider's id of a catalogue as Lodestar's price data spells it. */
export function ourId(id: string): string {
  return OUR_IDS[id] ?? id;
}

const Costs = {
  input: v.optional(Amount),
  output: v.optional(Amount),
  cache_read: v.optional(Amount),
  /** Some of its files spell cache prices wrongly; read strictly they would be lost. */
  cache_input: v.optional(Amount),
  cached_input: v.optional(Amount),
  cache_write: v.optional(Amount),
  cached_write: v.optional(Amount),
  reasoning: v.optional(Amount),
  input_audio: v.optional(Amount),
  output_audio: v.optional(Amount),
};
const Cost = v.object(Costs);
const Tier = v.object({ ...Costs, tier: v.object({ size: Count }) });

const Model = v.object({
  id: Name,
  reasoning: v.optional(v.boolean()),
  tool_call: v.optional(v.boolean()),
  modalities: v.optional(v.object({ input: v.array(v.string()) })),
  limit: v.optional(v.object({ context: v.optional(Count), output: v.optional(Count) })),
  cost: v.optional(v.object({ ...Costs, tiers: v.optional(v.array(Tier)), context_over_200k: v.optional(Cost) })),
  experimental: v.optional(
    v.object({
      modes: v.optional(
        v.record(
          v.string(),
          v.object({
            cost: v.optional(Cost),
            provider: v.optional(v.object({ body: v.optional(v.record(v.string(), v.unknown())) })),
          }),
        ),
      ),
    }),
  ),
});
const Providers = v.record(Name, v.object({ models: v.record(Name, Model) }));
/** The published file is the providers alone; a dated copy may name its day beside them. */
const Dated = v.object({ date: v.pipe(v.string(), v.isoDate()), providers: Providers });

/** A model as models.dev writes it, with the members that matter here. */
export type RawModel = v.InferOutput<typeof Model>;
type RawCost = v.InferOutput<typeof Cost>;
type FlatRates = { -readonly [Name in Exclude<keyof RateCard, "serviceTiers">]?: number };

/** What the catalogue brings: models by the provider's id in our price data, and the day that the file names, if it does. */
export interface ModelsDev {
  readonly date: string | null;
  readonly providers: Readonly<Record<string, readonly CatalogueModel[]>>;
}

/** A cost's rates under our names. */
function flatRates(cost: RawCost): FlatRates {
  const rates = {
    input: cost.input,
    output: cost.output,
    cacheRead: cost.cache_read ?? cost.cache_input ?? cost.cached_input,
    cacheWrite5m: cost.cache_write ?? cost.cached_write,
    outputReasoning: cost.reasoning,
    inputAudio: cost.input_audio,
    outputAudio: cost.output_audio,
  };
  return Object.fromEntries(Object.entries(rates).filter(([, rate]) => rate !== undefined));
}

/**
 * Rates that can be believed: 0/0 stands for free tiers and plans there, which is no price, unless the model is known to be
 * given away; a cached token that costs more than a fresh one is a slip of the source.
 */
export function soundRates<Rates extends { input?: number; output?: number; cacheRead?: number }>(
  id: string,
  rates: Rates,
): Rates | undefined {
  const { input, output, cacheRead } = rates;
  if (input === undefined || output === undefined) return undefined;
  const isFree = /[:-]free$/.test(id) || GIVEN_AWAY.has(id);
  if (input + output === 0 && !isFree) return undefined;
  if (cacheRead === undefined || cacheRead <= input) return rates;
  const { cacheRead: _, ...others } = rates;
  return others as Rates;
}

/** Base rates with the steps by the size of the input: of `tiers`, else of the older member for 200,000 tokens. */
function tieredRates(base: FlatRates, cost: NonNullable<RawModel["cost"]>): RateCard {
  const over200k = cost.context_over_200k;
  const steps = cost.tiers ?? (over200k === undefined ? [] : [{ ...over200k, tier: { size: 200_000 } }]);
  const ordered = steps.toSorted((left, right) => left.tier.size - right.tier.size);
  const rates = Object.entries(base).map(([name, price]): [string, Rate] => {
    const tiers = ordered.flatMap((step) => {
      const reached = flatRates(step)[name as keyof FlatRates];
      return reached === undefined ? [] : [{ above: step.tier.size, price: reached }];
    });
    return [name, tiers.length === 0 ? price : { base: price, tiers }];
  });
  return Object.fromEntries(rates);
}

/** Cards of modes that the reply names as a service tier: OpenAI's `service_tier`, Anthropic's `speed`. */
function tierCards({ id, experimental }: RawModel): Pick<RateCard, "serviceTiers"> {
  const cards = Object.values(experimental?.modes ?? {}).flatMap(({ cost, provider }) => {
    const named = provider?.body?.service_tier ?? provider?.body?.speed;
    const { serviceTier } = serviceTierOf(typeof named === "string" ? named : undefined);
    const rates = cost === undefined ? undefined : soundRates(id, flatRates(cost));
    return serviceTier === undefined || rates === undefined ? [] : [[serviceTier, rates] as const];
  });
  return cards.length === 0 ? {} : { serviceTiers: Object.fromEntries(cards) };
}

/** A model of models.dev in our shape, without rates where it has none that can be believed. */
export function catalogueModel(model: RawModel): CatalogueModel {
  const { id, limit, cost, modalities } = model;
  const contextTokens = limit?.context || null;
  const output = limit?.output || null;
  const base = cost === undefined ? undefined : soundRates(id, flatRates(cost));
  return {
    id,
    contextTokens,
    maxOutputTokens: output !== null && contextTokens !== null && output > contextTokens ? null : output,
    canUseTools: model.tool_call === true,
    canReadImages: modalities?.input.includes("image") === true,
    canReason: model.reasoning === true,
    ...(base === undefined || cost === undefined ? {} : { rates: { ...tieredRates(base, cost), ...tierCards(model) } }),
  };
}

/** Reads the file that models.dev publishes: providers with models, their cost, limits and abilities. */
export function readModelsDev(json: unknown): Result<ModelsDev, string> {
  if (Array.isArray(json)) return failure("the whole is a list");
  const isDated = typeof json === "object" && json !== null && "providers" in json && "date" in json;
  const parsed = v.safeParse(isDated ? Dated : Providers, json);
  if (!parsed.success) return failure(schemaProblem(parsed.issues[0]));
  // The schemas differ in that one member, by which they were chosen.
  const dated = (isDated ? parsed.output : { date: null, providers: parsed.output }) as v.InferOutput<typeof Dated>;
  const providers = Object.entries(dated.providers).map(
    ([id, { models }]) => [ourId(id), Object.values(models).map(catalogueModel)] as const,
  );
  return success({ date: dated.date, providers: Object.fromEntries(providers) });
}
