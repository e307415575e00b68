import { isJsonObject, type JsonObject, type JsonValue, objectIn } from "../../core/json.ts";
import { stringIn } from "./fields.ts";

/** The data of the event that ends a stream of this dialect. */
export const DONE = "[DONE]";

/** The choices of a chunk that are objects. */
export function choicesOf(chunk: JsonObject): readonly JsonObject[] {
  return Array.isArray(chunk.choices) ? chunk.choices.filter(isJsonObject) : [];
}

/** Usage wherever providers put it: the chunk, Groq's `x_groq`, Moonshot's choice. */
export function rawUsageOf(chunk: JsonObject): JsonObject | undefined {
  if (isJsonObject(chunk.usage)) return chunk.usage;
  const groq = objectIn(chunk, "x_groq").usage;
  if (isJsonObject(groq)) return groq;
  for (const choice of choicesOf(chunk)) if (isJsonObject(choice.usage)) return choice.usage;
  return undefined;
}

/** The readable text in Mistral's `thinking` members, which are strings or lists of text parts. */
function thinkingText(thinking: JsonValue | undefined): string {
  if (typeof thinking === "string") return thinking;
  if (!Array.isArray(thinking)) return "";
  return thinking.map((part) => (isJsonObject(part) ? (stringIn(part, "text") ?? "") : "")).join("");
}

/** One member of a content list (Mistral): text, thinking, or something only this dialect knows. */
export type ContentPiece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "reasoning"; readonly text: string }
  | { readonly kind: "other"; readonly json: JsonValue };

/** A content list in its order. */
export function contentPieces(content: readonly JsonValue[]): readonly ContentPiece[] {
  return content.map((part) => {
    if (!isJsonObject(part)) return { kind: "other", json: part };
    if (part.type === "text" && typeof part.text === "string") return { kind: "text", text: part.text };
    if (part.type === "thinking") return { kind: "reasoning", text: thinkingText(part.thinking) };
    return { kind: "other", json: part };
  });
}

/** One tool call of a stream as it is told apart from the others. */
export interface KnownCall {
  readonly wireIndex: number | undefined;
  readonly id: string;
}

/** The place of a tool delta among the calls seen so far, and the calls with it. */
export interface CallPlace {
  readonly ordinal: number;
  readonly isNew: boolean;
  readonly calls: readonly KnownCall[];
}

/**
 * Which call a tool delta belongs to. Mistral sends no index, some servers index from 1, others give every whole call the
 * index 0: a delta starts a new call when its index is unknown, or when it names a function under another id.
 */
export function placeCall(calls: readonly KnownCall[], delta: JsonObject): CallPlace {
  const wireIndex = typeof delta.index === "number" ? delta.index : undefined;
  const id = stringIn(delta, "id") ?? "";
  const isNamed = (stringIn(objectIn(delta, "function"), "name") ?? "") !== "";
  const ordinal =
    wireIndex === undefined ? calls.length - 1 : calls.findLastIndex((call) => call.wireIndex === wireIndex);
  const known = calls[ordinal];
  const isOther = known !== undefined && id !== "" && id !== known.id && (isNamed || wireIndex === undefined);
  const isNamedAgain = wireIndex === undefined && id === "" && isNamed;
  if (known !== undefined && !isOther && !isNamedAgain) return { ordinal, isNew: false, calls };
  return { ordinal: calls.length, isNew: true, calls: [...calls, { wireIndex, id }] };
}
