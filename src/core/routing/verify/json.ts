import { parseJson } from "../../json.ts";
import { schemaMismatch } from "../../json-schema.ts";
import type { Check, Subject } from "./verdict.ts";

/** A request that says in words that the whole answer is to be JSON. */
const IN_WORDS =
  /\b(?:only|just|strictly|valid|raw)\s+(?:valid\s+|raw\s+|a\s+|one\s+)?json\b|\bjson\s+only\b|\b(?:respond|reply|answer|return|output)\s+(?:only\s+)?(?:with|in|as)\s+(?:a\s+)?(?:valid\s+)?json\b/i;

/** Refusals and calls of tools stand in the place of an answer. */
function isAnswer({ reply }: Subject): boolean {
  const { unified } = reply.finish;
  if (unified === "content-filter" || unified === "refusal" || unified === "pause") return false;
  return !reply.parts.some(({ type }) => type === "tool-call" || type === "refusal");
}

function problemOf(text: string): string | null {
  if (parseJson(text) !== undefined) return null;
  const trimmed = text.trim();
  if (trimmed.startsWith("```")) return "JSON was asked for, and the answer puts a code fence around it";
  const start = JSON.stringify(trimmed.slice(0, 60));
  return `JSON was asked for, and the answer does not parse as JSON; it starts with ${start}`;
}

/** Where only words ask for JSON, a client most likely looks for it: one block that parses will do. */
function holdsJson({ text, fences }: Subject): boolean {
  return parseJson(text) !== undefined || fences.some(({ code }) => parseJson(code) !== undefined);
}

/** JSON where JSON was asked for: by the format, or in words, which is read less strictly. */
export const isNotJson: Check = (subject) => {
  const { request, text, userText } = subject;
  if (!isAnswer(subject) || text.trim() === "") return undefined;
  const format = request.responseFormat?.type ?? "text";
  if (format !== "text") return problemOf(text);
  if (!IN_WORDS.test(userText)) return undefined;
  return holdsJson(subject) ? null : "the request asks for JSON only, and there is none in the answer that parses";
};

/** JSON that fits the schema that was asked for; what is no JSON at all is another check's matter. */
export const breaksSchema: Check = (subject) => {
  const { responseFormat } = subject.request;
  if (responseFormat?.type !== "json-schema" || !isAnswer(subject)) return undefined;
  const value = parseJson(subject.text);
  if (value === undefined) return undefined;
  const mismatch = schemaMismatch(value, responseFormat.schema);
  return mismatch === null ? null : `the answer does not fit the JSON schema: ${mismatch}`;
};
