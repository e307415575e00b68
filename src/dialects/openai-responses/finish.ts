import { type JsonObject, objectIn } from "../../core/json.ts";
import type { FinishReason } from "../../core/reply.ts";

/** What an answer held, as far as it decides why it stopped: this dialect has no word for it but when it stopped too early. */
export interface FinishContext {
  readonly hasToolCall: boolean;
  readonly hasRefusal: boolean;
}

const INCOMPLETE: Readonly<Record<string, FinishReason["unified"]>> = {
  max_output_tokens: "length",
  max_tokens: "length",
  content_filter: "content-filter",
};

/** Why a response ended: the reason it is incomplete, else what it holds. */
export function decodeFinish(response: JsonObject, context: FinishContext): FinishReason {
  const { status } = response;
  const { reason } = objectIn(response, "incomplete_details");
  if (typeof reason === "string") return { unified: INCOMPLETE[reason] ?? "other", raw: reason };
  const raw = typeof status === "string" ? status : null;
  if (status === "incomplete") return { unified: "length", raw };
  if (context.hasToolCall) return { unified: "tool-calls", raw };
  return { unified: context.hasRefusal ? "refusal" : "stop", raw };
}

/** How a response ends on the wire. A refusal that was spoken is a whole answer; one without a word is filtered content. */
export interface WireFinish {
  readonly status: "completed" | "incomplete";
  readonly incomplete_details: JsonObject | null;
}

const COMPLETED: WireFinish = { status: "completed", incomplete_details: null };

/** The status of this dialect for why a model stopped. */
export function encodeFinish(finish: FinishReason, hasRefusal: boolean): WireFinish {
  switch (finish.unified) {
    case "length":
      return { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    case "content-filter":
      return { status: "incomplete", incomplete_details: { reason: "content_filter" } };
    case "refusal":
      return hasRefusal ? COMPLETED : { status: "incomplete", incomplete_details: { reason: "content_filter" } };
    default:
      return COMPLETED;
  }
}
