import type { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonValue, without } from "../../core/json.ts";
import type { ChatRequest } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { Encoded, EncodeTarget, TokenCountCodec } from "../dialect.ts";
import { decodeRequest } from "./request-read.ts";
import { encodeRequest } from "./request-write.ts";

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

/** The Messages request without the fields that shape the answer. */
function encodeCountTokens(request: ChatRequest, target: EncodeTarget): Encoded {
  const { body, warnings } = encodeRequest(request, target);
  const isAboutPrompt = (field: string) => !ANSWER_FIELDS.includes(field);
  return { body: without(body, ANSWER_FIELDS), warnings: warnings.filter(({ field }) => isAboutPrompt(field)) };
}

function decodeCountTokens(body: JsonValue): Result<number, Fault> {
  const tokens = isJsonObject(body) ? body.input_tokens : undefined;
  if (typeof tokens === "number") return success(tokens);
  return failure({ kind: "garbage", message: "the reply to count_tokens has no input_tokens" });
}

/** `POST /v1/messages/count_tokens`: https://platform.claude.com/docs/en/api/messages-count-tokens. */
export const tokenCount: TokenCountCodec = {
  path: () => "/messages/count_tokens",
  decodeRequest,
  encodeRequest: encodeCountTokens,
  decodeReply: decodeCountTokens,
  encodeReply: (inputTokens) => ({ input_tokens: inputTokens }),
};
