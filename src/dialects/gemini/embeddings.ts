import type { ClientError, Fault } from "../../core/fault.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectIn,
  objectsIn,
  optional,
  without,
} from "../../core/json.ts";
import type { EmbeddingReply } from "../../core/reply.ts";
import type { EmbeddingRequest } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { CostStamp } from "../../core/stamp.ts";
import type { EmbeddingsCodec, Encoded, EncodeTarget, ReplyStamp } from "../dialect.ts";
import { type WarningSink, warn } from "../extra.ts";
import { BadField } from "../parameter.ts";
import { faultOfBody } from "./fault.ts";
import { extraOf, inCamelCase, ownFields } from "./fields.ts";
import { modelOf, reading } from "./request-read.ts";
import { readUsage, stampUsage } from "./usage.ts";

const FIELDS = ["model", "content", "outputDimensionality", "taskType"];

/** One text to embed, with the members of it that the model has no name for. */
interface Item {
  readonly text: string;
  readonly dimensions: number | undefined;
  readonly rest: JsonObject;
}

function readItem(given: JsonObject, path: string): Item {
  const item = inCamelCase(given, FIELDS);
  const { content, outputDimensionality: dimensions } = item;
  const parts = isJsonObject(content) && Array.isArray(content.parts) ? content.parts : undefined;
  const texts = (parts ?? []).map((part) =>
    isJsonObject(part) && typeof part.text === "string" ? part.text : undefined,
  );
  if (parts === undefined || texts.includes(undefined))
    throw new BadField(`${path}content`, "must be a content whose parts are texts");
  if (dimensions !== undefined && dimensions !== null && typeof dimensions !== "number")
    throw new BadField(`${path}outputDimensionality`, "must be a number");
  return {
    text: texts.join("\n"),
    dimensions: typeof dimensions === "number" ? dimensions : undefined,
    rest: without(item, ["model", "content", "outputDimensionality"]),
  };
}

function read(body: JsonObject, pathModel: string | undefined): EmbeddingRequest {
  const { requests } = body;
  const isSingle = requests === undefined;
  if (!isSingle && (!Array.isArray(requests) || requests.length === 0 || !requests.every(isJsonObject)))
    throw new BadField("requests", "must be a list of requests (not an empty one)");
  const items = isSingle
    ? [readItem(body, "")]
    : objectsIn(body, "requests").map((item, index) => readItem(item, `requests[${index}].`));
  const [first] = items;
  const rests = items.map(({ rest }) => rest);
  const hasRest = rests.some((rest) => Object.keys(rest).length > 0);
  const model = pathModel ?? (isSingle ? undefined : objectsIn(body, "requests")[0]?.model);
  return {
    model: modelOf(body, typeof model === "string" ? model : undefined),
    inputs: items.map(({ text }) => text),
    isSingle,
    ...(first?.dimensions === undefined ? {} : { dimensions: first.dimensions }),
    ...(isSingle ? extraOf(rests[0] ?? {}) : extraOf(hasRest ? { requests: rests } : {})),
  };
}

/** Reads `embedContent` (one content) or `batchEmbedContents` (a list under `requests`). */
function decodeRequest(body: JsonObject, pathModel?: string): Result<EmbeddingRequest, ClientError> {
  return reading(() => read(body, pathModel));
}

/**
 * Always as a batch, which every embedding model of Gemini takes. Token lists are passed as they are, for Gemini to refuse: text
 * made up from them would be embedded silently wrong.
 */
function encodeRequest(request: EmbeddingRequest, target: EncodeTarget): Encoded {
  const sink: WarningSink = { warnings: [] };
  const kept = ownFields(request.extra, sink, "");
  const rests = objectsIn(kept, "requests");
  if (request.inputs.some((input) => typeof input !== "string"))
    warn(sink, "input", "changed", "gemini embeds text only, not token lists");
  const requests = request.inputs.map((input, index) => ({
    ...(request.isSingle ? kept : (rests[index] ?? {})),
    model: `models/${target.model}`,
    content: { parts: [{ text: typeof input === "string" ? input : [...input] }] },
    ...optional("outputDimensionality", request.dimensions),
  }));
  return { body: { requests }, warnings: sink.warnings };
}

function vectorOf(value: JsonValue | undefined): readonly number[] | undefined {
  const values = isJsonObject(value) ? value.values : undefined;
  return Array.isArray(values) && values.every((entry) => typeof entry === "number") ? values : undefined;
}

function decodeReply(body: JsonValue): Result<EmbeddingReply, Fault> {
  if (!isJsonObject(body)) return failure({ kind: "garbage", message: "The upstream's reply is not a JSON object." });
  const fault = faultOfBody(body);
  if (fault !== undefined) return failure(fault);
  const rows = Array.isArray(body.embeddings) ? body.embeddings : [body.embedding];
  const vectors = rows.map(vectorOf).filter((vector) => vector !== undefined);
  if (vectors.length < rows.length)
    return failure({ kind: "garbage", message: "The upstream's reply holds no embeddings." });
  const usage = readUsage(objectIn(body, "usageMetadata"));
  return success({ model: "", vectors, ...(usage === undefined ? {} : { usage }) });
}

/** Little-endian float32 in base64, as OpenAI's upstreams may send vectors. */
function numbersOf(vector: readonly number[] | string): number[] {
  if (typeof vector !== "string") return [...vector];
  const bytes = Uint8Array.fromBase64(vector);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.byteLength / 4) }, (_, index) => view.getFloat32(index * 4, true));
}

function encodeReply(reply: EmbeddingReply, request: EmbeddingRequest, _: ReplyStamp, cost: CostStamp): JsonObject {
  const vectors = reply.vectors.map((vector) => ({ values: numbersOf(vector) }));
  const { candidatesTokenCount: _none, ...usageMetadata } = stampUsage(reply.usage, cost);
  const [first] = vectors;
  return request.isSingle && first !== undefined
    ? { embedding: first, usageMetadata }
    : { embeddings: vectors, usageMetadata };
}

/** `embedContent` and `batchEmbedContents`: https://ai.google.dev/api/embeddings. */
export const embeddings: EmbeddingsCodec = {
  path: (model) => `/models/${model}:batchEmbedContents`,
  decodeRequest,
  encodeRequest,
  decodeReply,
  encodeReply,
};
