import { findProvider, type ModelInfo, type ModelPrice, type Provider } from "@pydantic/genai-prices";
import packageFile from "../../package.json" with { type: "json" };
import type { Rate, RateCard } from "../../src/core/price.ts";
import type { DatedCard, PriceData, PricedModel, PricedProvider } from "../../src/host/price-data.ts";
import type { GeneratedFile } from "./providers.ts";

/** Day on which the pinned version appeared, from the npm registry: the package does not say itself. */
const RELEASE_DAYS: Readonly<Record<string, string>> = {
  "@pydantic/genai-prices 0.1.8": "2026-09-23",
};

/** Providers by their id in genai-prices. */
const PROVIDERS = (
  "alibaba anthropic aws azure cerebras cohere deepinfra deepseek fireworks github-models google groq huggingface " +
  "huggingface_cerebras huggingface_fireworks-ai huggingface_groq huggingface_hyperbolic huggingface_nebius " +
  "huggingface_novita huggingface_nscale huggingface_ovhcloud huggingface_publicai huggingface_sambanova " +
  "huggingface_together minimax mistral moonshotai nvidia openai openrouter perplexity together x-ai zai"
).split(" ");

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

function rateOf(price: NonNullable<ModelPrice[string]>): Rate {
  if (typeof price === "number") return price;
  const tiers = price.tiers.map((tier) => ({ above: tier.start, price: tier.price }));
  return { base: price.base, tiers: tiers.sort((left, right) => left.above - right.above) };
}

function ratesOf(prices: ModelPrice): RateCard {
  const known = Object.entries(prices).flatMap(([name, price]) => {
    const rateName = RATE_NAMES[name];
    return rateName === undefined || price === undefined ? [] : [[rateName, rateOf(price)] as const];
  });
  return Object.fromEntries(known);
}

function secondsOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.replace("Z", "").split(":").map(Number);
  return hours * 3600 + minutes * 60 + seconds;
}

/** The published data leaves out `type`, which the package adds. */
type Constraint =
  | { readonly start_date: string }
  | { readonly start_time: string; readonly end_time: string }
  | undefined;

function cardOf(prices: ModelPrice, constraint: Constraint): DatedCard {
  const rates = ratesOf(prices);
  if (constraint === undefined || constraint === null) return { rates };
  if ("start_date" in constraint) return { rates, from: constraint.start_date };
  return { rates, window: [secondsOf(constraint.start_time), secondsOf(constraint.end_time)] };
}

function cardsOf(model: ModelInfo): readonly DatedCard[] {
  if (Array.isArray(model.prices)) return model.prices.map(({ prices, constraint }) => cardOf(prices, constraint));
  const isFree = Object.keys(model.prices).length === 0 && model.id.endsWith(":free");
  return [isFree ? { rates: { input: 0, output: 0 } } : cardOf(model.prices, undefined)];
}

/** Null for a model that is not priced by tokens (audio by the hour, pages, messages), or not at all. */
function pricedModel(model: ModelInfo): PricedModel | null {
  const cards = cardsOf(model);
  const isByToken = cards.every(({ rates }) => rates.input !== undefined || rates.output !== undefined);
  if (!isByToken) return null;
  const isPlainMatch = "equals" in model.match && model.match.equals === model.id;
  return {
    id: model.id,
    ...(isPlainMatch ? {} : { match: model.match }),
    cards,
    ...(model.context_window === undefined ? {} : { contextTokens: model.context_window }),
  };
}

/** A provider of genai-prices in our shape; the models keep their order, since the first match wins. */
export function pricedProvider(provider: Provider): PricedProvider {
  const models = provider.models.map(pricedModel).filter((model) => model !== null);
  const fallbacks = provider.fallback_model_providers ?? [];
  return { models, ...(fallbacks.length === 0 ? {} : { fallbacks }) };
}

/** Empty for a provider that is in the catalogue alone. */
function providerOf(id: string): PricedProvider {
  const found = findProvider({ providerId: id });
  return found?.id === id ? pricedProvider(found) : { models: [] };
}

function sourceOf(name: keyof typeof packageFile.devDependencies): { readonly source: string; readonly date: string } {
  const version = packageFile.devDependencies[name];
  const date = RELEASE_DAYS[`${name} ${version}`];
  if (date === undefined)
    throw new Error(`${name} ${version}: add its release day to RELEASE_DAYS (npm view ${name} time)`);
  return { source: `${name.replace(/^@pydantic\//, "").replace(/^@/, "")} ${version}`, date };
}

/** One line a model, so that a change of prices is a readable diff. */
function textOf(data: PriceData): string {
  const list = (values: readonly object[]): string =>
    `[\n${values.map((value) => JSON.stringify(value)).join(",\n")}\n]`;
  const providers = Object.entries(data.providers).map(([id, { models, fallbacks = [] }]) => {
    const parts = [`"fallbacks":${JSON.stringify(fallbacks)}`, `"models":${list(models)}`];
    return `${JSON.stringify(id)}:{${parts.join(",")}}`;
  });
  const { providers: _, ...head } = data;
  return `${JSON.stringify(head).slice(0, -1)},"providers":{\n${providers.join(",\n")}\n}}`;
}

/** The bundled price table, from the pinned packages: the same packages give the same bytes. */
export function generatePrices(): readonly GeneratedFile[] {
  const text = textOf({
    ...sourceOf("@pydantic/genai-prices"),
    providers: Object.fromEntries(PROVIDERS.map((id) => [id, providerOf(id)])),
  });
  if (/`|\$\{/.test(text)) throw new Error("the price data cannot stand in a template literal");
  const lines = [
    "// Generated by `bun run generate` from @pydantic/genai-prices (MIT). Do not edit.",
    "",
    "/** JSON text of a `PriceData`, see price-data.ts. */",
    `export const PRICE_DATA_JSON = String.raw\`${text}\`;`,
    "",
  ];
  return [{ path: "src/host/price-data.gen.ts", text: lines.join("\n") }];
}
