import type { JsonObject } from "../../core/json.ts";
import type { Message, Part } from "../../core/request.ts";
import type { EncodeTarget } from "../dialect.ts";
import { type WarningSink, warn } from "../extra.ts";
import { ownFields, verbatimOf } from "./fields.ts";
import { type PartContext, writePart } from "./part-write.ts";
import { UNVALIDATED_SIGNATURE } from "./signature.ts";
import { traitsOf } from "./traits.ts";

/** A written part, and the call it answers where it is a result (or an image of one). */
interface Written {
  readonly json: JsonObject;
  readonly resultOf?: string;
}

/** One turn on its way out. */
interface Turn {
  readonly role: string;
  readonly parts: readonly Written[];
  /** Ids of the calls in it, in order. */
  readonly calls: readonly string[];
  readonly fields: JsonObject;
}

/** How a conversation is written. */
interface Writing {
  readonly context: PartContext;
  /** It came in this dialect: turns stay as they were. */
  readonly isOwn: boolean;
  readonly needsSignature: boolean;
  readonly sink: WarningSink;
}

function isInstruction(message: Message): boolean {
  return message.role === "system" || message.role === "developer";
}

function writeParts(parts: readonly Part[], writing: Writing, path: string): readonly Written[] {
  return parts.flatMap((part, index) => {
    const isBlank = !writing.isOwn && part.type === "text" && part.text === "";
    if (isBlank) return [];
    const written = writePart(part, writing.context, `${path}.content[${index}]`);
    return written.map((json) => (part.type === "tool-result" ? { json, resultOf: part.toolCallId } : { json }));
  });
}

/** Calls of other models carry no signature: the first of a turn says so in Google's own word. */
function withSignature(parts: readonly Written[]): readonly Written[] {
  const first = parts.findIndex(({ json }) => json.functionCall !== undefined);
  return parts.map((part, index) =>
    index === first && part.json.thoughtSignature === undefined
      ? { json: { ...part.json, thoughtSignature: UNVALIDATED_SIGNATURE } }
      : part,
  );
}

function toTurn(message: Message, writing: Writing, path: string): Turn {
  const { isOwn, needsSignature, sink } = writing;
  const isModel = message.role === "assistant";
  const parts = writeParts(message.parts, writing, path);
  const { role } = verbatimOf(message.extra);
  return {
    role: typeof role === "string" ? role : isModel ? "model" : "user",
    parts: isModel && needsSignature && !isOwn ? withSignature(parts) : parts,
    calls: message.parts.flatMap((part) => (part.type === "tool-call" ? [part.id] : [])),
    fields: ownFields(message.extra, sink, path),
  };
}

function isJoined(message: Message, last: Turn | undefined, turn: Turn, isOwn: boolean): boolean {
  if (last === undefined) return false;
  if (isOwn) return message.shape === "joined";
  return last.role === turn.role && Object.keys(turn.fields).length === 0;
}

/** The results of one round in the order of its calls and before anything else, as the format wants them. */
function inCallOrder(turn: Turn, calls: readonly string[]): Turn {
  const results = turn.parts.filter(({ resultOf }) => resultOf !== undefined);
  const placeOf = ({ resultOf }: Written): number => {
    const place = calls.indexOf(resultOf ?? "");
    return place === -1 ? calls.length : place;
  };
  const isResponse = ({ json }: Written): boolean => json.functionResponse !== undefined;
  const ordered = results.toSorted((left, right) => placeOf(left) - placeOf(right));
  const others = turn.parts.filter(({ resultOf }) => resultOf === undefined);
  const images = ordered.filter((part) => !isResponse(part));
  return { ...turn, parts: [...ordered.filter(isResponse), ...images, ...others] };
}

function toTurns(messages: readonly (readonly [Message, number])[], writing: Writing): readonly Turn[] {
  const { isOwn, sink } = writing;
  const turns: Turn[] = [];
  for (const [message, index] of messages) {
    const path = `messages[${index}]`;
    if (isInstruction(message)) warn(sink, `${path}.role`, "changed", "sent as user text at its place");
    const turn = toTurn(message, writing, path);
    const last = turns.at(-1);
    if (last !== undefined && isJoined(message, last, turn, isOwn)) {
      turns[turns.length - 1] = {
        ...last,
        parts: [...last.parts, ...turn.parts],
        calls: [...last.calls, ...turn.calls],
      };
    } else if (turn.parts.length > 0 || isOwn) turns.push(turn);
    else warn(sink, path, "dropped", "empty content");
  }
  return isOwn ? turns : turns.map((turn, index) => inCallOrder(turn, turns[index - 1]?.calls ?? []));
}

function writeSystem(top: readonly (readonly [Message, number])[], writing: Writing): JsonObject | string | undefined {
  const [first] = top;
  if (first === undefined) return undefined;
  const [message] = first;
  const [only] = message.parts;
  if (writing.isOwn && message.shape === "string" && only?.type === "text") return only.text;
  const parts = top.flatMap(([each, index]) => writeParts(each.parts, writing, `messages[${index}]`));
  const { role } = verbatimOf(message.extra);
  if (parts.length === 0 && !writing.isOwn) return undefined;
  return {
    parts: parts.map(({ json }) => json),
    ...(role === undefined ? {} : { role }),
    ...(writing.isOwn ? ownFields(message.extra, writing.sink, "systemInstruction") : {}),
  };
}

function callNamesOf(messages: readonly Message[]): ReadonlyMap<string, string> {
  const calls = messages.flatMap((message) => message.parts.filter((part) => part.type === "tool-call"));
  return new Map(calls.map((call) => [call.id, call.name]));
}

/** A conversation in this dialect. */
export interface Conversation {
  readonly systemInstruction: JsonObject | string | undefined;
  readonly contents: JsonObject[];
}

/**
 * Writes the conversation: instructions at its head (and those placed at the top) become `systemInstruction`, later ones user
 * text at their place; the results of one round of tools become one content, in the order of the calls.
 */
export function writeConversation(
  messages: readonly Message[],
  target: EncodeTarget,
  isOwn: boolean,
  sink: WarningSink,
): Conversation {
  const { needsSignature, hasResultParts } = traitsOf(target);
  const context: PartContext = { sink, isOwn, hasResultParts, callNames: callNamesOf(messages) };
  const writing: Writing = { context, isOwn, needsSignature, sink };
  const numbered = messages.map((message, index) => [message, index] as const);
  const headEnd = messages.findIndex((message) => !isInstruction(message));
  const isTop = ([message, index]: readonly [Message, number]): boolean =>
    isInstruction(message) && (message.placement === "top" || headEnd === -1 || index < headEnd);
  const systemInstruction = writeSystem(numbered.filter(isTop), writing);
  const turns = toTurns(
    numbered.filter((entry) => !isTop(entry)),
    writing,
  );
  const contents = turns.map(({ role, parts, fields }) => ({ role, parts: parts.map(({ json }) => json), ...fields }));
  if (contents.length > 0 || isOwn) return { systemInstruction, contents };
  warn(sink, "messages", "changed", "no user turn: a full stop stands in for it");
  return { systemInstruction, contents: [{ role: "user", parts: [{ text: "." }] }] };
}
