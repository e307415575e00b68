import { type ClientError, refusal } from "../../core/fault.ts";
import { fnv1a } from "../../core/fnv.ts";
import type { JsonObject } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { timestamp } from "./line.ts";

/** What a client can be told about a model, wherever it runs. What is unknown is absent. */
export interface CatalogueModel {
  /** The name by which Lodestar answers for it, e.g. `anthropic/claude-opus-5` or an alias. */
  readonly name: string;
  readonly capabilities: readonly ModelCapability[];
  readonly contextLength?: number;
  readonly family?: string;
  /** As people write it, e.g. `7.6B`. */
  readonly parameterSize?: string;
  readonly quantization?: string;
  readonly sizeBytes?: number;
  /** 64 hexadecimal digits; absent: derived from the name. */
  readonly digest?: string;
  readonly modifiedAtMs?: number;
  /** What it costs, beside what Ollama itself says of a model. */
  readonly pricing?: JsonObject;
}

/** Ollama's own words for what a model can do. */
export type ModelCapability = "completion" | "tools" | "vision" | "thinking" | "insert" | "embedding";

/** A model that lies in memory. */
export interface LoadedModel extends CatalogueModel {
  readonly sizeVramBytes: number;
  readonly expiresAtMs: number;
}

/** A stable stand-in for a digest, since clients cut its first 12 digits off and key their caches by it. Not a checksum. */
function digestOf(model: CatalogueModel): string {
  if (model.digest !== undefined) return model.digest;
  return Array.from({ length: 8 }, (_, index) => fnv1a(`${index}:${model.name}`).toString(16).padStart(8, "0")).join(
    "",
  );
}

function familyOf(model: CatalogueModel): string {
  return model.family ?? "lodestar";
}

function detailsOf(model: CatalogueModel): JsonObject {
  const family = familyOf(model);
  return {
    parent_model: "",
    format: "gguf",
    family,
    families: [family],
    parameter_size: model.parameterSize ?? "",
    quantization_level: model.quantization ?? "",
  };
}

function pricingOf({ pricing }: CatalogueModel): JsonObject {
  return pricing === undefined ? {} : { pricing };
}

function entryOf(model: CatalogueModel): JsonObject {
  return {
    name: model.name,
    model: model.name,
    size: model.sizeBytes ?? 0,
    digest: digestOf(model),
    details: detailsOf(model),
    ...pricingOf(model),
  };
}

/** The body of `GET /api/tags`. */
export function tagsReply(models: readonly CatalogueModel[]): JsonObject {
  return {
    models: models.map((model) => ({ ...entryOf(model), modified_at: timestamp(model.modifiedAtMs ?? 0) })),
  };
}

/** The body of `GET /api/ps`. */
export function psReply(models: readonly LoadedModel[]): JsonObject {
  return {
    models: models.map((model) => ({
      ...entryOf(model),
      expires_at: timestamp(model.expiresAtMs),
      size_vram: model.sizeVramBytes,
      ...(model.contextLength === undefined ? {} : { context_length: model.contextLength }),
    })),
  };
}

/** Older clients find out by the template, not by `capabilities`, whether a model takes tools or a suffix. */
function templateOf({ capabilities }: CatalogueModel): string {
  const tools = capabilities.includes("tools") ? "{{ .Tools }}" : "";
  const suffix = capabilities.includes("insert") ? "{{ .Suffix }}" : "";
  return `{{ .System }}${tools}{{ .Prompt }}${suffix}`;
}

/** The body of `POST /api/show`: clients read the context length under the family's name in `model_info`. */
export function showReply(model: CatalogueModel): JsonObject {
  const family = familyOf(model);
  const { contextLength } = model;
  return {
    modelfile: `# ${model.name}, served through Lodestar\n`,
    parameters: contextLength === undefined ? "" : `num_ctx                        ${contextLength}`,
    template: templateOf(model),
    details: detailsOf(model),
    model_info: {
      "general.architecture": family,
      "general.basename": model.name,
      ...(contextLength === undefined ? {} : { [`${family}.context_length`]: contextLength }),
    },
    capabilities: [...model.capabilities],
    modified_at: timestamp(model.modifiedAtMs ?? 0),
    ...pricingOf(model),
  };
}

/** The body of `GET /api/version`. Clients compare it, so that it must be a version of Ollama whose API is spoken here. */
export function versionReply(version: string): JsonObject {
  return { version };
}

/** Which model a body of `POST /api/show` means: `model`, or `name` as older clients say. */
export function decodeShowRequest(body: JsonObject): Result<string, ClientError> {
  const name = [body.model, body.name].find((value) => typeof value === "string" && value !== "");
  if (typeof name === "string") return success(name);
  return failure(refusal("invalid_type", "`model` is required: name the model to show", { param: "model" }));
}
