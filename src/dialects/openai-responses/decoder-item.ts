import { type JsonObject, objectsIn } from "../../core/json.ts";
import type { StreamPart } from "../../core/reply.ts";
import { wrapInput } from "./custom.ts";
import { textIn } from "./fields.ts";
import { reasoningText } from "./item-read.ts";
import { openForeign, sealOwn } from "./sealed.ts";

/** An output item that has begun and not ended. `block` is its own, or that of the latest text of a message. */
export type OpenItem =
  | { readonly kind: "opaque"; readonly block: number }
  /** `open`: blocks of the texts that are open, by their place; `said`: what has been said at each place. */
  | {
      readonly kind: "message";
      readonly block: number;
      readonly open: ReadonlyMap<number, number>;
      readonly said: ReadonlyMap<number, string>;
    }
  /** `place`: which summary or text came last; `source`: which of the two is told. */
  | { readonly kind: "reasoning"; readonly block: number; readonly source: string; readonly place: string }
  | { readonly kind: "call"; readonly block: number; readonly isCustom: boolean; readonly said: string };

/** An item after a step: what became of it, the parts that say so, and the number of the next block. */
export interface ItemStep {
  readonly item: OpenItem;
  readonly parts: readonly StreamPart[];
  readonly nextBlock: number;
}

/** An event that no other dialect knows; `output_index` stands for the block. */
export function opaqueEvent(event: JsonObject, block: number): StreamPart {
  return { type: "opaque", dialect: "openai-responses", json: { ...event, output_index: block } };
}

/** What an item begins with. A call that is not the client's to answer is as opaque as any item this model does not name. */
export function beginItem(item: JsonObject, isClientCall: boolean, block: number): ItemStep {
  if (item.type === "message")
    return { item: { kind: "message", block, open: new Map(), said: new Map() }, parts: [], nextBlock: block };
  const nextBlock = block + 1;
  if (item.type === "reasoning") {
    const open: OpenItem = { kind: "reasoning", block, source: "", place: "" };
    return { item: open, parts: [{ type: "reasoning-start", block }], nextBlock };
  }
  if (!isClientCall) {
    const event = { type: "response.output_item.added", item };
    return { item: { kind: "opaque", block }, parts: [opaqueEvent(event, block)], nextBlock };
  }
  const id = textIn(item, "call_id") || textIn(item, "id");
  const start: StreamPart = { type: "tool-call-start", block, id, name: textIn(item, "name") };
  const isCustom = item.type === "custom_tool_call";
  return { item: { kind: "call", block, isCustom, said: "" }, parts: [start], nextBlock };
}

/** A piece of a message's text at its place in the content. */
export function continueText(item: OpenItem, place: number, text: string, nextBlock: number): ItemStep {
  if (item.kind !== "message" || text === "") return { item, parts: [], nextBlock };
  const block = item.open.get(place);
  const said = new Map(item.said).set(place, (item.said.get(place) ?? "") + text);
  if (block !== undefined) return { item: { ...item, said }, parts: [{ type: "text-delta", block, text }], nextBlock };
  const open = new Map(item.open).set(place, nextBlock);
  const next: OpenItem = { ...item, block: nextBlock, open, said };
  const parts: readonly StreamPart[] = [
    { type: "text-start", block: nextBlock },
    { type: "text-delta", block: nextBlock, text },
  ];
  return { item: next, parts, nextBlock: nextBlock + 1 };
}

/** A piece of a refusal. */
export function continueRefusal(item: OpenItem, place: number, text: string, nextBlock: number): ItemStep {
  if (item.kind !== "message" || text === "") return { item, parts: [], nextBlock };
  const said = new Map(item.said).set(place, (item.said.get(place) ?? "") + text);
  return { item: { ...item, said }, parts: [{ type: "refusal-delta", text }], nextBlock };
}

/** A piece of reasoning: of the summary, or of the text itself where the provider began with that. */
export function continueReasoning(item: OpenItem, source: string, index: number, text: string): ItemStep {
  const nextBlock = item.block + 1;
  const isOther = item.kind === "reasoning" && item.source !== "" && item.source !== source;
  if (item.kind !== "reasoning" || isOther || text === "") return { item, parts: [], nextBlock };
  const place = `${source}:${index}`;
  const separator = item.place === "" || item.place === place ? "" : "\n\n";
  const part: StreamPart = { type: "reasoning-delta", block: item.block, text: separator + text };
  return { item: { ...item, source, place }, parts: [part], nextBlock };
}

/** A piece of a function's arguments. A custom tool's text waits for its end, since it goes on as JSON. */
export function continueCall(item: OpenItem, text: string): ItemStep {
  const nextBlock = item.block + 1;
  if (item.kind !== "call" || item.isCustom || text === "") return { item, parts: [], nextBlock };
  const part: StreamPart = { type: "tool-call-delta", block: item.block, arguments: text };
  return { item: { ...item, said: item.said + text }, parts: [part], nextBlock };
}

/** What the deltas left out of a text that its item tells whole; nothing where they said something else. */
function unsaid(whole: string, said: string): string {
  return whole.startsWith(said) ? whole.slice(said.length) : "";
}

function endReasoning(item: Extract<OpenItem, { kind: "reasoning" }>, whole: JsonObject): readonly StreamPart[] {
  const { block } = item;
  const { encrypted_content: encrypted } = whole;
  const text = item.place === "" ? reasoningText(whole) : "";
  const native = typeof encrypted === "string" ? { encrypted: sealOwn(encrypted) } : {};
  const minted = openForeign(encrypted) ?? native;
  const end: StreamPart = { type: "reasoning-end", block, ...minted };
  return text === "" ? [end] : [{ type: "reasoning-delta", block, text }, end];
}

function endCall(item: Extract<OpenItem, { kind: "call" }>, whole: JsonObject): readonly StreamPart[] {
  const { block } = item;
  const end: StreamPart = { type: "tool-call-end", block };
  const text = item.isCustom ? wrapInput(textIn(whole, "input")) : unsaid(textIn(whole, "arguments"), item.said);
  return text === "" ? [end] : [{ type: "tool-call-delta", block, arguments: text }, end];
}

/** Ends the texts that are open, and says what the item holds that no event said. */
function endMessage(item: Extract<OpenItem, { kind: "message" }>, whole: JsonObject, nextBlock: number): ItemStep {
  let step: ItemStep = { item, parts: [], nextBlock };
  const parts: StreamPart[] = [];
  for (const [place, content] of objectsIn(whole, "content").entries()) {
    const said = item.said.get(place) ?? "";
    step = continueText(step.item, place, unsaid(textIn(content, "text"), said), step.nextBlock);
    parts.push(...step.parts);
    step = continueRefusal(step.item, place, unsaid(textIn(content, "refusal"), said), step.nextBlock);
    parts.push(...step.parts);
  }
  const open = step.item.kind === "message" ? [...step.item.open.values()] : [];
  const ends = open.map((block): StreamPart => ({ type: "text-end", block }));
  return { ...step, parts: [...parts, ...ends] };
}

/** What an item ends with. `whole` is the item as its last event tells it, empty where the stream went on without one. */
export function endItem(item: OpenItem, whole: JsonObject, nextBlock: number): ItemStep {
  switch (item.kind) {
    case "message":
      return endMessage(item, whole, nextBlock);
    case "reasoning":
      return { item, parts: endReasoning(item, whole), nextBlock };
    case "call":
      return { item, parts: endCall(item, whole), nextBlock };
    case "opaque": {
      const event = { type: "response.output_item.done", item: whole };
      return { item, parts: [opaqueEvent(event, item.block)], nextBlock };
    }
  }
}
