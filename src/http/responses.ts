import { type ClientError, refusal } from "../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { failure, type Result, success } from "../core/result.ts";
import { openaiResponses } from "../dialects/openai-responses/dialect.ts";
import { inputItems, inputItemsPage, withFoundItems } from "../dialects/openai-responses/input-items.ts";
import { withPreviousItems } from "../dialects/openai-responses/previous.ts";
import { holdsForeign } from "../dialects/openai-responses/sealed.ts";
import { answerChat } from "../gateway/answer.ts";
import type { Answer, Caller } from "../gateway/call.ts";
import type { StoredResponse } from "../stores/ports.ts";
import type { ApiBody, ApiContext } from "./api-context.ts";
import { type Arrival, serve } from "./inference.ts";
import { identifyAt, type OpenedCall } from "./open-call.ts";
import { canonicalPath, pathOf } from "./path.ts";
import { errorResponse } from "./respond.ts";
import { type Keep, keeping } from "./responses-keep.ts";

const DAY_MS = 86_400_000;

/** The store for one caller, as far as it is on. A tenant is a key; all callers without one are one. */
interface Shelf {
  find(id: string): StoredResponse | null;
  findItem(id: string): JsonValue | null;
  remove(id: string): boolean;
  save(response: StoredResponse): void;
}

function shelfOf({ keyId }: Caller, context: ApiContext): Shelf | null {
  const { responses, services } = context;
  const { responsesDays } = services.settings().retention;
  if (responses === null || responsesDays === 0) return null;
  const tenant = keyId ?? "";
  const notBefore = services.clock.now() - responsesDays * DAY_MS;
  return {
    find: (id) => responses.find(tenant, id, notBefore),
    findItem: (id) => responses.findItem(tenant, id, notBefore),
    remove: (id) => responses.find(tenant, id, notBefore) !== null && responses.remove(tenant, id),
    save(response) {
      try {
        if (responses.save(tenant, response)) return;
        services.log.write("warn", "a response is larger than retention.responsesSize and was not kept");
      } catch (error) {
        services.log.write("warn", "a response could not be kept", { error: String(error) });
      }
    },
  };
}

const OFF = "Answers are not kept here (`retention.responses` is off, or their file cannot be used)";

function previousNotFound(id: string, shelf: Shelf | null): ClientError {
  const why =
    shelf === null
      ? `${OFF}: send the whole conversation as \`input\`.`
      : "It was never kept (`store: false`, another key), was deleted, or is too old: send the whole conversation as `input`.";
  const message = `Previous response with id '${id.slice(0, 100)}' not found. ${why}`;
  return refusal("previous_response_not_found", message, { param: "previous_response_id" });
}

/** A conversation that its provider keeps has turns before this answer which nobody here has seen. */
function inConversation({ resource }: StoredResponse): ClientError | null {
  const { conversation } = resource;
  if (!isJsonObject(conversation)) return null;
  const message = `This answer belongs to conversation '${String(conversation.id)}', of which only its provider has the earlier turns: send \`conversation\` again in place of \`previous_response_id\`.`;
  return refusal("previous_response_not_found", message, { param: "previous_response_id" });
}

/** The body with the turns before it in front of it; the error for an id that leads to none. */
function withTurnsBefore(json: JsonObject, shelf: Shelf | null): Result<JsonObject, ClientError> {
  const { previous_response_id: id } = json;
  if (id === undefined || id === null) return success(json);
  if (typeof id !== "string") {
    const message = "previous_response_id must be the id of a response. Correct it and send the request again.";
    return failure(refusal("invalid_parameter", message, { param: "previous_response_id" }));
  }
  const previous = shelf?.find(id) ?? null;
  if (previous === null) return failure(previousNotFound(id, shelf));
  const elsewhere = inConversation(previous);
  if (elsewhere !== null) return failure(elsewhere);
  const output = Array.isArray(previous.resource.output) ? previous.resource.output : [];
  return success(withPreviousItems(json, [...previous.input, ...output]));
}

/** The body with everything in it that it only names: the turns before it, and single items. */
function complete(json: JsonObject, shelf: Shelf | null): Result<JsonObject, ClientError> {
  const continued = withTurnsBefore(json, shelf);
  return continued.ok ? success(withFoundItems(continued.value, shelf?.findItem ?? (() => null))) : continued;
}

function completeBody(body: ApiBody, shelf: Shelf | null, maxBytes: number): Result<ApiBody, ClientError> {
  const completed = complete(body.json, shelf);
  if (!completed.ok) return completed;
  if (completed.value === body.json) return success(body);
  const text = JSON.stringify(completed.value);
  if (Buffer.byteLength(text) <= maxBytes) return success({ text, json: completed.value });
  const message = `With the turns before it, the request is larger than ${maxBytes} bytes. Begin a new conversation, or raise maxBody under "server:" in the configuration.`;
  return failure(refusal("request_too_large", message, { status: 413, type: "request_too_large" }));
}

function keepFor({ call, body }: OpenedCall, shelf: Shelf, context: ApiContext): Keep {
  const input = inputItems(body.json);
  const createdAt = context.services.clock.now();
  return (resource) => {
    const { id } = resource;
    if (typeof id === "string" && !call.signal.aborted) {
      shelf.save({ id, createdAt, resource, input });
    }
  };
}

/**
 * `POST /v1/responses`, whole or streamed. `previous_response_id` and item references are looked up here, so that every
 * provider understands them; the answer is kept unless the request says `store: false` or keeping is off.
 */
export function servePostResponse(arrival: Arrival, context: ApiContext): Promise<Response> {
  return serve(arrival, openaiResponses, context, ({ call, body: sent }) => {
    const shelf = shelfOf(call.caller, context);
    const body = completeBody(sent, shelf, context.services.settings().maxBodyBytes);
    if (!body.ok) return body;
    const decoded = openaiResponses.decodeRequest(body.value.json);
    if (!decoded.ok) return decoded;
    const request = decoded.value;
    const opened = { call, body: body.value };
    const isKept = shelf !== null && sent.json.store !== false;
    const answer = async (): Promise<Answer> => {
      const mustRewrite = holdsForeign(body.value.text);
      const chat = { ...call, request, body: body.value, sent: sent.json, mustRewrite };
      const answered = await answerChat(chat, context.services);
      return isKept ? keeping(answered, keepFor(opened, shelf, context)) : answered;
    };
    return success({ isStream: request.stream, requestedModel: request.model, answer });
  });
}

const ONE = /^\/v1\/responses\/([^/]+)/;

function idOf(request: Request): string {
  return ONE.exec(canonicalPath(pathOf(request.url)))?.[1] ?? "";
}

function notFound(id: string, shelf: Shelf | null): ClientError {
  const why = shelf === null ? ` ${OFF}.` : "";
  const message = `Response with id '${id.slice(0, 100)}' not found.${why}`;
  return refusal("response_not_found", message, { status: 404, type: "not_found_error" });
}

/** Answers about one kept response of the caller's, or why there is none. */
function serveOne(
  { request, requestId, peer }: Arrival,
  context: ApiContext,
  answer: (id: string, shelf: Shelf) => Result<JsonObject, ClientError> | null,
): Response {
  const caller = identifyAt(peer, request, context);
  if (!caller.ok) return errorResponse(openaiResponses, caller.error, requestId);
  const shelf = shelfOf(caller.value, context);
  const id = idOf(request);
  const result = (shelf === null ? null : answer(id, shelf)) ?? failure(notFound(id, shelf));
  if (!result.ok) return errorResponse(openaiResponses, result.error, requestId);
  return Response.json(result.value, { headers: { "x-lodestar-request-id": requestId } });
}

/** `GET /v1/responses/{id}`: the response as the client saw it. */
export function serveGetResponse(arrival: Arrival, context: ApiContext): Response {
  const isStream = new URL(arrival.request.url).searchParams.get("stream") === "true";
  return serveOne(arrival, context, (id, shelf) => {
    const found = shelf.find(id);
    if (found === null) return null;
    if (!isStream) return success(found.resource);
    const message = "A kept response is not streamed again. Ask for it without `stream`.";
    return failure(refusal("unsupported_parameter", message, { param: "stream" }));
  });
}

/** `DELETE /v1/responses/{id}`. */
export function serveDeleteResponse(arrival: Arrival, context: ApiContext): Response {
  return serveOne(arrival, context, (id, shelf) =>
    shelf.remove(id) ? success({ id, object: "response", deleted: true }) : null,
  );
}

/** `GET /v1/responses/{id}/input_items`: everything the model read, page by page (`limit`, `order`, `after`). */
export function serveInputItems(arrival: Arrival, context: ApiContext): Response {
  const { searchParams } = new URL(arrival.request.url);
  const wish = { limit: searchParams.get("limit"), order: searchParams.get("order"), after: searchParams.get("after") };
  return serveOne(arrival, context, (id, shelf) => {
    const found = shelf.find(id);
    return found === null ? null : inputItemsPage(id, found.input, wish);
  });
}
