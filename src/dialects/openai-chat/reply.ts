import type { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, objectIn, optional } from "../../core/json.ts";
import type { FinishReason, Reply } from "../../core/reply.ts";
import type { Part, ToolCallPart } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { CostStamp } from "../../core/stamp.ts";
import { NO_USAGE, type Usage } from "../../core/usage.ts";
import type { ReplyStamp } from "../dialect.ts";
import { choicesOf, contentPieces, rawUsageOf } from "./chunk.ts";
import { faultOfBody } from "./fault.ts";
import { leftover, REASONING_FIELDS, stringIn, withExtra } from "./fields.ts";
import { decodeFinish, encodeFinish } from "./finish.ts";
import { flattenContent } from "./repair.ts";
import { mintToolId } from "./tool-id.ts";
import { decodeToolCall, encodeToolCall } from "./tools.ts";
import { decodeUsage, encodeUsage, stampUsage } from "./usage.ts";

const REPLY_FIELDS: ReadonlySet<string> = new Set(["id", "model", "created", "choices", "usage"]);

interface Answer {
  readonly parts: readonly Part[];
  readonly finish: FinishReason;
}

/** A choice taken apart: its parts, and the choice itself with their places emptied, kept so that nothing is dropped. */
interface TakenChoice extends Answer {
  readonly frame: JsonObject;
}

function takeReasoning(message: JsonObject, frame: JsonObject): readonly Part[] {
  const field = REASONING_FIELDS.find((name) => (stringIn(message, name) ?? "") !== "");
  if (field === undefined) return [];
  frame[field] = null;
  return [{ type: "reasoning", text: stringIn(message, field) ?? "" }];
}

function takeContent(message: JsonObject, frame: JsonObject): readonly Part[] {
  const { content } = message;
  if (typeof content === "string" && content !== "") {
    frame.content = null;
    return [{ type: "text", text: content }];
  }
  if (!Array.isArray(content)) return [];
  frame.content = [];
  return contentPieces(content).map((piece) => {
    if (piece.kind === "other") return { type: "opaque", dialect: "openai-chat", json: piece.json };
    return { type: piece.kind, text: piece.text };
  });
}

function takeCalls(message: JsonObject, frame: JsonObject, answerId: string): readonly ToolCallPart[] {
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls.filter(isJsonObject) : [];
  if (calls.length > 0) frame.tool_calls = null;
  return calls.map((call, index) => decodeToolCall(call, mintToolId(answerId, index)));
}

function takeChoice(choice: JsonObject, answerId: string): TakenChoice {
  const raw = stringIn(choice, "finish_reason") ?? null;
  if (typeof choice.text === "string") {
    const finish = decodeFinish(raw, { hasToolCall: false, hasRefusal: false });
    return { parts: [{ type: "text", text: choice.text }], finish, frame: { ...choice, text: "" } };
  }
  const message = objectIn(choice, "message");
  const frame = { ...message };
  const reasoning = takeReasoning(message, frame);
  const content = takeContent(message, frame);
  const calls = takeCalls(message, frame, answerId);
  const refusal = stringIn(message, "refusal") ?? "";
  if (refusal !== "") frame.refusal = null;
  const refusals: readonly Part[] = refusal === "" ? [] : [{ type: "refusal", text: refusal }];
  return {
    parts: [...reasoning, ...content, ...refusals, ...calls],
    finish: decodeFinish(raw, { hasToolCall: calls.length > 0, hasRefusal: refusal !== "" }),
    frame: { ...choice, message: frame },
  };
}

/** A whole reply of any provider of this dialect. What has no place in the model stays in `extra`, choice by choice. */
export function decodeReply(body: JsonValue): Result<Reply, Fault> {
  if (!isJsonObject(body)) return failure({ kind: "garbage", message: "The upstream's reply is not a JSON object." });
  if (body.error !== undefined && body.error !== null) return failure(faultOfBody(body));
  const id = stringIn(body, "id") ?? "";
  const choices = choicesOf(body).map((choice) => takeChoice(choice, id));
  const [first, ...others] = choices;
  if (first === undefined) return failure({ kind: "garbage", message: "The upstream's reply holds no choice." });
  const usage = decodeUsage(rawUsageOf(body), body.service_tier);
  return success({
    id,
    model: stringIn(body, "model") ?? "",
    ...(typeof body.created === "number" ? { createdAtSeconds: body.created } : {}),
    parts: first.parts,
    finish: first.finish,
    ...(others.length === 0 ? {} : { alternatives: others.map(({ parts, finish }) => ({ parts, finish })) }),
    ...(usage === undefined ? {} : { usage }),
    ...withExtra({ ...leftover(body, REPLY_FIELDS), choices: choices.map((choice) => choice.frame) }),
  });
}

function textOf(parts: readonly Part[], type: "text" | "reasoning" | "refusal"): string | undefined {
  const texts = parts.flatMap((part) => (part.type === type ? [part.text] : []));
  return texts.length === 0 ? undefined : texts.join("");
}

/** A content list in Mistral's form, for a reply that came with one. */
function contentList(parts: readonly Part[]): JsonValue[] {
  return parts.flatMap((part) => {
    if (part.type === "text") return [{ type: "text", text: part.text }];
    if (part.type === "reasoning") return [{ type: "thinking", thinking: [{ type: "text", text: part.text }] }];
    return part.type === "opaque" && part.dialect === "openai-chat" ? [part.json] : [];
  });
}

function encodeMessage(parts: readonly Part[], frame: JsonObject | undefined): JsonObject {
  const calls = parts.filter((part): part is ToolCallPart => part.type === "tool-call");
  const toolCalls = calls.map((call) => encodeToolCall(call, "", []));
  const base = frame ?? { role: "assistant", content: null };
  const isList = Array.isArray(base.content);
  const field = REASONING_FIELDS.find((name) => base[name] === null) ?? "reasoning_content";
  return {
    ...base,
    role: base.role ?? "assistant",
    ...optional("content", isList ? contentList(parts) : textOf(parts, "text")),
    ...(isList ? {} : optional(field, textOf(parts, "reasoning"))),
    ...optional("refusal", textOf(parts, "refusal")),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
  };
}

function encodeChoice(answer: Answer, index: number, frame: JsonObject | undefined): JsonObject {
  const finish = { finish_reason: encodeFinish(answer.finish) };
  if (frame !== undefined && "text" in frame) return { ...frame, text: textOf(answer.parts, "text") ?? "", ...finish };
  const message = frame === undefined ? undefined : objectIn(frame, "message");
  return { index, ...(frame ?? { logprobs: null }), message: encodeMessage(answer.parts, message), ...finish };
}

/** The reply as a client of this dialect reads it, under the model name it asked for and with the cost in its usage. */
export function encodeReply(reply: Reply, stamp: ReplyStamp, cost: CostStamp): JsonObject {
  const fields = reply.extra?.dialect === "openai-chat" ? reply.extra.fields : {};
  const frames = choicesOf(fields);
  const answers: readonly Answer[] = [reply, ...(reply.alternatives ?? [])];
  return {
    ...fields,
    id: reply.id === "" ? `chatcmpl-${stamp.requestId}` : reply.id,
    object: fields.object ?? "chat.completion",
    created: reply.createdAtSeconds ?? Math.floor(stamp.nowMs / 1000),
    model: stamp.requestedModel,
    choices: answers.map((answer, index) => encodeChoice(answer, index, frames[index])),
    usage: stampUsage(encodeUsage(reply.usage ?? NO_USAGE), cost),
  };
}

function repairCalls(message: JsonObject): JsonObject {
  if (!Array.isArray(message.tool_calls)) return message;
  const calls = message.tool_calls.map((call) => (isJsonObject(call) ? { type: "function", ...call } : call));
  return { ...message, tool_calls: calls };
}

/** The declared repairs of a whole reply: role, content lists, a call's `type`, `stop` where tools were called. */
function repairChoice(choice: JsonValue): JsonValue {
  if (!isJsonObject(choice) || !isJsonObject(choice.message)) return choice;
  const message = repairCalls(flattenContent({ role: "assistant", ...choice.message }));
  const hasToolCall = Array.isArray(message.tool_calls) && message.tool_calls.length > 0;
  const finish = hasToolCall && choice.finish_reason === "stop" ? { finish_reason: "tool_calls" } : {};
  return { ...choice, message, ...finish };
}

/** A reply of this dialect passed on to a client of this dialect: its own members, our model name and cost, and the declared repairs. */
export function stampReply(body: JsonObject, stamp: ReplyStamp, usage: Usage, cost: CostStamp): JsonObject {
  return {
    ...body,
    model: stamp.requestedModel,
    ...(Array.isArray(body.choices) ? { choices: body.choices.map(repairChoice) } : {}),
    usage: stampUsage(rawUsageOf(body) ?? encodeUsage(usage), cost),
  };
}
