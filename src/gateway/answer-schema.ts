import type { Fault } from "../core/fault.ts";
import { type JsonObject, type JsonValue, parseJson } from "../core/json.ts";
import { schemaMismatch } from "../core/json-schema.ts";
import type { Reply } from "../core/reply.ts";
import type { Part, TextPart, Warning } from "../core/request.ts";
import { type Target, targetName } from "../core/target.ts";

/** A whole answer after its check: less the code fence around its JSON, and why it is not what was asked for; null where it is. */
export interface CheckedReply {
  readonly reply: Reply;
  readonly mismatch: string | null;
}

type Choice = Pick<Reply, "parts" | "finish">;

/** The text between the code fences that models put around JSON; undefined where there is no fence. */
function unfenced(text: string): string | undefined {
  const trimmed = text.trim();
  const firstLineEnd = trimmed.indexOf("\n");
  if (!trimmed.startsWith("```") || !trimmed.endsWith("```") || firstLineEnd === -1) return undefined;
  return trimmed.slice(firstLineEnd + 1, -3).trim();
}

function whyNot(json: JsonValue | undefined, schema: JsonObject): string | null {
  return json === undefined ? "it is not JSON" : schemaMismatch(json, schema);
}

/** The parts with one text in place of all theirs. */
function withText(parts: readonly Part[], text: string): readonly Part[] {
  const first = parts.findIndex(({ type }) => type === "text");
  return parts.flatMap((part, index): readonly Part[] => {
    if (part.type !== "text") return [part];
    return index === first ? [{ type: "text", text }] : [];
  });
}

/** A refusal, and calls of tools, stand in the place of an answer, as where a schema is enforced. */
function isAnswer({ parts, finish }: Choice): boolean {
  if (finish.unified === "content-filter" || finish.unified === "refusal" || finish.unified === "pause") return false;
  return !parts.some(({ type }) => type === "tool-call" || type === "refusal");
}

function checkChoice<Kind extends Choice>(choice: Kind, schema: JsonObject): { choice: Kind; mismatch: string | null } {
  if (!isAnswer(choice)) return { choice, mismatch: null };
  const texts = choice.parts.filter((part): part is TextPart => part.type === "text");
  const text = texts.map((part) => part.text).join("");
  const mismatch = whyNot(parseJson(text), schema);
  const inner = mismatch === null ? undefined : unfenced(text);
  if (inner === undefined || whyNot(parseJson(inner), schema) !== null) return { choice, mismatch };
  return { choice: { ...choice, parts: withText(choice.parts, inner) }, mismatch: null };
}

/** Checks a whole answer, and each of its alternatives, against the schema that its target was told in words only. */
export function checkReply(reply: Reply, schema: JsonObject): CheckedReply {
  const main = checkChoice(reply, schema);
  const others = (reply.alternatives ?? []).map((choice) => checkChoice(choice, schema));
  const alternatives = others.map(({ choice }) => choice);
  return {
    reply: { ...main.choice, ...(reply.alternatives === undefined ? {} : { alternatives }) },
    mismatch: [main, ...others].find((checked) => checked.mismatch !== null)?.mismatch ?? null,
  };
}

/** How the client learns of the check, or that there was none since the answer was streamed. */
export function schemaWarning(outcome: CheckedReply | "streamed"): Warning {
  const field = "response_format";
  if (outcome === "streamed") return { field, action: "changed", reason: "a streamed answer is not checked" };
  const { mismatch } = outcome;
  const reason = mismatch === null ? "the answer was checked and matches" : `the answer does not match: ${mismatch}`;
  return { field, action: "changed", reason };
}

/** What strict mode makes of an answer that does not match: another target may do better. */
export function schemaFault(mismatch: string, target: Target): Fault {
  const name = targetName(target);
  const message =
    `Strict mode: the answer of ${name} does not match the JSON schema (${mismatch}), which ${name} cannot enforce. ` +
    "Ask a model that can, or ask without strict mode.";
  return { kind: "unsupported", feature: "json_schema", message };
}
