import type { Attempt } from "./attempt.ts";
import { cacheableChat, cacheableEmbeddings } from "./cache-ask.ts";
import type { Answer, ChatCall, CountCall, EmbeddingCall, ImageCall } from "./call.ts";
import { chatCourse } from "./chat-course.ts";
import { type CompletionCall, exchangeCompletion } from "./completions.ts";
import { exchangeCount } from "./count-tokens.ts";
import type { Course } from "./course.ts";
import { completionDemand, embeddingDemand, imageDemand } from "./demand.ts";
import { exchangeEmbeddings } from "./embeddings.ts";
import { exchangeImages } from "./images.ts";
import { follow } from "./pipeline.ts";
import type { Services } from "./services.ts";

/** Answers a chat request, whole or as a stream, in the caller's dialect. */
export function answerChat(call: ChatCall, services: Services): Promise<Answer> {
  return follow(chatCourse(call, services), call, services);
}

/** Answers a request for embeddings. */
export function answerEmbeddings(call: EmbeddingCall, services: Services): Promise<Answer> {
  const exchange = (attempt: Attempt) => exchangeEmbeddings(call, attempt, services);
  const { model: requested } = call.request;
  const demand = () => embeddingDemand(call.request);
  return follow(
    { endpoint: "embeddings", requested, isStream: false, demand, exchange, cacheable: cacheableEmbeddings(call) },
    call,
    services,
  );
}

/** Counts the tokens of a request without running it. */
export function answerCount(call: CountCall, services: Services): Promise<Answer> {
  const exchange = (attempt: Attempt) => exchangeCount(call, attempt, services);
  const { model: requested } = call.request;
  const routing = { call, again: null };
  return follow(
    { endpoint: "count-tokens", requested, isStream: false, demand: null, exchange, routing, cacheable: null },
    call,
    services,
  );
}

/** A text completion on its way: also made anew where a rule changed the request. */
function completionCourse(call: CompletionCall, services: Services): Course {
  const { model: requested, stream: isStream } = call.request;
  const { abilitiesOf } = call;
  return {
    endpoint: "completions",
    requested,
    isStream,
    demand: () => completionDemand(call.request),
    exchange: (attempt) => exchangeCompletion(call, attempt, services),
    routing: { call, again: (changed) => completionCourse({ ...changed, abilitiesOf }, services) },
    cacheable: cacheableChat(call),
  };
}

/** Answers a legacy text completion, whole or as a stream. */
export function answerCompletion(call: CompletionCall, services: Services): Promise<Answer> {
  return follow(completionCourse(call, services), call, services);
}

/** Answers a request for images. */
export function answerImages(call: ImageCall, services: Services): Promise<Answer> {
  const exchange = (attempt: Attempt) => exchangeImages(call, attempt, services);
  const { model: requested } = call.request;
  const demand = () => imageDemand(call.body.text, call.body.json.n);
  return follow({ endpoint: "images", requested, isStream: false, demand, exchange, cacheable: null }, call, services);
}
