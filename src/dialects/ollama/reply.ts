import type { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { Reply } from "../../core/reply.ts";
import type { Part } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import type { Usage } from "../../core/usage.ts";
import type { ReplyStamp } from "../dialect.ts";
import { keepExtra, ownFields, unknownFields } from "./extra.ts";
import { faultOfBody } from "./fault.ts";
import { decodeDoneReason, encodeDoneReason } from "./finish.ts";
import { encodeSpeech, type Surface, speechOf, timestamp } from "./line.ts";
import { decodeToolCall, encodeToolCall } from "./tool-call.ts";
import { decodeUsage, encodeCounts, encodeUsage, isFigure } from "./usage.ts";

/** Members of a whole reply that the model has names for; `created_at` is kept besides, for its nanoseconds. */
const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "message",
  "response",
  "thinking",
  "tool_calls",
  "done",
  "done_reason",
]);

/** Seconds since 1970 of an RFC 3339 time, absent when it is none. */
export function createdAtOf(line: JsonObject): { readonly createdAtSeconds?: number } {
  const ms = typeof line.created_at === "string" ? Date.parse(line.created_at) : Number.NaN;
  return Number.isNaN(ms) ? {} : { createdAtSeconds: Math.floor(ms / 1000) };
}

/** An id for an answer, since Ollama gives none: from its time, so that the same bytes give the same id. */
export function replyIdOf(line: JsonObject): string {
  const digits = String(line.created_at ?? "").replace(/[^0-9]/g, "");
  return `ollama-${digits.slice(0, 23)}`;
}

/** The tool calls of one line; `ordinal` is how many the answer has had before. */
export function toolCallsOf(speech: JsonObject, line: JsonObject, ordinal: number) {
  const entries = Array.isArray(speech.tool_calls) ? speech.tool_calls : [];
  const seed = typeof line.created_at === "string" ? line.created_at : "";
  return entries.flatMap((entry, index) => decodeToolCall(entry, seed, ordinal + index) ?? []);
}

function partsOf(body: JsonObject): readonly Part[] {
  const speech = speechOf(body);
  const { thinking, content } = speech;
  return [
    ...(typeof thinking === "string" && thinking !== "" ? [{ type: "reasoning", text: thinking } as const] : []),
    ...(typeof content === "string" && content !== "" ? [{ type: "text", text: content } as const] : []),
    ...toolCallsOf(speech, body, 0),
  ];
}

/** Reads a whole reply of `/api/chat` or `/api/generate`. */
export function decodeReply(body: JsonValue): Result<Reply, Fault> {
  if (!isJsonObject(body)) return failure({ kind: "garbage", message: "Ollama's reply is not a JSON object" });
  const fault = faultOfBody(body);
  if (fault !== undefined) return failure(fault);
  if (!isJsonObject(body.message) && typeof body.response !== "string") {
    return failure({ kind: "garbage", message: "Ollama's reply has neither `message` nor `response`" });
  }
  if (body.done === false) {
    return failure({ kind: "truncated", message: "Ollama's reply says `done: false`: the answer is not whole" });
  }
  const parts = partsOf(body);
  const usage = decodeUsage(body);
  const rest = unknownFields(body, KNOWN);
  return success({
    id: replyIdOf(body),
    model: typeof body.model === "string" ? body.model : "",
    ...createdAtOf(body),
    parts,
    finish: decodeDoneReason(
      body.done_reason,
      parts.some((part) => part.type === "tool-call"),
    ),
    ...(usage === undefined ? {} : { usage }),
    ...keepExtra(Object.fromEntries(Object.entries(rest).filter(([name]) => !isFigure(name)))),
  });
}

function speechOfParts(parts: readonly Part[]) {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const calls: JsonObject[] = [];
  for (const part of parts) {
    if (part.type === "text" || part.type === "refusal") texts.push(part.text);
    if (part.type === "reasoning" && part.text !== "") thoughts.push(part.text);
    if (part.type === "tool-call") calls.push(encodeToolCall(part, calls.length));
  }
  return {
    content: texts.join(""),
    ...(thoughts.length === 0 ? {} : { thinking: thoughts.join("") }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

/** The encoder of whole replies for a surface. The cost stands beside the counts, at the top level. */
export function replyEncoder(surface: Surface) {
  return function encodeReply(reply: Reply, stamp: ReplyStamp, cost: CostStamp): JsonObject {
    const createdAtMs = reply.createdAtSeconds === undefined ? stamp.nowMs : reply.createdAtSeconds * 1000;
    return {
      model: stamp.requestedModel,
      created_at: timestamp(createdAtMs),
      ...encodeSpeech(surface, speechOfParts(reply.parts)),
      done: true,
      done_reason: encodeDoneReason(reply.finish),
      ...encodeUsage(reply.usage),
      ...ownFields(reply.extra),
      ...stampFields(cost),
    };
  };
}

/** A whole reply or last line of Ollama's own, given the asked name and its cost; counts only where it had none. */
export function stampReply(body: JsonObject, stamp: ReplyStamp, usage: Usage, cost: CostStamp): JsonObject {
  return { ...encodeCounts(usage), ...body, model: stamp.requestedModel, ...stampFields(cost) };
}
