import type { ClientError } from "../core/fault.ts";
import type { AttemptIntent } from "../core/ledger.ts";
import { makePlan } from "../core/plan.ts";
import { answerHeaders, idHeaders, spentError } from "./answer-headers.ts";
import { type Exchange, runAttempts } from "./attempts.ts";
import type { Answer, Call, ChatCall, CountCall, EmbeddingCall, Won } from "./call.ts";
import { exchangeChat } from "./chat.ts";
import { type CompletionCall, exchangeCompletion } from "./completions.ts";
import { exchangeCount } from "./count-tokens.ts";
import { exchangeEmbeddings } from "./embeddings.ts";
import { exchangeImages, type ImageCall } from "./images.ts";
import { metadataOf } from "./metadata.ts";
import type { Services } from "./services.ts";

interface Course {
  readonly endpoint: AttemptIntent["endpoint"];
  readonly requested: string;
  readonly isStream: boolean;
  readonly exchange: Exchange<Won>;
}

/**
 * The path of every request on one screen: plan the targets, try them one by one, answer. Booking happens inside the
 * attempts, exactly once each; only `settle.ts` prices and writes the ledger.
 */
async function follow(course: Course, call: Call, services: Services): Promise<Answer> {
  const { endpoint, requested, isStream, exchange } = course;
  const { coolingUntil } = services.health;
  const directory = services.directory();
  const settings = services.settings();
  const { task, caller } = call;
  const { allowedModels } = caller;
  const plan = makePlan({ requested, directory, task, allowedModels, coolingUntil }, services.clock.now());
  if (!plan.ok) return refused(plan.error, call);

  const outcome = await runAttempts({ call, plan: plan.value, settings, endpoint, isStream, exchange }, services);
  const metadata = call.wantsMetadata ? metadataOf(requested, outcome.records, plan.value) : null;
  if (!outcome.ok) {
    const error = spentError(outcome.fault, outcome.records, metadata);
    return { kind: "error", headers: idHeaders(call.requestId), error, fault: outcome.fault };
  }

  const { value, attempt, records } = outcome;
  const headers = { ...answerHeaders(call, attempt, records, value, services.clock.monotonic()), ...value.headers };
  if (typeof value.body === "string") return { kind: "reply", headers, body: value.body };
  return { kind: "stream", headers, body: value.body, ended: value.ended ?? Promise.resolve() };
}

function refused(error: ClientError, call: Call): Answer {
  return {
    kind: "error",
    headers: idHeaders(call.requestId),
    error,
    fault: { kind: "unavailable", message: error.message },
  };
}

/** Answers a chat request, whole or as a stream, in the caller's dialect. */
export function answerChat(call: ChatCall, services: Services): Promise<Answer> {
  const { model: requested, stream: isStream } = call.request;
  const exchange: Exchange<Won> = (attempt) => exchangeChat(call, attempt, services);
  return follow({ endpoint: "chat", requested, isStream, exchange }, call, services);
}

/** Answers a request for embeddings. */
export function answerEmbeddings(call: EmbeddingCall, services: Services): Promise<Answer> {
  const exchange: Exchange<Won> = (attempt) => exchangeEmbeddings(call, attempt, services);
  return follow({ endpoint: "embeddings", requested: call.request.model, isStream: false, exchange }, call, services);
}

/** Counts the tokens of a request without running it. */
export function answerCount(call: CountCall, services: Services): Promise<Answer> {
  const exchange: Exchange<Won> = (attempt) => exchangeCount(call, attempt, services);
  return follow({ endpoint: "count-tokens", requested: call.request.model, isStream: false, exchange }, call, services);
}

/** Answers a legacy text completion, whole or as a stream. */
export function answerCompletion(call: CompletionCall, services: Services): Promise<Answer> {
  const { model: requested, stream: isStream } = call.request;
  const exchange: Exchange<Won> = (attempt) => exchangeCompletion(call, attempt, services);
  return follow({ endpoint: "completions", requested, isStream, exchange }, call, services);
}

/** Answers a request for images. */
export function answerImages(call: ImageCall, services: Services): Promise<Answer> {
  const exchange: Exchange<Won> = (attempt) => exchangeImages(call, attempt, services);
  return follow({ endpoint: "images", requested: call.request.model, isStream: false, exchange }, call, services);
}
