import type { ReplyStamp } from "../dialects/dialect.ts";
import type { Call, ChatCall } from "./call.ts";

/** What any answer to a call is stamped with. `requestedModel` is the model as the client named it, `nowMs` Unix ms. */
export function replyStampOf({ requestId }: Call, requestedModel: string, nowMs: number): ReplyStamp {
  return { requestedModel, requestId, nowMs, streamUsage: false };
}

/** What the answer to a chat is stamped with: also what it repeats of the request. */
export function chatStampOf(call: ChatCall, nowMs: number): ReplyStamp {
  const { dialect, request, body, sent = body.json } = call;
  return {
    ...replyStampOf(call, request.model, nowMs),
    streamUsage: request.streamUsage === true,
    ...(dialect.echoOf === undefined ? {} : { echo: dialect.echoOf(sent) }),
  };
}
