import { type ClientError, refusal } from "../../core/fault.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import type { ChatRequest, Warning } from "../../core/request.ts";
import { failure, type Result } from "../../core/result.ts";
import type { Encoded, EncodeTarget } from "../dialect.ts";
import { openaiChat } from "../openai-chat/dialect.ts";

/** Members of a completion request that no chat has. `echo` and `suffix` are seen to elsewhere, the others are lost there. */
const COMPLETION_ONLY = ["suffix", "echo", "best_of", "logprobs"];
const LOST_IN_CHAT = ["best_of", "logprobs"];

function invalid(param: string, expected: string): { readonly ok: false; readonly error: ClientError } {
  return failure(
    refusal("invalid_parameter", `${param} must be ${expected}. Correct it and send the request again.`, { param }),
  );
}

/** The prompts of a body; null where they are not text (lists of tokens). */
function promptsOf({ prompt }: JsonObject): readonly string[] | null {
  if (typeof prompt === "string") return [prompt];
  if (!Array.isArray(prompt) || prompt.length === 0) return null;
  const texts = prompt.filter((entry) => typeof entry === "string");
  return texts.length === prompt.length ? texts : null;
}

function without(fields: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** A body of `POST /v1/completions`: each prompt is one message of the user, what only completions have stays in `extra`. */
export function decodeRequest(body: JsonObject): Result<ChatRequest, ClientError> {
  const prompts = promptsOf(body);
  if (prompts === null) {
    return invalid("prompt", "a string or a list of strings; tokens are not taken, since every model has its own");
  }
  const { suffix = null } = body;
  if (suffix !== null && typeof suffix !== "string") return invalid("suffix", "a string");
  const { echo = null } = body;
  if (echo !== null && typeof echo !== "boolean") return invalid("echo", "true or false");
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

/** The request without what only completions have, and what is lost by that. */
export function chatForm(request: ChatRequest): {
  readonly request: ChatRequest;
  readonly warnings: readonly Warning[];
} {
  const { extra, ...rest } = request;
  if (extra === undefined) return { request, warnings: [] };
  const lost = LOST_IN_CHAT.filter((name) => Object.hasOwn(extra.fields, name) && extra.fields[name] !== null);
  const fields = without(extra.fields, COMPLETION_ONLY);
  return {
    request: Object.keys(fields).length === 0 ? rest : { ...rest, extra: { ...extra, fields } },
    warnings: lost.map((field) => ({ field, action: "dropped", reason: "only in native completions" })),
  };
}

/** A body for a server that has native completions. */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const { body, warnings } = openaiChat.encodeRequest(request, { ...target, maxTokensField: "max_tokens" });
  const [first = "", ...others] = promptTexts(request);
  const prompt = others.length === 0 ? first : [first, ...others];
  return { body: { ...without(body, ["messages"]), prompt }, warnings };
}
