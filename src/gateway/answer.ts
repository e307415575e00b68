import type { Attempt } from "./attempt.ts";
import { cacheableChat, cacheableEmbeddings } from "./cache-ask.ts";
import type { Answer, ChatCall, CountCall, EmbeddingCall, ImageCall } from "./call.ts";
import { chatCourse } from "./chat-course.ts";
import { type CompletionCall, exchangeCompletion } from "./completions.ts";
import { exchangeCount } from "./count-tokens.ts";
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
  return follow(
    { endpoint: "count-tokens", requested, isStream: false, demand: null, exchange, cacheable: null },
    call,
    services,
  );
}

/** Answers a legacy text completion, whole or as a stream. */
export function answerCompletion(call: CompletionCall, services: Services): Promise<Answer> {
  const { model: requested, stream: isStream } = call.request;
  const exchange = (attempt: Attempt) => exchangeCompletion(call, attempt, services);
  const demand = () => completionDemand(call.request);
  return follow(
    { endpoint: "completions", requested, isStream, demand, exchange, cacheable: cacheableChat(call) },
    call,
    services,
  );
}

/** Answers a request for images. */
export function answerImages(call: ImageCall, services: Services): Promise<Answer> {
  const exchange = (attempt: Attempt) => exchangeImages(call, attempt, services);
  const { model: requested } = call.request;
  const demand = () => imageDemand(call.body.text, call.body.json.n);
  return follow({ endpoint: "images", requested, isStream: false, demand, exchange, cacheable: null }, call, services);
}
