import type { Attempt } from "./attempt.ts";
import { cacheableChat } from "./cache-ask.ts";
import type { ChatCall } from "./call.ts";
import { exchangeChat } from "./chat.ts";
import type { Course } from "./course.ts";
import { chatDemand } from "./demand.ts";
import type { Services } from "./services.ts";

/** A chat request on its way: also made anew where the router changed the request. */
export function chatCourse(call: ChatCall, services: Services): Course {
  const { model: requested, stream: isStream } = call.request;
  return {
    endpoint: "chat",
    requested,
    isStream,
    demand: () => chatDemand(call.request),
    exchange: (attempt: Attempt) => exchangeChat(call, attempt, services),
    chat: call,
    routing: { call, again: (changed) => chatCourse(changed, services) },
    cacheable: cacheableChat(call),
  };
}
