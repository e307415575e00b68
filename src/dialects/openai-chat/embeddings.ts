import type { ClientError, Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, optional } from "../../core/json.ts";
import type { EmbeddingReply } from "../../core/reply.ts";
import type { EmbeddingRequest, Warning } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { CostStamp } from "../../core/stamp.ts";
import { NO_USAGE } from "../../core/usage.ts";
import type { EmbeddingsCodec, Encoded, EncodeTarget, ReplyStamp } from "../dialect.ts";
import { invalid } from "../parameter.ts";
import { faultOfBody } from "./fault.ts";
import { leftover, ownFields, stringIn, withExtra } from "./fields.ts";
import { decodeUsage, encodeUsage, stampUsage } from "./usage.ts";

const REQUEST_FIELDS: ReadonlySet<string> = new Set(["model", "input", "dimensions", "encoding_format"]);

function isNumbers(value: JsonValue): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

/** `input` in its four forms: a text, texts, one list of tokens, lists of tokens. */
function decodeInput(input: JsonValue | undefined): Pick<EmbeddingRequest, "inputs" | "isSingle"> | undefined {
  if (typeof input === "string") return { inputs: [input], isSingle: true };
  if (!Array.isArray(input) || input.length === 0) return undefined;
  if (isNumbers(input)) return { inputs: [input], isSingle: true };
  const inputs = input.filter((item): item is string | number[] => typeof item === "string" || isNumbers(item));
  return inputs.length === input.length ? { inputs, isSingle: false } : undefined;
}

function decodeRequest(body: JsonObject): Result<EmbeddingRequest, ClientError> {
  const { model, dimensions, encoding_format: encoding } = body;
  if (typeof model !== "string" || model === "") return failure(invalid("model", "the name of an embedding model"));
  const input = decodeInput(body.input);
  if (input === undefined)
    return failure(invalid("input", "a text, a list of texts, or token ids (not an empty list)"));
  if (dimensions !== undefined && dimensions !== null && typeof dimensions !== "number") {
    return failure(invalid("dimensions", "a number"));
  }
  const isEncoding = encoding === "float" || encoding === "base64";
  if (!isEncoding && encoding !== undefined && encoding !== null) {
    return failure(invalid("encoding_format", "float or base64"));
  }
  return success({
    model,
    ...input,
    ...(typeof dimensions === "number" ? { dimensions } : {}),
    ...(isEncoding ? { encoding } : {}),
    ...withExtra(leftover(body, REQUEST_FIELDS)),
  });
}

function encodeRequest(request: EmbeddingRequest, target: EncodeTarget): Encoded {
  const warnings: Warning[] = [];
  const inputs = request.inputs.map((input) => (typeof input === "string" ? input : [...input]));
  const [first] = inputs;
  const body: JsonObject = {
    ...ownFields(request.extra, "", warnings),
    model: target.model,
    input: request.isSingle && first !== undefined ? first : inputs,
    ...optional("dimensions", request.dimensions),
    ...optional("encoding_format", request.encoding),
  };
  return { body, warnings };
}

function indexOf(item: JsonObject, fallback: number): number {
  return typeof item.index === "number" ? item.index : fallback;
}

function decodeReply(body: JsonValue): Result<EmbeddingReply, Fault> {
  if (!isJsonObject(body)) return failure({ kind: "garbage", message: "The upstream's reply is not a JSON object." });
  if (body.error !== undefined && body.error !== null) return failure(faultOfBody(body));
  const items = Array.isArray(body.data) ? body.data.filter(isJsonObject) : [];
  const vectors = items
    .map((item, place) => ({ vector: item.embedding, index: indexOf(item, place) }))
    .sort((left, right) => left.index - right.index)
    .flatMap(({ vector }) =>
      typeof vector === "string" || (vector !== undefined && isNumbers(vector)) ? [vector] : [],
    );
  if (vectors.length === 0 || vectors.length < items.length) {
    return failure({ kind: "garbage", message: "The upstream's reply holds no embeddings." });
  }
  const usage = decodeUsage(body.usage);
  return success({ model: stringIn(body, "model") ?? "", vectors, ...(usage === undefined ? {} : { usage }) });
}

/** Little-endian float32, as OpenAI sends vectors on request. */
function toBase64(vector: readonly number[]): string {
  const bytes = new DataView(new ArrayBuffer(vector.length * 4));
  for (const [index, value] of vector.entries()) bytes.setFloat32(index * 4, value, true);
  return new Uint8Array(bytes.buffer).toBase64();
}

function fromBase64(text: string): number[] {
  const bytes = Uint8Array.fromBase64(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.byteLength / 4) }, (_, index) => view.getFloat32(index * 4, true));
}

/** A vector in the form the client asked for (numbers unless it said base64), whatever the upstream sent. */
function inEncoding(vector: readonly number[] | string, encoding: EmbeddingRequest["encoding"]): JsonValue {
  if (encoding === "base64") return typeof vector === "string" ? vector : toBase64(vector);
  return typeof vector === "string" ? fromBase64(vector) : [...vector];
}

function encodeReply(reply: EmbeddingReply, request: EmbeddingRequest, stamp: ReplyStamp, cost: CostStamp): JsonObject {
  const usage = encodeUsage(reply.usage ?? NO_USAGE);
  return {
    object: "list",
    data: reply.vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: inEncoding(vector, request.encoding),
    })),
    model: stamp.requestedModel,
    usage: stampUsage({ prompt_tokens: usage.prompt_tokens ?? usage.total_tokens ?? 0, ...usage }, cost),
  };
}

/** `POST /embeddings` of OpenAI and the many servers that copy it. */
export const embeddings: EmbeddingsCodec = {
  path: "/embeddings",
  decodeRequest,
  encodeRequest,
  decodeReply,
  encodeReply,
};
