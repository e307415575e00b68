import type { JsonObject } from "../../core/json.ts";
import type { Message, Part } from "../../core/request.ts";
import type { EncodeTarget } from "../dialect.ts";
import { type WarningSink, warn } from "../extra.ts";
import { writeBlock } from "./block-write.ts";
import { markLast } from "./cache-marks.ts";
import { traitsOf } from "./claude.ts";
import { ownFields } from "./extra.ts";

/** One turn on its way out. `text` is set while its content may still be written as a plain string. */
interface Turn {
  readonly role: "user" | "assistant" | "system";
  readonly results: readonly JsonObject[];
  readonly blocks: readonly JsonObject[];
  readonly text?: string;
  readonly fields: JsonObject;
}

function isInstruction(message: Message): boolean {
  return message.role === "system" || message.role === "developer";
}

function plainText(message: Message): string | undefined {
  const [only, ...others] = message.parts;
  if (message.shape !== "string" || only?.type !== "text" || only.extra !== undefined) return undefined;
  return others.length === 0 ? only.text : undefined;
}

/** Anthropic refuses text blocks without a visible character: they are left out. */
function isBlank(part: Part): boolean {
  return (part.type === "text" || part.type === "refusal") && part.text.trim() === "";
}

function toTurn(message: Message, role: Turn["role"], sink: WarningSink, path: string): Turn {
  const written = message.parts.flatMap((part, index) => {
    const block = isBlank(part) ? undefined : writeBlock(part, sink, `${path}.content[${index}]`);
    return block === undefined ? [] : [block];
  });
  const fields = ownFields(message.extra, sink, path);
  const isOwn = message.extra?.dialect === "anthropic";
  const mark = isOwn ? undefined : fields.cache_control;
  const blocks = markLast(written, mark);
  const text = mark === undefined ? plainText(message) : undefined;
  return {
    role,
    results: blocks.filter(({ type }) => type === "tool_result"),
    blocks: blocks.filter(({ type }) => type !== "tool_result"),
    ...(text === undefined ? {} : { text }),
    fields: isOwn ? fields : {},
  };
}

function join(before: Turn, next: Turn): Turn {
  return {
    role: before.role,
    results: [...before.results, ...next.results],
    blocks: [...before.blocks, ...next.blocks],
    fields: before.fields,
  };
}

/** Turns of one role in a row are one turn to Anthropic; those with fields of their own stay apart. */
function mergeTurns(turns: readonly Turn[]): readonly Turn[] {
  const merged: Turn[] = [];
  for (const turn of turns) {
    const last = merged.at(-1);
    const isMergeable = last?.role === turn.role && turn.role !== "system" && Object.keys(turn.fields).length === 0;
    if (isMergeable && last !== undefined) merged[merged.length - 1] = join(last, turn);
    else merged.push(turn);
  }
  return merged;
}

function writeTurn(turn: Turn): JsonObject {
  const content = turn.text ?? [...turn.results, ...turn.blocks];
  return { role: turn.role, content, ...turn.fields };
}

function isEmpty(turn: Turn): boolean {
  return turn.results.length === 0 && turn.blocks.length === 0;
}

function roleOf(message: Message, previous: Turn | undefined, canInstruct: boolean): Turn["role"] {
  if (message.role === "assistant") return "assistant";
  return isInstruction(message) && canInstruct && previous?.role === "user" ? "system" : "user";
}

function toTurns(
  messages: readonly (readonly [Message, number])[],
  target: EncodeTarget,
  sink: WarningSink,
): readonly Turn[] {
  const canInstruct = traitsOf(target).hasSystemInMessages;
  const turns: Turn[] = [];
  for (const [message, index] of messages) {
    const path = `messages[${index}]`;
    const role = roleOf(message, turns.at(-1), canInstruct);
    if (isInstruction(message) && role === "user")
      warn(sink, `${path}.role`, "changed", "sent as user text at its place");
    const turn = toTurn(message, role, sink, path);
    if (isEmpty(turn)) warn(sink, path, "dropped", "empty content");
    else turns.push(turn);
  }
  return mergeTurns(turns);
}

/** A prefill, an assistant turn at the end, must not end in white space. */
function trimPrefill(turns: readonly Turn[], sink: WarningSink): readonly Turn[] {
  const last = turns.at(-1);
  const block = last?.blocks.at(-1);
  const text = last?.role === "assistant" && block?.type === "text" ? block.text : undefined;
  if (last === undefined || block === undefined || typeof text !== "string" || text === text.trimEnd()) return turns;
  warn(sink, "messages", "changed", "white space at the end of the assistant prefill removed");
  const blocks = [...last.blocks.slice(0, -1), { ...block, text: text.trimEnd() }];
  const trimmed = { ...last, blocks, ...(last.text === undefined ? {} : { text: last.text.trimEnd() }) };
  return [...turns.slice(0, -1), trimmed];
}

function writeSystem(
  top: readonly (readonly [Message, number])[],
  sink: WarningSink,
): JsonObject[] | string | undefined {
  const turns = top.map(([message, index]) => toTurn(message, "system", sink, `messages[${index}]`));
  const text = turns.length === 1 ? turns[0]?.text : undefined;
  const blocks = turns.flatMap((turn) => turn.blocks);
  return text ?? (blocks.length === 0 ? undefined : blocks);
}

/**
 * Writes the conversation: instructions at its head (and those placed at the top) become `system`, later ones a `system` turn where
 * the model takes one, else user text; the results of one round of tools become one user turn that begins with them.
 */
export function writeConversation(
  messages: readonly Message[],
  target: EncodeTarget,
  sink: WarningSink,
): { readonly system: JsonObject[] | string | undefined; readonly messages: JsonObject[] } {
  const numbered = messages.map((message, index) => [message, index] as const);
  const headEnd = messages.findIndex((message) => !isInstruction(message));
  const isTop = ([message, index]: readonly [Message, number]) =>
    isInstruction(message) && (message.placement === "top" || headEnd === -1 || index < headEnd);
  const system = writeSystem(numbered.filter(isTop), sink);
  const turns = trimPrefill(
    toTurns(
      numbered.filter((entry) => !isTop(entry)),
      target,
      sink,
    ),
    sink,
  );
  if (turns.length > 0) return { system, messages: turns.map(writeTurn) };
  warn(sink, "messages", "changed", "no user turn: a full stop stands in for it");
  return { system, messages: [{ role: "user", content: "." }] };
}
