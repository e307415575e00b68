import type { Fault } from "../core/fault.ts";
import { textOfParts, unfenced, withText } from "../core/fenced-json.ts";
import { type JsonObject, type JsonValue, parseJson } from "../core/json.ts";
import { schemaMismatch } from "../core/json-schema.ts";
import type { Reply } from "../core/reply.ts";
import type { Warning } from "../core/request.ts";
import { type Target, targetName } from "../core/target.ts";

/** A whole answer after its check: less the code fence around its JSON, and why it is not what was asked for; null where it is. */
export interface CheckedReply {
  readonly reply: Reply;
  readonly mismatch: string | null;
}

type Choice = Pick<Reply, "parts" | "finish">;

function whyNot(json: JsonValue | undefined, schema: JsonObject): string | null {
  return json === undefined ? "it is not JSON" : schemaMismatch(json, schema);
}

/** A refusal, and calls of tools, stand in the place of an answer, as where a schema is enforced. */
function isAnswer({ parts, finish }: Choice): boolean {
  if (finish.unified === "content-filter" || finish.unified === "refusal" || finish.unified === "pause") return false;
  return !parts.some(({ type }) => type === "tool-call" || type === "refusal");
}

function checkChoice<Kind extends Choice>(choice: Kind, schema: JsonObject): { choice: Kind; mismatch: string | null } {
  if (!isAnswer(choice)) return { choice, mismatch: null };
  const text = textOfParts(choice.parts);
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
