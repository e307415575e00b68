import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { choicesOf, contentPieces, type KnownCall, placeCall } from "./chunk.ts";
import { stringIn } from "./fields.ts";

/** A chunk after its repairs: the very same object when none was needed. */
export interface Repaired {
  readonly chunk: JsonObject;
  readonly calls: readonly KnownCall[];
}

/** A message or delta whose content list (Mistral) becomes a string with the thinking beside it, since official clients read text there. */
export function flattenContent(delta: JsonObject): JsonObject {
  if (!Array.isArray(delta.content)) return delta;
  const pieces = contentPieces(delta.content);
  const text = pieces.flatMap((piece) => (piece.kind === "text" ? [piece.text] : [])).join("");
  const reasoning = pieces.flatMap((piece) => (piece.kind === "reasoning" ? [piece.text] : [])).join("");
  return { ...delta, content: text, ...(reasoning === "" ? {} : { reasoning_content: reasoning }) };
}

function isSameCall(call: JsonObject, ordinal: number, isNew: boolean): boolean {
  return call.index === ordinal && (!isNew || call.type !== undefined);
}

/** Tool deltas get the index that official clients file them under (from 0, one a call), and a new call its `type`. */
function repairCalls(delta: JsonObject, known: readonly KnownCall[]): readonly [JsonObject, readonly KnownCall[]] {
  if (!Array.isArray(delta.tool_calls)) return [delta, known];
  let calls = known;
  let isChanged = false;
  const entries: JsonValue[] = [];
  for (const call of delta.tool_calls) {
    if (!isJsonObject(call)) continue;
    const place = placeCall(calls, call);
    calls = place.calls;
    if (isSameCall(call, place.ordinal, place.isNew)) {
      entries.push(call);
      continue;
    }
    isChanged = true;
    entries.push({ ...(place.isNew ? { type: "function" } : {}), ...call, index: place.ordinal });
  }
  return [isChanged ? { ...delta, tool_calls: entries } : delta, calls];
}

function repairChoice(
  choice: JsonObject,
  hasRole: boolean,
  known: readonly KnownCall[],
): readonly [JsonObject, readonly KnownCall[]] {
  if (!isJsonObject(choice.delta)) return [choice, known];
  const isRoleMissing = !hasRole && stringIn(choice.delta, "role") === undefined;
  const withRole = isRoleMissing ? { ...choice.delta, role: "assistant" } : choice.delta;
  const [delta, calls] = repairCalls(flattenContent(withRole), known);
  const isWrongStop = choice.finish_reason === "stop" && calls.length > 0;
  if (delta === choice.delta && !isWrongStop) return [choice, calls];
  return [{ ...choice, delta, ...(isWrongStop ? { finish_reason: "tool_calls" } : {}) }, calls];
}

/**
 * The declared repairs of a chunk of any provider: a first delta without a role, content lists, tool deltas without a usable
 * index or type, `stop` where tools were called. Further choices (`n`) pass as they are, but for their role.
 */
export function repairChunk(chunk: JsonObject, hasRole: boolean, known: readonly KnownCall[]): Repaired {
  let calls = known;
  let isChanged = false;
  const choices = choicesOf(chunk).map((choice) => {
    const isFirst = choice.index === 0 || choice.index === undefined;
    const [repaired, after] = repairChoice(choice, hasRole, isFirst ? calls : []);
    if (isFirst) calls = after;
    if (repaired !== choice) isChanged = true;
    return repaired;
  });
  return { chunk: isChanged ? { ...chunk, choices } : chunk, calls };
}
