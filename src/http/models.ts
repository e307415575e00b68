import { isCloudModel } from "../core/cloud-model.ts";
import type { Directory } from "../core/directory.ts";
import { BUILT_IN_ALIASES, CHOICE_NAMES } from "../core/expand.ts";
import type { JsonObject } from "../core/json.ts";
import type { Rate } from "../core/price.ts";
import type { Caller } from "../gateway/call.ts";
import type { LocalModels } from "../gateway/local-models.ts";
import type { ModelFacts, PriceBook } from "../host/prices/prices.ts";
import type { ApiContext } from "./api-context.ts";

/** One name that a client may ask for. */
export interface ListedModel {
  readonly id: string;
  readonly provider: string | null;
  readonly facts: ModelFacts | null;
  /** USD per million tokens; null when unknown or not one model. */
  readonly inputUsd: number | null;
  readonly outputUsd: number | null;
  readonly isLocal: boolean;
  /** It makes images; absent where nothing is known of it. */
  readonly canDraw?: boolean;
}

function flat(rate: Rate | undefined): number | null {
  if (rate === undefined) return null;
  return typeof rate === "number" ? rate : rate.base;
}

/** What the names of a listing are described from. */
export interface ModelSources {
  readonly directory: Directory;
  readonly prices: PriceBook;
  readonly local: Pick<LocalModels, "factsOf">;
  /** Unix ms: prices change. */
  readonly nowMs: number;
}

/** A name that is no provider's: one that stands for a single model has that model's facts and prices. */
function choice(id: string, target: ListedModel | undefined): ListedModel {
  const { facts = null, inputUsd = null, outputUsd = null, isLocal = false } = target ?? {};
  return { id, provider: null, facts, inputUsd, outputUsd, isLocal };
}

/** Every name that can be asked for: choices, aliases that lead somewhere, and each provider's models as `provider/model`. */
export function listModels({ directory, prices, local, nowMs }: ModelSources): readonly ListedModel[] {
  const configured = new Set(directory.sources.map((source) => source.id));
  const builtIn = Object.entries(BUILT_IN_ALIASES)
    .filter(([, targets]) => targets.some((target) => configured.has(target.split("/")[0] ?? "")))
    .map(([name]) => name);
  const named = new Set([...CHOICE_NAMES, ...Object.keys(directory.aliases), ...builtIn]);
  const models = directory.sources.flatMap((source) =>
    source.models.map((model) => {
      const rates = prices.priceOf(source.id, model, nowMs)?.rates;
      const isLocal = source.isLocal && !isCloudModel(model);
      return {
        id: `${source.id}/${model}`,
        provider: source.id,
        facts: local.factsOf(source.id, model) ?? prices.factsOf(source.id, model),
        inputUsd: isLocal ? 0 : flat(rates?.input),
        outputUsd: isLocal ? 0 : flat(rates?.output),
        isLocal,
        ...(source.isDrawing === true ? { canDraw: true } : {}),
      };
    }),
  );
  const byId = new Map(models.map((model) => [model.id, model]));
  const choices = [...named].map((name) => choice(name, byId.get(directory.aliases[name] ?? "")));
  return [...choices, ...models];
}

function perToken(usdPerMillion: number | null): string | null {
  if (usdPerMillion === null) return null;
  return (usdPerMillion / 1_000_000).toFixed(12).replace(/\.?0+$/, "");
}

/** USD per token as plain decimals, as every dialect's list shows them. */
export function pricingOf(model: ListedModel): JsonObject {
  return { prompt: perToken(model.inputUsd), completion: perToken(model.outputUsd) };
}

/** What a model can do; null where that is unknown. */
export function capabilitiesOf({ facts, canDraw }: ListedModel): JsonObject {
  return {
    tools: facts?.canUseTools ?? null,
    images: facts?.canReadImages ?? null,
    reasoning: facts?.canReason ?? null,
    ...(canDraw === true ? { drawing: true } : {}),
  };
}

/** One model as OpenAI's `/v1/models` shows it, with context, prices (USD per token) and capabilities beside. */
export function openAiModel(model: ListedModel): JsonObject {
  return {
    id: model.id,
    object: "model",
    created: 0,
    owned_by: model.provider ?? "lodestar",
    context_length: model.facts?.contextTokens ?? null,
    max_output_tokens: model.facts?.maxOutputTokens ?? null,
    pricing: pricingOf(model),
    capabilities: capabilitiesOf(model),
  };
}

/**
 * One model as Anthropic's `/v1/models` shows it, prices beside. Its `capabilities` name features of Anthropic's own service,
 * all or none of them: none here, and what is known stands in `lodestar_capabilities`.
 */
export function anthropicModel(model: ListedModel): JsonObject {
  return {
    type: "model",
    id: model.id,
    display_name: model.id,
    created_at: "1970-01-01T00:00:00Z",
    max_input_tokens: model.facts?.contextTokens ?? null,
    max_tokens: model.facts?.maxOutputTokens ?? null,
    capabilities: null,
    pricing: pricingOf(model),
    lodestar_capabilities: capabilitiesOf(model),
  };
}

/** The list in the shape a client expects: Anthropic's when it sends `anthropic-version`, else OpenAI's. */
export function modelsReply(models: readonly ListedModel[], isAnthropic: boolean): JsonObject {
  if (!isAnthropic) return { object: "list", data: models.map(openAiModel) };
  return {
    data: models.map(anthropicModel),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  };
}

/** {@link listModels} of a serving gateway, now, for callers of a project. */
export function listedNow(
  { services, local }: ApiContext,
  { project }: Pick<Caller, "project">,
): readonly ListedModel[] {
  const { prices, clock } = services;
  const directory = services.project(project)?.directory ?? services.directory();
  return listModels({ directory, prices, local, nowMs: clock.now() });
}
