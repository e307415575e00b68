import { type ClientError, clientErrorOf } from "../core/fault.ts";
import type { Result } from "../core/result.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { answerChat, answerCount, answerEmbeddings } from "../gateway/answer.ts";
import { bugFault } from "../gateway/bug.ts";
import type { Answer, Call } from "../gateway/call.ts";
import type { Services } from "../gateway/services.ts";
import type { ApiContext } from "./api-context.ts";
import { type OpenedCall, openCall } from "./open-call.ts";
import { errorResponse, respond } from "./respond.ts";

/** One request on its way through a surface. */
export interface Arrival {
  readonly request: Request;
  readonly requestId: string;
  /** The peer's address. */
  readonly peer: string;
}

/** A decoded request and how it is answered. */
export interface Work {
  readonly isStream: boolean;
  readonly requestedModel: string;
  readonly answer: () => Promise<Answer>;
}

/** What all endpoints that ask a model share: let in, decode, take a place, answer with patience, give the place back. */
export async function serve(
  arrival: Arrival,
  dialect: Dialect,
  context: ApiContext,
  decode: (opened: OpenedCall) => Result<Work, ClientError>,
): Promise<Response> {
  const { request, requestId, peer } = arrival;
  const opened = await openCall(request, dialect, requestId, peer, context);
  if (!opened.ok) return errorResponse(dialect, opened.error, requestId);
  const work = decode(opened.value);
  if (!work.ok) return errorResponse(dialect, work.error, requestId);
  const { call } = opened.value;
  const { outcome, headers } = context.enter(call.caller, peer);
  if (!outcome.ok) return errorResponse(dialect, outcome.error, requestId, headers);
  const response = await answerInPlace(call, work.value, outcome.value, context);
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}

async function answerInPlace(call: Call, work: Work, leave: () => void, context: ApiContext): Promise<Response> {
  const { services } = context;
  const pending = work.answer().catch((error: unknown) => broken(error, call, services));
  void pending.then((answer) => (answer.kind === "stream" ? answer.ended.then(leave) : leave()));
  return respond(pending, call, {
    isStream: work.isStream,
    requestedModel: work.requestedModel,
    heartbeatMs: services.settings().heartbeatMs,
    budgets: services.budgets,
    clock: services.clock,
  });
}

/** A bug on the request path, as an answer: it is told in the client's dialect even where the status has been sent already. */
function broken(error: unknown, call: Call, services: Services): Answer {
  const fault = bugFault(error, call.requestId, services.log);
  return { kind: "error", headers: {}, error: clientErrorOf(fault), fault };
}

/** What the URL says of a chat request in dialects where the body does not (Gemini). */
export interface ChatAddress {
  readonly model: string;
  readonly isStream: boolean;
}

/** Chat in any dialect, whole or streamed. */
export function serveChat(
  arrival: Arrival,
  dialect: Dialect,
  context: ApiContext,
  address?: ChatAddress,
): Promise<Response> {
  return serve(arrival, dialect, context, ({ call, body }) => {
    const decoded = dialect.decodeRequest(body.json, address?.model);
    if (!decoded.ok) return decoded;
    const request = address === undefined ? decoded.value : { ...decoded.value, stream: address.isStream };
    const answer = (): Promise<Answer> => answerChat({ ...call, request, body }, context.services);
    return { ok: true, value: { isStream: request.stream, requestedModel: request.model, answer } };
  });
}

/** Embeddings in the dialects that have them. `pathModel` where the URL names the model. */
export function serveEmbeddings(
  arrival: Arrival,
  dialect: Dialect,
  context: ApiContext,
  pathModel?: string,
): Promise<Response> {
  return serve(arrival, dialect, context, ({ call, body }) => {
    const codec = dialect.embeddings;
    if (codec === undefined) throw new Error(`${dialect.name} has no embeddings`);
    const decoded = codec.decodeRequest(body.json, pathModel);
    if (!decoded.ok) return decoded;
    const request = decoded.value;
    const answer = (): Promise<Answer> => answerEmbeddings({ ...call, request }, context.services);
    return { ok: true, value: { isStream: false, requestedModel: request.model, answer } };
  });
}

/** Counting tokens in the dialects that can ask for it. `pathModel` where the URL names the model. */
export function serveCount(
  arrival: Arrival,
  dialect: Dialect,
  context: ApiContext,
  pathModel?: string,
): Promise<Response> {
  return serve(arrival, dialect, context, ({ call, body }) => {
    const codec = dialect.tokenCount;
    if (codec === undefined) throw new Error(`${dialect.name} counts no tokens`);
    const decoded = codec.decodeRequest(body.json, pathModel);
    if (!decoded.ok) return decoded;
    const request = decoded.value;
    const answer = (): Promise<Answer> => answerCount({ ...call, request, body }, context.services);
    return { ok: true, value: { isStream: false, requestedModel: request.model, answer } };
  });
}
