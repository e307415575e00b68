import { Hono } from "hono";
import { type ClientError, refusal } from "../core/fault.ts";
import type { Result } from "../core/result.ts";
import { didYouMean } from "../core/suggest.ts";
import { anthropic } from "../dialects/anthropic/dialect.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { gemini } from "../dialects/gemini/dialect.ts";
import { ollama, ollamaGenerate } from "../dialects/ollama/dialect.ts";
import { ollamaLegacy } from "../dialects/ollama/legacy.ts";
import { openaiChat } from "../dialects/openai-chat/dialect.ts";
import { openaiResponses } from "../dialects/openai-responses/dialect.ts";
import type { Caller } from "../gateway/call.ts";
import { generation, keyReport } from "./account.ts";
import type { ApiContext } from "./api-context.ts";
import { serveModel, serveModels, servePs, serveShow, serveTags, serveVersion } from "./catalogue.ts";
import { serveCompletions } from "./completions.ts";
import { insteadOf } from "./elsewhere.ts";
import { serveFeedback } from "./feedback.ts";
import { serveGemini, serveGeminiModel, serveGeminiModels } from "./gemini.ts";
import { serveImages } from "./images.ts";
import { type Arrival, serveChat, serveCount, serveEmbeddings } from "./inference.ts";
import { identifyAt } from "./open-call.ts";
import { canonicalPath, pathOf } from "./path.ts";
import { errorResponse } from "./respond.ts";
import { serveDeleteResponse, serveGetResponse, serveInputItems, servePostResponse } from "./responses.ts";
import { forStubbornClient } from "./stubborn-clients.ts";

/** What the server hands in beside the request: the peer's address. */
export interface Peer {
  readonly address: string;
}

type Handler = (arrival: Arrival, context: ApiContext) => Response | Promise<Response>;

/** Every route of the API port. By hand and in one place, because it is the security surface. */
const ROUTES: readonly (readonly [method: "GET" | "POST" | "HEAD" | "DELETE", path: string, handler: Handler])[] = [
  ["POST", "/v1/chat/completions", (arrival, context) => serveChat(arrival, openaiChat, context)],
  ["POST", "/v1/completions", serveCompletions],
  ["POST", "/v1/responses", servePostResponse],
  ["GET", "/v1/responses", ({ requestId }) => refuseWebSocket(requestId)],
  ["GET", "/v1/responses/:id", serveGetResponse],
  ["DELETE", "/v1/responses/:id", serveDeleteResponse],
  ["GET", "/v1/responses/:id/input_items", serveInputItems],
  ["POST", "/v1beta/models/:model{.+}", (arrival, context) => serveGemini(arrival, context)],
  ["POST", "/v1/models/:model{.+}", (arrival, context) => serveGemini(arrival, context)],
  ["GET", "/v1beta/models", keyed(serveGeminiModels)],
  ["GET", "/v1beta/models/:model{.+}", keyed(serveGeminiModel)],
  ["POST", "/v1/embeddings", (arrival, context) => serveEmbeddings(arrival, openaiChat, context)],
  ["POST", "/v1/images/generations", serveImages],
  ["POST", "/v1/messages", (arrival, context) => serveChat(arrival, anthropic, context)],
  ["POST", "/v1/messages/count_tokens", (arrival, context) => serveCount(arrival, anthropic, context)],
  ["POST", "/api/chat", (arrival, context) => serveChat(arrival, ollama, context)],
  ["POST", "/api/generate", (arrival, context) => serveChat(arrival, ollamaGenerate, context)],
  ["POST", "/api/embed", (arrival, context) => serveEmbeddings(arrival, ollama, context)],
  ["POST", "/api/embeddings", (arrival, context) => serveEmbeddings(arrival, ollamaLegacy, context)],
  ["GET", "/v1/models", keyed(modelList)],
  ["GET", "/v1/models/:model{.+}", keyed(oneModel)],
  ["GET", "/api/tags", keyed((_, caller, context) => serveTags(caller, context))],
  ["GET", "/api/ps", keyed((_arrival, _caller, context) => servePs(context))],
  ["POST", "/api/show", keyed(serveShow)],
  ["GET", "/api/version", (_, context) => serveVersion(context)],
  ["GET", "/v1/generation", (arrival, context) => own(arrival, context, generation)],
  ["POST", "/v1/feedback", (arrival, context) => own(arrival, context, serveFeedback)],
  ["GET", "/v1/key", (arrival, context) => own(arrival, context, keyReport)],
  ["GET", "/livez", () => new Response("ok\n")],
  [
    "GET",
    "/readyz",
    (_, context) => (context.isReady() ? new Response("ready\n") : new Response("not ready\n", { status: 503 })),
  ],
  ["GET", "/", () => new Response("Ollama is running: this is Lodestar, and the models are at /v1/models.\n")],
  ["GET", "/api/hello", () => new Response("ok\n")],
];

/** `GET /v1/models` has three shapes: Gemini's for its key header, Anthropic's for its version header, else OpenAI's. */
function modelList(arrival: Arrival, caller: Caller, context: ApiContext): Response {
  const isGemini = arrival.request.headers.has("x-goog-api-key");
  return isGemini ? serveGeminiModels(arrival, caller, context) : serveModels(arrival.request, caller, context);
}

/** As {@link modelList}, of one model. */
function oneModel(arrival: Arrival, caller: Caller, context: ApiContext): Response {
  const { request } = arrival;
  if (request.headers.has("x-goog-api-key")) return serveGeminiModel(arrival, caller, context);
  return serveModel(arrival, modelIdOf(request), caller, context);
}

/** Codex tries a WebSocket first; told 426 it posts at once, told anything else it tries seven times. */
function refuseWebSocket(requestId: string): Response {
  const message = "Responses are served over HTTP: POST to this path.";
  const error = refusal("upgrade_required", message, { status: 426 });
  return errorResponse(openaiResponses, error, requestId, { allow: "POST" });
}

/** For callers with a key, once keys exist; what asks a model or reports on a key checks by itself. */
function keyed(
  handler: (arrival: Arrival, caller: Caller, context: ApiContext) => Response | Promise<Response>,
): Handler {
  return (arrival, context) => {
    const caller = identifyAt(arrival.peer, arrival.request, context);
    if (caller.ok) return handler(arrival, caller.value, context);
    return errorResponse(dialectOf(canonicalPath(pathOf(arrival.request.url))), caller.error, arrival.requestId);
  };
}

/** As the path names it: what is no percent-encoding is taken for the name itself. */
function modelIdOf(request: Request): string {
  const name = canonicalPath(pathOf(request.url)).slice("/v1/models/".length);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** An endpoint of Lodestar's own: JSON, errors in OpenAI's envelope. */
async function own(
  { request, requestId, peer }: Arrival,
  context: ApiContext,
  handle: (request: Request, caller: Caller, context: ApiContext) => Promise<Result<object, ClientError>>,
): Promise<Response> {
  const caller = identifyAt(peer, request, context);
  const result = caller.ok ? await handle(request, caller.value, context) : caller;
  return result.ok ? Response.json(result.value) : errorResponse(openaiChat, result.error, requestId);
}

/** The dialect whose envelope a path's clients understand. */
function dialectOf(path: string): Dialect {
  if (path.startsWith("/api/")) return ollama;
  if (path.startsWith("/v1beta/")) return gemini;
  if (path.startsWith("/v1/responses")) return openaiResponses;
  return path.startsWith("/v1/messages") ? anthropic : openaiChat;
}

/** No route has this path, or none has it with this method: then `allow` says which ones it has (RFC 9110 section 15.5.6). */
function notFound(method: string, path: string, requestId: string): Response {
  const dialect = dialectOf(path);
  const allowed = ROUTES.filter(([, route]) => route === path).map(([known]) => known);
  if (allowed.length > 0) {
    const message = `${path} takes ${allowed.join(" or ")}, not ${method}.`;
    const error = refusal("method_not_allowed", message, { status: 405 });
    return errorResponse(dialect, error, requestId, { allow: allowed.join(", ") });
  }
  const paths = ROUTES.map(([, route]) => route).filter((route) => !route.includes(":"));
  const advice = insteadOf(path) ?? `${didYouMean(path, paths).trim()} The base URL for OpenAI clients ends in /v1.`;
  const message = `There is no ${method} ${path} here. ${advice.trim()}`;
  const error = refusal("route_not_found", message, { status: 404, type: "not_found_error" });
  return errorResponse(dialect, error, requestId);
}

/** What a request brings with it into the app. */
interface Bindings {
  readonly requestId: string;
  readonly address: string;
}

/** The routes as a Hono app. What no route has, and every bug, is answered in the envelope of the caller's dialect. */
function createApiApp(context: ApiContext): Hono<{ Bindings: Bindings }> {
  const app = new Hono<{ Bindings: Bindings }>({ getPath: (request) => canonicalPath(pathOf(request.url)) });
  for (const [method, path, handler] of ROUTES) {
    app.on(method, path, (c) =>
      handler({ request: c.req.raw, requestId: c.env.requestId, peer: c.env.address }, context),
    );
  }
  app.notFound((c) => notFound(c.req.method, c.req.path, c.env.requestId));
  app.onError((error, c) => {
    const { requestId } = c.env;
    context.services.log.write("error", "a request broke", { requestId, path: c.req.path, stack: error.stack });
    const message = "Lodestar met a bug of its own; the log has the details under this request id.";
    const broken = refusal("internal", message, { status: 500, type: "internal_error" });
    return errorResponse(dialectOf(c.req.path), { ...broken, shouldRetry: true }, requestId);
  });
  return app;
}

/**
 * The whole API port: admission first, then the routes, then headers for allowed browsers. A request has one id, whatever
 * becomes of it. `context` is made once: what a reload changes, it asks for at each request.
 */
export function createApiHandler(context: ApiContext): (request: Request, peer: Peer) => Promise<Response> {
  const app = createApiApp(context);
  return async (request, { address }) => {
    const requestId = context.mintRequestId();
    const admission = context.admit(request);
    if (admission.kind === "preflight")
      return new Response(null, { status: admission.status, headers: admission.headers });
    if (admission.kind === "refused") {
      return errorResponse(dialectOf(canonicalPath(pathOf(request.url))), admission.error, requestId);
    }
    const response = await forStubbornClient(request, await app.fetch(request, { requestId, address }));
    for (const name in admission.headers) response.headers.set(name, admission.headers[name] ?? "");
    return response;
  };
}
