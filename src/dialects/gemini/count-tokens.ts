import type { ClientError, Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, without } from "../../core/json.ts";
import type { ChatRequest } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { Encoded, EncodeTarget, TokenCountCodec } from "../dialect.ts";
import { inCamelCase } from "./fields.ts";
import { decodeRequest } from "./request-read.ts";
import { encodeRequest } from "./request-write.ts";

/** Reads a `countTokens` request: contents alone, or a whole request under `generateContentRequest`. */
function decodeCountTokens(given: JsonObject, pathModel?: string): Result<ChatRequest, ClientError> {
  const body = inCamelCase(given, ["generateContentRequest"]);
  const { generateContentRequest: whole } = body;
  return decodeRequest(isJsonObject(whole) ? whole : body, pathModel);
}

/** What is about the answer, not about the prompt. */
const ANSWER_FIELDS = ["generationConfig", "safetySettings", "store"];

/** Writes a request to count tokens: the whole prompt under `generateContentRequest`, since contents alone leave out system and tools. */
function encodeCountTokens(request: ChatRequest, target: EncodeTarget): Encoded {
  const { body, warnings } = encodeRequest(request, target);
  const prompt = { model: `models/${target.model}`, ...without(body, ANSWER_FIELDS) };
  return { body: { generateContentRequest: prompt }, warnings };
}

/** The count in an upstream's answer to a request written by {@link encodeCountTokens}. */
function decodeCountTokensReply(body: JsonValue): Result<number, Fault> {
  const tokens = isJsonObject(body) ? body.totalTokens : undefined;
  if (typeof tokens === "number") return success(tokens);
  return failure({ kind: "garbage", message: "the reply to countTokens has no totalTokens" });
}

/** `models/{model}:countTokens`: https://ai.google.dev/api/tokens. */
export const tokenCount: TokenCountCodec = {
  path: (model) => `/models/${model}:countTokens`,
  decodeRequest: decodeCountTokens,
  encodeRequest: encodeCountTokens,
  decodeReply: decodeCountTokensReply,
  encodeReply: (inputTokens) => ({ totalTokens: inputTokens }),
};
