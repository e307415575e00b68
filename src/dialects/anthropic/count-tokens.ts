import type { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { ChatRequest } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { Encoded, EncodeTarget } from "../dialect.ts";
import { without } from "./extra.ts";
import { encodeRequest } from "./request-write.ts";

/** Path of the call below the provider's base URL that counts a request's input tokens. */
export const countTokensPath = "/messages/count_tokens";

/** What is about the answer, not about the prompt: the endpoint refuses these as "extra inputs". */
const ANSWER_FIELDS = [
  "max_tokens",
  "stream",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "metadata",
  "service_tier",
  "container",
  "inference_geo",
];

/** Writes a request to count tokens: the Messages request without the fields that shape the answer. */
export function encodeCountTokens(request: ChatRequest, target: EncodeTarget): Encoded {
  const { body, warnings } = encodeRequest(request, target);
  const isAboutPrompt = (field: string) => !ANSWER_FIELDS.includes(field);
  return { body: without(body, ANSWER_FIELDS), warnings: warnings.filter(({ field }) => isAboutPrompt(field)) };
}

/** The count in an upstream's answer to a request written by {@link encodeCountTokens}. */
export function decodeCountTokens(body: JsonValue): Result<number, Fault> {
  const tokens = isJsonObject(body) ? body.input_tokens : undefined;
  if (typeof tokens === "number") return success(tokens);
  return failure({ kind: "garbage", message: "the reply to count_tokens has no input_tokens" });
}

/** The answer to a client that asked for a count of input tokens. */
export function encodeCountTokensReply(inputTokens: number): JsonObject {
  return { input_tokens: inputTokens };
}
