import { type ClientError, type Fault, refusal } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { EmbeddingReply } from "../../core/reply.ts";
import type { EmbeddingRequest, Warning } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { type CostStamp, stampFields } from "../../core/stamp.ts";
import type { EmbeddingsCodec, Encoded, EncodeTarget, ReplyStamp } from "../dialect.ts";
import { foreignFields, keepExtra, ownFields, unknownFields } from "./extra.ts";
import { faultOfBody } from "./fault.ts";
import { type FieldReader, fieldReader } from "./field.ts";
import { encodeKeepAlive, encodeOptions } from "./options.ts";
import { decodeUsage, encodeUsage } from "./usage.ts";

const KNOWN: ReadonlySet<string> = new Set(["model", "input", "dimensions"]);
const LEGACY_KNOWN: ReadonlySet<string> = new Set(["model", "prompt"]);

function decodeVia(
  body: JsonObject,
  known: ReadonlySet<string>,
  inputs: EmbeddingRequest["inputs"],
  fields: FieldReader,
): Result<EmbeddingRequest, ClientError> {
  const model = fields.string(body, "model") ?? "";
  if (model === "") fields.note("model", "`model` is required: name the model to use");
  const dimensions = known.has("dimensions") ? fields.number(body, "dimensions") : undefined;
  const [problem] = fields.problems;
  if (problem !== undefined) return failure(problem);
  return success({
    model,
    inputs,
    isSingle: !Array.isArray(body.input),
    ...(dimensions === undefined ? {} : { dimensions }),
    ...keepExtra(unknownFields(body, known)),
  });
}

function decodeRequest(body: JsonObject): Result<EmbeddingRequest, ClientError> {
  const { input } = body;
  const inputs = Array.isArray(input) ? input : [input];
  const texts = inputs.filter((entry) => typeof entry === "string");
  if (texts.length === inputs.length) return decodeVia(body, KNOWN, texts, fieldReader());
  return failure(refusal("invalid_type", "`input` must be a string or a list of strings", { param: "input" }));
}

/** Token lists are passed as they are, for Ollama to refuse: text made up from them would be embedded silently wrong. */
function encodeRequest(request: EmbeddingRequest, target: EncodeTarget): Encoded {
  const inputs = request.inputs.map((input) => (typeof input === "string" ? input : [...input]));
  const own = ownFields(request.extra);
  const { options: _, keep_alive: keepAliveAsked, ...rest } = own;
  const options = encodeOptions(request, target);
  const keepAlive = encodeKeepAlive(keepAliveAsked, target);
  const hasTokens = inputs.some((input) => typeof input !== "string");
  const tokens: Warning = { field: "input", action: "changed", reason: "ollama embeds text only, not token lists" };
  const [first] = inputs;
  return {
    body: {
      model: target.model,
      input: request.isSingle && first !== undefined ? first : inputs,
      ...(request.dimensions === undefined ? {} : { dimensions: request.dimensions }),
      // On a target of ours an input that is too long is refused, not cut in silence.
      ...(target.localOptions === undefined ? {} : { truncate: false }),
      ...rest,
      ...options.fields,
      ...keepAlive.fields,
    },
    warnings: [
      ...options.warnings,
      ...keepAlive.warnings,
      ...(hasTokens ? [tokens] : []),
      ...foreignFields(request.extra, ""),
    ],
  };
}

function isVector(value: JsonValue | undefined): value is number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "number");
}

function decodeReply(body: JsonValue): Result<EmbeddingReply, Fault> {
  if (!isJsonObject(body)) return failure({ kind: "garbage", message: "Ollama's reply is not a JSON object" });
  const fault = faultOfBody(body);
  if (fault !== undefined) return failure(fault);
  const rows = Array.isArray(body.embeddings) ? body.embeddings : [body.embedding];
  const vectors = rows.filter(isVector);
  if (vectors.length !== rows.length) {
    return failure({ kind: "garbage", message: "Ollama's reply has no list of number lists under `embeddings`" });
  }
  const usage = decodeUsage(body);
  const model = typeof body.model === "string" ? body.model : "";
  return success({ model, vectors, ...(usage === undefined ? {} : { usage }) });
}

/** A vector as numbers; base64 is of little-endian float32, as OpenAI sends it. */
function numbersOf(vector: readonly number[] | string): number[] {
  if (typeof vector !== "string") return [...vector];
  const bytes = Uint8Array.from(atob(vector), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => view.getFloat32(index * 4, true));
}

function encodeFigures(reply: EmbeddingReply): JsonObject {
  const { prompt_eval_duration: _, eval_duration: __, eval_count: ___, ...figures } = encodeUsage(reply.usage);
  return figures;
}

function encodeReply(reply: EmbeddingReply, _: EmbeddingRequest, stamp: ReplyStamp, cost: CostStamp): JsonObject {
  return {
    model: stamp.requestedModel,
    embeddings: reply.vectors.map(numbersOf),
    ...encodeFigures(reply),
    ...stampFields(cost),
  };
}

/** `POST /api/embed`. */
export const embeddings: EmbeddingsCodec = {
  path: "/api/embed",
  decodeRequest,
  encodeRequest,
  decodeReply,
  encodeReply,
};

/**
 * `POST /api/embeddings`, which Ollama superseded: one `prompt`, one `embedding` and no counts. For clients that still call it;
 * towards an upstream it speaks the newer call, since only that one tells the usage.
 */
export const legacyEmbeddings: EmbeddingsCodec = {
  ...embeddings,
  decodeRequest(body) {
    const fields = fieldReader();
    return decodeVia(body, LEGACY_KNOWN, [fields.string(body, "prompt") ?? ""], fields);
  },
  encodeReply(reply, _request, _stamp, cost) {
    const [vector] = reply.vectors;
    return { embedding: vector === undefined ? [] : numbersOf(vector), ...stampFields(cost) };
  },
};
