import type { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, objectIn, objectsIn, without } from "../../core/json.ts";
import type { FinishReason, Reply } from "../../core/reply.ts";
import type { Part } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import type { Usage } from "../../core/usage.ts";
import type { ReplyStamp } from "../dialect.ts";
import { BadField } from "../parameter.ts";
import { faultOfBody } from "./fault.ts";
import { extraOf, stringIn } from "./fields.ts";
import { readBlock, readFinish, writeFinish } from "./finish.ts";
import { type CallNaming, readPart } from "./part-read.ts";
import { type PartContext, writePart } from "./part-write.ts";
import { mintToolCallId } from "./tool-id.ts";
import { readUsage, stampUsage } from "./usage.ts";

type Answer = Pick<Reply, "parts" | "finish">;

/** A candidate: what it says, and the rest of it for `extra`. */
interface Candidate extends Answer {
  readonly frame: JsonObject;
}

const REPLY_FIELDS = ["candidates", "usageMetadata", "modelVersion", "responseId"];

/** Of a candidate that does not say why it ended. */
const NO_FINISH: FinishReason = { unified: "other", raw: null };

/** Names the calls of one answer by its id and their place. */
function namingOf(answerId: string): CallNaming {
  let ordinal = 0;
  const name = (given: string | undefined): string => {
    const id = given ?? mintToolCallId(answerId, ordinal);
    ordinal += 1;
    return id;
  };
  return { nameCall: name, nameResult: name };
}

/** What `promptFeedback` says of a refused prompt; undefined where it refuses nothing. */
export function blockOf(body: JsonObject): FinishReason | undefined {
  const reason = stringIn(objectIn(body, "promptFeedback"), "blockReason");
  return reason === undefined ? undefined : readBlock(reason);
}

function readCandidate(candidate: JsonObject, path: string, naming: CallNaming): Candidate {
  const content = objectIn(candidate, "content");
  const given = Array.isArray(content.parts) ? content.parts : [];
  const parts = given.map((part, index) => readPart(part, `${path}.content.parts[${index}]`, naming));
  const reason = stringIn(candidate, "finishReason");
  const hasToolCall = parts.some((part) => part.type === "tool-call");
  return {
    parts,
    finish: reason === undefined ? NO_FINISH : readFinish(reason, hasToolCall),
    frame: {
      ...without(candidate, ["content", "finishReason"]),
      ...(candidate.content === undefined ? {} : { content: without(content, ["parts"]) }),
    },
  };
}

function read(body: JsonObject): Reply {
  const id = stringIn(body, "responseId") ?? "";
  const naming = namingOf(id);
  const candidates = objectsIn(body, "candidates").map((candidate, index) =>
    readCandidate(candidate, `candidates[${index}]`, naming),
  );
  const [first, ...others] = candidates;
  const usage = readUsage(body.usageMetadata);
  const frames = candidates.map(({ frame }) => frame);
  return {
    id,
    model: stringIn(body, "modelVersion") ?? "",
    parts: first?.parts ?? [],
    finish: first?.finish ?? blockOf(body) ?? NO_FINISH,
    ...(others.length === 0 ? {} : { alternatives: others.map(({ parts, finish }) => ({ parts, finish })) }),
    ...(usage === undefined ? {} : { usage }),
    ...extraOf({ ...without(body, REPLY_FIELDS), ...(first === undefined ? {} : { candidates: frames }) }),
  };
}

function garbage(message: string): Result<Reply, Fault> {
  return failure({ kind: "garbage", message: `not a generateContent reply: ${message}` });
}

/** Reads a whole answer: candidates, or a refused prompt. An error envelope under status 200 is the fault it names. */
export function decodeReply(body: JsonValue): Result<Reply, Fault> {
  if (!isJsonObject(body)) return garbage("no JSON object");
  const fault = faultOfBody(body);
  if (fault !== undefined) return failure(fault);
  if (objectsIn(body, "candidates").length === 0 && blockOf(body) === undefined) return garbage("no candidate");
  try {
    return success(read(body));
  } catch (error) {
    if (!(error instanceof BadField)) throw error;
    return garbage(error.message);
  }
}

const REPLY_CONTEXT: PartContext = {
  sink: { warnings: [] },
  isOwn: true,
  hasResultParts: true,
  callNames: new Map(),
};

/** The parts of an answer as the format has them; what it has no place for is left out. */
function writeAnswerParts(parts: readonly Part[]): JsonObject[] {
  const context = { ...REPLY_CONTEXT, sink: { warnings: [] } };
  return parts.flatMap((part, index) => writePart(part, context, `parts[${index}]`));
}

function writeCandidate({ parts, finish }: Answer, index: number, frame: JsonObject | undefined): JsonObject {
  const written = writeAnswerParts(parts);
  const content = { ...objectIn(frame ?? {}, "content"), ...(written.length === 0 && frame ? {} : { parts: written }) };
  const role = frame === undefined ? { role: "model" } : {};
  const isBare = frame !== undefined && frame.content === undefined && written.length === 0;
  const isUnfinished = frame !== undefined && finish.raw === null;
  return {
    ...(frame === undefined ? {} : without(frame, ["content"])),
    ...(isBare ? {} : { content: { ...content, ...role } }),
    ...(isUnfinished ? {} : { finishReason: writeFinish(finish) }),
    ...(frame === undefined ? { index } : {}),
  };
}

/** Writes a whole answer with the asked-for model name and its cost. A refused prompt of this dialect has no candidate. */
export function encodeReply(reply: Reply, stamp: ReplyStamp, cost: CostStamp): JsonObject {
  const fields = reply.extra?.dialect === "gemini" ? reply.extra.fields : {};
  const isRefusedPrompt = reply.extra?.dialect === "gemini" && fields.candidates === undefined;
  const frames = objectsIn(fields, "candidates");
  const answers: readonly Answer[] = [reply, ...(reply.alternatives ?? [])];
  return {
    ...without(fields, ["candidates"]),
    ...(isRefusedPrompt
      ? {}
      : { candidates: answers.map((answer, index) => writeCandidate(answer, index, frames[index])) }),
    usageMetadata: stampUsage(reply.usage, cost),
    modelVersion: stamp.requestedModel,
    responseId: reply.id === "" ? stamp.requestId : reply.id,
  };
}

/** The asked-for model name and the cost in a reply that is already of this dialect; all else stays as it came. */
export function stampReply(body: JsonObject, stamp: ReplyStamp, usage: Usage, cost: CostStamp): JsonObject {
  const counts = isJsonObject(body.usageMetadata) ? body.usageMetadata : stampUsage(usage, undefined);
  return { ...body, modelVersion: stamp.requestedModel, usageMetadata: { ...counts, ...stampFields(cost) } };
}
