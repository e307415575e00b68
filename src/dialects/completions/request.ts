import type { ClientError } from "../../core/fault.ts";
import { type JsonObject, type JsonValue, without } from "../../core/json.ts";
import type { ChatRequest, Warning } from "../../core/request.ts";
import { failure, type Result } from "../../core/result.ts";
import type { Encoded, EncodeTarget } from "../dialect.ts";
import { openaiChat } from "../openai-chat/dialect.ts";
import { invalid } from "../parameter.ts";

/** Members of a completion request that no chat has in this form. `echo` and `suffix` are seen to elsewhere. */
const COMPLETION_ONLY = ["suffix", "echo", "best_of", "logprobs"];

/** The prompts of a body; null where they are not text (lists of tokens). */
function promptsOf({ prompt }: JsonObject): readonly string[] | null {
  if (typeof prompt === "string") return [prompt];
  if (!Array.isArray(prompt) || prompt.length === 0) return null;
  const texts = prompt.filter((entry) => typeof entry === "string");
  return texts.length === prompt.length ? texts : null;
}

/** A body of `POST /v1/completions`: each prompt is one message of the user, what only completions have stays in `extra`. */
export function decodeRequest(body: JsonObject): Result<ChatRequest, ClientError> {
  const prompts = promptsOf(body);
  if (prompts === null) {
    return failure(
      invalid("prompt", "a string or a list of strings; tokens are not taken, since every model has its own"),
    );
  }
  const { suffix = null } = body;
  if (suffix !== null && typeof suffix !== "string") return failure(invalid("suffix", "a string"));
  const { echo = null } = body;
  if (echo !== null && typeof echo !== "boolean") return failure(invalid("echo", "true or false"));
  const messages: JsonValue[] = prompts.map((content) => ({ role: "user", content }));
  return openaiChat.decodeRequest({ ...without(body, ["prompt", "messages"]), messages });
}

/** The prompts of a decoded request, in order. */
export function promptTexts(request: ChatRequest): readonly string[] {
  return request.messages.map(({ parts }) => parts.map((part) => (part.type === "text" ? part.text : "")).join(""));
}

/** What is to follow the text that is asked for; empty and absent are the same. */
export function suffixOf({ extra }: ChatRequest): string {
  const suffix = extra?.fields.suffix;
  return typeof suffix === "string" ? suffix : "";
}

/** A request in another form, and what that form cannot say. */
export interface Reformed {
  readonly request: ChatRequest;
  readonly warnings: readonly Warning[];
}

function withFields(request: ChatRequest, fields: JsonObject): ChatRequest {
  const { extra: _, ...rest } = request;
  return Object.keys(fields).length === 0 ? rest : { ...rest, extra: { dialect: "openai-chat", fields } };
}

/** The request without what only native completions have, and what is lost by that. */
export function bareForm(request: ChatRequest): Reformed {
  const fields = request.extra?.fields ?? {};
  const lost = ["best_of", "logprobs"].filter((name) => Object.hasOwn(fields, name) && fields[name] !== null);
  return {
    request: withFields(request, without(fields, COMPLETION_ONLY)),
    warnings: lost.map((field) => ({ field, action: "dropped", reason: "only in native completions" })),
  };
}

/** As {@link bareForm}, for a chat: of a whole reply one can tell log probabilities too, in its own members. */
export function chatForm(request: ChatRequest): Reformed {
  const bare = bareForm(request);
  const logprobs = request.extra?.fields.logprobs;
  if (typeof logprobs !== "number" || request.stream) return bare;
  const asked = { logprobs: true, ...(logprobs > 0 ? { top_logprobs: logprobs } : {}) };
  return {
    request: withFields(request, { ...bare.request.extra?.fields, ...asked }),
    warnings: bare.warnings.filter(({ field }) => field !== "logprobs"),
  };
}

/** A body for a server that has native completions. */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const { body, warnings } = openaiChat.encodeRequest(request, { ...target, maxTokensField: "max_tokens" });
  const [first = "", ...others] = promptTexts(request);
  const prompt = others.length === 0 ? first : [first, ...others];
  return { body: { ...without(body, ["messages"]), prompt }, warnings };
}
