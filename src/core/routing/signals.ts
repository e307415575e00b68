import { fnv1a } from "../fnv.ts";
import type { JsonValue } from "../json.ts";
import type { ChatRequest, Message, Part, Tool } from "../request.ts";
import { estimateTokens } from "../usage.ts";
import { beginsWithWords, withoutBoilerplate } from "./boilerplate.ts";
import { type FailedToolCalls, failedToolCalls } from "./failed-calls.ts";
import { agentOf, isHousekeeping, saysPlanMode } from "./sentinels.ts";
import { readTextSignals, type TextSignals } from "./signals-text.ts";

/** Who speaks last: the person, a tool whose result continues the person's turn, or the agent for itself (titles, summaries). */
export type Turn = "user" | "tool-result" | "housekeeping";

/** What the router knows of a request before it decides: everything is read from the request alone, nothing is asked. */
export interface Signals extends TextSignals {
  /** The person's last words without what agents wrap around them; head and tail where longer than 16 KB. */
  readonly text: string;
  readonly turn: Turn;
  /** The agent is in its plan mode: what is asked for is a plan, not an edit. */
  readonly isPlan: boolean;
  /** The agent by its system prompt (`claude-code`, `codex`, `aider`…), or null. */
  readonly agent: string | null;
  /** Estimate of all that the model reads, tools included. */
  readonly inputTokens: number;
  readonly toolCount: number;
  readonly imageCount: number;
  /** Turns in which the person spoke. */
  readonly depth: number;
  readonly failedToolCalls: FailedToolCalls | null;
  /** The same for every request of one conversation: a hash of the system prompt and of the person's first words. */
  readonly conversationKey: string;
}

/** The most text that is kept of a turn. */
const TEXT_CHARACTERS = 16_384;
/** So much of a text is counted exactly; the rest is taken to be like it. */
const SAMPLE_CHARACTERS = 1_024;
const KEY_CHARACTERS = 1_024;
/** A turn of a few such words means the task before it. */
const ASSENT =
  /^(?:(?:yes|yep|yeah|ok|okay|sure|please|continue|proceed|go|ahead|on|do|it|that|thanks|great|good|looks|lgtm|next|keep|going|ja|weiter|bitte|sí|si|oui|vas-y|继续|好的?)[\s,.!]*){1,4}$/iu;

function textsOf(message: Message): readonly string[] {
  return message.parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
}

function wordsOf(message: Message): string {
  return textsOf(message).map(withoutBoilerplate).filter(Boolean).join("\n");
}

interface LastTurn {
  /** Place of the message in which the person spoke last; -1 where nobody did. */
  readonly place: number;
  readonly words: string;
}

function findTurn(messages: readonly Message[], before: number): LastTurn {
  for (let place = before - 1; place >= 0; place -= 1) {
    const message = messages[place];
    const words = message?.role === "user" ? wordsOf(message) : "";
    if (words !== "") return { place, words };
  }
  return { place: -1, words: "" };
}

/** The words that say what the task is: of the last turn, or of the one before where the last only assents to it. */
function taskWords(messages: readonly Message[], last: LastTurn): string {
  let turn = last;
  while (turn.place !== -1 && turn.words.length < 40 && ASSENT.test(turn.words)) turn = findTurn(messages, turn.place);
  return turn.place === -1 ? last.words : turn.words;
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most / 2)}\n${text.slice(1 - most / 2)}`;
}

function systemOf(messages: readonly Message[]): string {
  const texts = messages.filter(({ role }) => role === "system" || role === "developer").flatMap(textsOf);
  return texts.filter((text) => !text.startsWith("x-anthropic-billing-header:")).join("\n");
}

/** Plan mode is told in the system prompt, or in what the agent adds to the person's last turn. */
function isPlanTurn(system: string, messages: readonly Message[], place: number): boolean {
  if (saysPlanMode(system)) return true;
  const recent = messages.slice(Math.max(place, 0)).filter(({ role }) => role === "user");
  return recent.some((message) => textsOf(message).some((text) => !beginsWithWords(text) && saysPlanMode(text)));
}

function countImages(parts: readonly Part[]): number {
  return parts.reduce(
    (count, part) =>
      count +
      (part.type === "image" ? 1 : part.type === "tool-result" ? countImages(part.content as readonly Part[]) : 0),
    0,
  );
}

/** Characters of a JSON value as text, roughly, without writing it. */
function jsonLength(value: JsonValue): number {
  if (typeof value === "string") return value.length + 2;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + jsonLength(item) + 1, 2);
  if (typeof value !== "object" || value === null) return 4;
  return Object.entries(value).reduce((sum, [name, item]) => sum + name.length + 4 + jsonLength(item), 2);
}

function toolLength(tool: Tool): number {
  if (tool.type === "opaque") return jsonLength(tool.json);
  return tool.name.length + (tool.description?.length ?? 0) + jsonLength(tool.inputSchema ?? {});
}

function partLength(part: Part): number {
  if (part.type === "text" || part.type === "reasoning" || part.type === "refusal") return part.text.length;
  if (part.type === "tool-call") return part.name.length + part.arguments.length;
  return part.type === "tool-result" ? part.content.reduce((sum, inner) => sum + partLength(inner), 0) : 0;
}

/** Tokens of a request, by its length and by how many tokens a sample of it makes. */
function sampledTokens(request: ChatRequest, system: string, words: string): number {
  const parts = request.messages.reduce(
    (sum, message) => sum + message.parts.reduce((inner, part) => inner + partLength(part), 0),
    0,
  );
  const tools = (request.tools ?? []).reduce((sum, tool) => sum + toolLength(tool), 0);
  const sample = `${words.slice(0, SAMPLE_CHARACTERS)}${system.slice(0, SAMPLE_CHARACTERS / 4)}`;
  const perCharacter = sample.length < 64 ? 0.25 : estimateTokens(sample) / sample.length;
  return Math.ceil((parts + tools) * perCharacter);
}

function turnOf(request: ChatRequest, system: string, last: LastTurn): Turn {
  const { messages } = request;
  const raw = last.place === -1 ? "" : (messages[last.place]?.parts ?? []).find((part) => part.type === "text")?.text;
  if (isHousekeeping(system, last.words) || isHousekeeping("", raw ?? "")) return "housekeeping";
  return messages.slice(last.place + 1).some(({ role }) => role === "tool") ? "tool-result" : "user";
}

/** The words of the first turn; those of the last where it is the only one. */
function firstWords(messages: readonly Message[], last: LastTurn): string {
  for (const [place, message] of messages.entries()) {
    if (place === last.place) break;
    const words = message.role === "user" ? wordsOf(message) : "";
    if (words !== "") return words;
  }
  return last.words;
}

function keyOf(system: string, words: string): string {
  const halves = [system, words].map((text) => fnv1a(text.slice(0, KEY_CHARACTERS)).toString(16).padStart(8, "0"));
  return halves.join("-");
}

function depthOf(messages: readonly Message[]): number {
  return messages.filter((message) => message.role === "user" && textsOf(message).some(beginsWithWords)).length;
}

/**
 * Reads the signals of a request. `knownTokens` spares the estimate where the caller has counted the input already. Time is
 * linear in the request; of a turn's words no more than 256 KB are read and 16 KB kept.
 */
export function readSignals(request: ChatRequest, knownTokens?: number): Signals {
  const { messages } = request;
  const system = systemOf(messages);
  const last = findTurn(messages, messages.length);
  const text = clip(taskWords(messages, last), TEXT_CHARACTERS);
  return {
    ...readTextSignals(text),
    text,
    turn: turnOf(request, system, last),
    isPlan: isPlanTurn(system, messages, last.place),
    agent: agentOf(system),
    inputTokens: knownTokens ?? sampledTokens(request, system, last.words),
    toolCount: request.tools?.length ?? 0,
    imageCount: messages.reduce((count, message) => count + countImages(message.parts), 0),
    depth: depthOf(messages),
    failedToolCalls: failedToolCalls(request, last.place + 1),
    conversationKey: keyOf(system, firstWords(messages, last)),
  };
}
