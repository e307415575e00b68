import { refusal } from "../core/fault.ts";
import type { JsonObject } from "../core/json.ts";
import { didYouMean } from "../core/suggest.ts";
import { type GeminiModel, modelReply, modelsReply } from "../dialects/gemini/catalogue.ts";
import { gemini, geminiArray } from "../dialects/gemini/dialect.ts";
import type { Caller } from "../gateway/call.ts";
import type { ApiContext } from "./api-context.ts";
import { type Arrival, serveChat, serveCount, serveEmbeddings } from "./inference.ts";
import { capabilitiesOf, type ListedModel, listedNow, pricingOf } from "./models.ts";
import { canonicalPath, pathOf } from "./path.ts";
import { errorResponse } from "./respond.ts";

const ROOT = /^\/(?:v1|v1beta)\/models\//;

/** What a Gemini URL names: `models/{model}:{method}`, split at the *last* colon, since local models have colons of their own. */
function addressOf(request: Request): { readonly model: string; readonly method: string } {
  const name = canonicalPath(pathOf(request.url)).replace(ROOT, "");
  const colon = name.lastIndexOf(":");
  const model = colon === -1 ? name : name.slice(0, colon);
  return { model: decodeName(model), method: colon === -1 ? "" : name.slice(colon + 1) };
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const METHODS = ["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents"];

/** `POST /v1beta/models/{model}:{method}` (and below `/v1`, where the newest SDKs post): every method of Gemini's that is served. */
export function serveGemini(arrival: Arrival, context: ApiContext): Response | Promise<Response> {
  const { model, method } = addressOf(arrival.request);
  const isSse = new URL(arrival.request.url).searchParams.get("alt") === "sse";
  switch (method) {
    case "generateContent":
      return serveChat(arrival, gemini, context, { model, isStream: false });
    case "streamGenerateContent":
      return serveChat(arrival, isSse ? gemini : geminiArray, context, { model, isStream: true });
    case "countTokens":
      return serveCount(arrival, gemini, context, model);
    case "embedContent":
    case "batchEmbedContents":
      return serveEmbeddings(arrival, gemini, context, model);
    default: {
      const message = `There is no method "${method}" of a model here.${didYouMean(method, METHODS)} It is one of ${METHODS.join(", ")}.`;
      return errorResponse(
        gemini,
        refusal("method_not_found", message, { status: 404, type: "not_found_error" }),
        arrival.requestId,
      );
    }
  }
}

function geminiModel({ id, facts }: ListedModel): GeminiModel {
  const input = facts?.contextTokens ?? null;
  const output = facts?.maxOutputTokens ?? null;
  const canThink = facts?.canReason ?? null;
  return {
    name: id,
    ...(input === null ? {} : { inputTokenLimit: input }),
    ...(output === null ? {} : { outputTokenLimit: output }),
    ...(canThink === null ? {} : { canThink }),
  };
}

/** In Gemini's shape, with prices and capabilities beside. */
function shown(model: ListedModel): JsonObject {
  return { ...modelReply(geminiModel(model)), pricing: pricingOf(model), capabilities: capabilitiesOf(model) };
}

/** `GET /v1beta/models`, page by page. */
export function serveGeminiModels({ request }: Arrival, caller: Caller, context: ApiContext): Response {
  const { searchParams } = new URL(request.url);
  const page = { pageSize: searchParams.get("pageSize"), pageToken: searchParams.get("pageToken") };
  return Response.json(modelsReply(listedNow(context, caller).map(shown), page));
}

/** `GET /v1beta/models/{model}`. */
export function serveGeminiModel({ request, requestId }: Arrival, caller: Caller, context: ApiContext): Response {
  const name = decodeName(canonicalPath(pathOf(request.url)).replace(ROOT, ""));
  const models = listedNow(context, caller);
  const model = models.find((entry) => entry.id === name);
  if (model !== undefined) return Response.json(shown(model));
  const message = `There is no model "${name}".${didYouMean(
    name,
    models.map((entry) => entry.id),
  )}`;
  return errorResponse(
    gemini,
    refusal("model_not_found", message, { status: 404, type: "not_found_error" }),
    requestId,
  );
}
