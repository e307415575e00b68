import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";

/** A model as a client's settings can describe it. Prices in USD per token, null when unknown. */
export interface CatalogueModel {
  readonly id: string;
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  readonly inputUsd: number | null;
  readonly outputUsd: number | null;
  readonly canUseTools: boolean | null;
  readonly canReadImages: boolean | null;
  readonly canReason: boolean | null;
}

function numberOf(value: JsonValue | undefined): number | null {
  if (value === undefined || value === null || value === "") return null;
  const number = Number(value);
  return Number.isFinite(number) && number >= 0 ? number : null;
}

function flagOf(value: JsonValue | undefined): boolean | null {
  return typeof value === "boolean" ? value : null;
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function modelOf(entry: JsonValue): CatalogueModel | null {
  if (!isJsonObject(entry) || typeof entry.id !== "string") return null;
  const pricing = objectOf(entry.pricing);
  const can = objectOf(entry.capabilities);
  const isFree = entry.id === "free";
  return {
    id: entry.id,
    contextTokens: numberOf(entry.context_length),
    maxOutputTokens: numberOf(entry.max_output_tokens),
    inputUsd: isFree ? 0 : numberOf(pricing.prompt),
    outputUsd: isFree ? 0 : numberOf(pricing.completion),
    canUseTools: flagOf(can.tools),
    canReadImages: flagOf(can.images),
    canReason: flagOf(can.reasoning),
  };
}

/** The models of a `GET /v1/models` reply in OpenAI's shape; what is not one is left out. */
export function readCatalogue(reply: JsonValue | undefined): readonly CatalogueModel[] {
  const data = isJsonObject(reply) && Array.isArray(reply.data) ? reply.data : [];
  return data.flatMap((entry) => modelOf(entry) ?? []);
}

/** The entry of a model, if the catalogue has it. */
export function findModel(models: readonly CatalogueModel[], id: string | null): CatalogueModel | null {
  return models.find((model) => model.id === id) ?? null;
}

/** USD per million tokens, as most clients want prices, without the noise of binary fractions. */
export function perMillion(usdPerToken: number): number {
  return Number((usdPerToken * 1_000_000).toPrecision(12));
}
