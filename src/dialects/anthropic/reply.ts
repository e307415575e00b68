import type { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, without } from "../../core/json.ts";
import type { Reply } from "../../core/reply.ts";
import type { Part, RefusalPart } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import type { Usage } from "../../core/usage.ts";
import type { ReplyStamp } from "../dialect.ts";
import type { WarningSink } from "../extra.ts";
import { BadField } from "../parameter.ts";
import { readBlock } from "./block-read.ts";
import { writeBlock } from "./block-write.ts";
import { extraOf, ownFields } from "./extra.ts";
import { faultOfError } from "./fault.ts";
import { readFinish, writeFinish } from "./finish.ts";
import { readUsage, stampUsage } from "./usage.ts";

const READ_FIELDS = ["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"];

function garbage(message: string): { readonly ok: false; readonly error: Fault } {
  return failure({ kind: "garbage", message: `not a Messages reply: ${message}` });
}

/** A refusal has no block: the explanation in `stop_details` is what other dialects can show. */
function refusalParts(details: JsonValue | undefined): readonly RefusalPart[] {
  if (!isJsonObject(details) || typeof details.explanation !== "string") return [];
  return [{ type: "refusal", text: details.explanation, ...extraOf({ stop_details: details }) }];
}

function read(body: JsonObject, content: readonly JsonValue[]): Reply {
  const { id, model, stop_reason: reason, stop_sequence: sequence, stop_details: details } = body;
  const refusal = refusalParts(details);
  const parts = [...content.map((block, index) => readBlock(block, `content[${index}]`)), ...refusal];
  const endsWithToolCall = parts.at(-1)?.type === "tool-call";
  const usage = readUsage(body.usage);
  return {
    id: typeof id === "string" ? id : "",
    model: typeof model === "string" ? model : "",
    parts,
    finish: readFinish(reason, sequence, endsWithToolCall),
    ...(usage === undefined ? {} : { usage }),
    ...extraOf(without(body, refusal.length === 0 ? READ_FIELDS : [...READ_FIELDS, "stop_details"])),
  };
}

/** Reads a whole answer. An error envelope under status 200 is the fault it names; anything else is garbage. */
export function decodeReply(body: JsonValue): Result<Reply, Fault> {
  if (!isJsonObject(body)) return garbage("no JSON object");
  if (body.type === "error") return failure(faultOfError(body.error));
  if (!Array.isArray(body.content)) return garbage("no content list");
  try {
    return success(read(body, body.content));
  } catch (error) {
    if (!(error instanceof BadField)) throw error;
    return garbage(error.message);
  }
}

function isOwnRefusal(part: Part): part is RefusalPart {
  return part.type === "refusal" && part.extra?.dialect === "anthropic";
}

function writeContent(parts: readonly Part[], sink: WarningSink): JsonObject[] {
  return parts
    .filter((part) => !isOwnRefusal(part) && !(part.type === "text" && part.text === ""))
    .map((part, index) => {
      if (part.type === "reasoning" && part.signature === undefined && part.text !== "") {
        return { type: "thinking", thinking: part.text, signature: "" };
      }
      return writeBlock(part, sink, `content[${index}]`);
    })
    .filter((block) => block !== undefined);
}

/** Writes a whole answer with the asked-for model name and its cost. Thinking of other providers goes out unsigned. */
export function encodeReply(reply: Reply, stamp: ReplyStamp, cost: CostStamp): JsonObject {
  const sink: WarningSink = { warnings: [] };
  const seen = {
    hasToolCall: reply.parts.some((part) => part.type === "tool-call"),
    hasRefusal: reply.parts.some((part) => part.type === "refusal"),
  };
  return {
    id: reply.id === "" ? `msg_${stamp.requestId}` : reply.id,
    type: "message",
    role: "assistant",
    model: stamp.requestedModel,
    content: writeContent(reply.parts, sink),
    ...writeFinish(reply.finish, seen),
    ...ownFields(reply.parts.find(isOwnRefusal)?.extra, sink, ""),
    ...ownFields(reply.extra, sink, ""),
    usage: stampUsage(reply.usage, cost),
  };
}

/** The asked-for model name and the cost in a reply that is already of this dialect; all else stays as it came. */
export function stampReply(body: JsonObject, stamp: ReplyStamp, usage: Usage, cost: CostStamp): JsonObject {
  const counts = isJsonObject(body.usage) ? body.usage : stampUsage(usage, undefined);
  return { ...body, model: stamp.requestedModel, usage: { ...counts, ...stampFields(cost) } };
}
