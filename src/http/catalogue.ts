import { refusal } from "../core/fault.ts";
import type { JsonObject } from "../core/json.ts";
import { didYouMean } from "../core/suggest.ts";
import { anthropic } from "../dialects/anthropic/dialect.ts";
import {
  type CatalogueModel,
  decodeShowRequest,
  type ModelCapability,
  psReply,
  showReply,
  tagsReply,
} from "../dialects/ollama/catalogue.ts";
import { ollama } from "../dialects/ollama/dialect.ts";
import { openaiChat } from "../dialects/openai-chat/dialect.ts";
import type { Caller } from "../gateway/call.ts";
import type { ApiContext } from "./api-context.ts";
import type { Arrival } from "./inference.ts";
import { anthropicModel, type ListedModel, listedNow, modelsReply, openAiModel, pricingOf } from "./models.ts";
import { errorResponse } from "./respond.ts";

/** `GET /v1/models` in the shape that the caller expects. */
export function serveModels(request: Request, caller: Caller, context: ApiContext): Response {
  return Response.json(modelsReply(listedNow(context, caller), request.headers.has("anthropic-version")));
}

/** `GET /v1/models/{id}`; the id may hold slashes. */
export function serveModel({ request, requestId }: Arrival, id: string, caller: Caller, context: ApiContext): Response {
  const models = listedNow(context, caller);
  const isAnthropic = request.headers.has("anthropic-version");
  const model = models.find((entry) => entry.id === id);
  if (model !== undefined) return Response.json(isAnthropic ? anthropicModel(model) : openAiModel(model));
  const names = models.map((entry) => entry.id);
  const message = `There is no model "${id}".${didYouMean(id, names)}`;
  const error = refusal("model_not_found", message, { status: 404, type: "not_found_error", param: "model" });
  return errorResponse(isAnthropic ? anthropic : openaiChat, error, requestId);
}

function capabilitiesOf(model: ListedModel): readonly ModelCapability[] {
  const { facts } = model;
  return [
    "completion",
    ...(facts?.canUseTools === false ? [] : (["tools"] as const)),
    ...(facts?.canReadImages === true ? (["vision"] as const) : []),
    ...(facts?.canReason === true ? (["thinking"] as const) : []),
  ];
}

/** A model as Ollama's clients see it; a local one goes by its own short name too, so that nothing changes for them. */
function catalogueOf(model: ListedModel): CatalogueModel {
  const contextLength = model.facts?.contextTokens;
  return {
    name: model.id,
    capabilities: capabilitiesOf(model),
    ...(contextLength === null || contextLength === undefined ? {} : { contextLength }),
    family: model.provider ?? "lodestar",
    pricing: pricingOf(model),
  };
}

function localCatalogue(context: ApiContext): readonly CatalogueModel[] {
  const installed = context.local.stateOf("ollama")?.installed ?? [];
  return installed.map(({ name, sizeBytes, capabilities, contextTokens, family, digest, ...more }) => ({
    name,
    sizeBytes,
    capabilities: capabilities === null ? ["completion"] : (capabilities as readonly ModelCapability[]),
    ...(contextTokens === null ? {} : { contextLength: contextTokens }),
    ...(family === null ? {} : { family }),
    ...(digest === null ? {} : { digest }),
    ...(more.parameterSize === null ? {} : { parameterSize: more.parameterSize }),
    ...(more.quantization === null ? {} : { quantization: more.quantization }),
    ...(more.modifiedAtMs === null ? {} : { modifiedAtMs: more.modifiedAtMs }),
  }));
}

function catalogue(context: ApiContext, caller: Caller): readonly CatalogueModel[] {
  const local = localCatalogue(context);
  const others = listedNow(context, caller)
    .filter((model) => model.provider !== "ollama")
    .map(catalogueOf);
  return [...local, ...others];
}

/** Ollama's `GET /api/tags`: the local models under their own names, everything else under Lodestar's. */
export function serveTags(caller: Caller, context: ApiContext): Response {
  return Response.json(tagsReply(catalogue(context, caller)));
}

/** Ollama's `GET /api/ps`. */
export function servePs(context: ApiContext): Response {
  const loaded = context.local.stateOf("ollama")?.loaded ?? [];
  return Response.json(
    psReply(
      loaded.map((model) => ({
        name: model.name,
        capabilities: ["completion"],
        sizeBytes: model.sizeBytes,
        sizeVramBytes: model.vramBytes,
        expiresAtMs: model.expiresAtMs ?? 0,
        ...(model.contextTokens === null ? {} : { contextLength: model.contextTokens }),
      })),
    ),
  );
}

/** What the local server itself says of a model: of its own names, and of `provider/model` at any Ollama server. */
function cardOf(name: string, { local }: ApiContext): JsonObject | null {
  const slash = name.indexOf("/");
  const [provider, model] = slash < 0 ? ["ollama", name] : [name.slice(0, slash), name.slice(slash + 1)];
  return (local.cardOf(provider, model) ?? local.cardOf("ollama", name))?.body ?? null;
}

/** Ollama's `POST /api/show`; `name` and `model` both name the model. A local one is described in the words of its own server. */
export async function serveShow(
  { request, requestId }: Arrival,
  caller: Caller,
  context: ApiContext,
): Promise<Response> {
  const body = await context.readBody(request);
  if (!body.ok) return errorResponse(ollama, body.error, requestId);
  const name = decodeShowRequest(body.value.json);
  if (!name.ok) return errorResponse(ollama, name.error, requestId);
  const wanted = name.value;
  const card = cardOf(wanted, context);
  if (card !== null) return Response.json(card);
  const models = catalogue(context, caller);
  const bare = wanted.startsWith("ollama/") ? wanted.slice("ollama/".length) : wanted;
  const model = models.find((entry) => entry.name === wanted || entry.name === bare || entry.name === `${bare}:latest`);
  if (model !== undefined) return Response.json(showReply(model));
  const names = models.map((entry) => entry.name);
  const message = `model "${wanted}" not found.${didYouMean(wanted, names)}`;
  const error = refusal("model_not_found", message, { status: 404, type: "not_found_error", param: "model" });
  return errorResponse(ollama, error, requestId);
}

/** Ollama's `GET /api/version`: that of the local server where there is one, since clients switch features by it. */
export function serveVersion(context: ApiContext): Response {
  return Response.json({
    version: context.local.stateOf("ollama")?.version ?? "0.24.0",
    lodestar: context.services.version,
  });
}
