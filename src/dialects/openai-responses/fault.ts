import { type ClientError, clientErrorOf, type Fault } from "../../core/fault.ts";
import { type JsonObject, objectIn } from "../../core/json.ts";
import { encodeFault as encodeChatFault, faultOfBody } from "../openai-chat/fault.ts";

/**
 * The error envelope: OpenAI's own. A budget that is used up is `usage_limit_reached` with `resets_at` (Unix seconds, from the
 * error's details), the one form at which Codex stops after one try and shows the message.
 */
export function encodeFault(error: ClientError, requestId: string): JsonObject {
  const isLimit = error.type === "insufficient_quota" && typeof error.details?.resets_at === "number";
  const envelope = encodeChatFault(error, requestId);
  return isLimit ? { ...envelope, error: { ...objectIn(envelope, "error"), type: "usage_limit_reached" } } : envelope;
}

/** Codes that Codex acts on in `response.failed`, by our own: it gives up at once on these and tries again after any other. */
const STREAM_CODES: Readonly<Record<string, string>> = {
  provider_quota_exhausted: "insufficient_quota",
  rate_limited: "rate_limit_exceeded",
  overloaded: "server_is_overloaded",
};

/** The error of a response that failed on the way: `error` of its resource, and of the error event. */
export function streamError(fault: Fault): { readonly code: string; readonly message: string; readonly type: string } {
  const { code, message, type } = clientErrorOf(fault);
  return { code: STREAM_CODES[code] ?? code, message, type };
}

/** The fault that an `error` object means: of a failed response, of an error event (nested or flat), of a 200 that is an error. */
export function faultOfError(error: JsonObject): Fault {
  return faultOfBody({ error });
}
