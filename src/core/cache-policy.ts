import type { FinishReason } from "./reply.ts";
import type { ChatRequest, Message } from "./request.ts";

/**
 * What a client says of the cache, by `x-lodestar-cache`: `on` keeps an answer whatever the temperature, `off` leaves the cache
 * out, `refresh` asks anew and keeps the answer, `only` never asks a model.
 */
export const CACHE_SWITCHES = ["on", "off", "refresh", "only"] as const;

/** What one request wants of the cache. */
export interface CacheWish {
  readonly switch: (typeof CACHE_SWITCHES)[number] | null;
  /** Oldest answer it takes; null as configured. */
  readonly maxAgeMs: number | null;
}

/** Why the cache is left out of a request, as `x-lodestar-cache` says it. */
export type CacheBypass =
  | "off"
  | "project-off"
  | "asked"
  | "rule"
  | "endpoint"
  | "temperature"
  | "temperature-default"
  | "tool-results"
  | "server-tools"
  | "several-answers"
  | "kept-elsewhere"
  | "no-messages"
  | "client-credential"
  | "unusable";

/** Why an answer is not kept. */
export type NotKept =
  | "truncated"
  | "filtered"
  | "unfinished"
  | "budget-cap"
  | "checked-format"
  | "variant"
  | "too-large"
  | "unusable";

/** What an absent temperature counts as: the default of nearly every provider. */
const DEFAULT_TEMPERATURE = 1;

function isToolResult({ role, parts }: Message): boolean {
  return role === "tool" || parts.some(({ type }) => type === "tool-result" || type === "opaque");
}

/** Whether the turn to be answered tells what tools did: the world may have changed since they were asked last. */
function answersTools({ messages }: ChatRequest): boolean {
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  return messages.slice(last + 1).some(isToolResult);
}

/** Why a chat is not to be served from the cache, nor its answer kept; null where it may. `kept` as in a dialect. */
export function chatBypass(
  request: ChatRequest,
  rules: {
    readonly maxTemperature: number;
    readonly isAlways: boolean;
    readonly kept: Readonly<Record<string, string>>;
  },
): CacheBypass | null {
  const { messages, temperature, tools = [], choiceCount = 1, extra } = request;
  if (messages.length === 0) return "no-messages";
  if (choiceCount !== 1) return "several-answers";
  if (Object.keys(extra?.fields ?? {}).some((field) => Object.hasOwn(rules.kept, field))) return "kept-elsewhere";
  if (tools.some(({ type }) => type === "opaque")) return "server-tools";
  if (answersTools(request)) return "tool-results";
  if (rules.isAlways || (temperature ?? DEFAULT_TEMPERATURE) <= rules.maxTemperature) return null;
  return temperature === undefined ? "temperature-default" : "temperature";
}

/** Why an answer that ended so is not kept; null where it is whole. */
export function endBypass(finish: FinishReason["unified"]): NotKept | null {
  switch (finish) {
    case "stop":
    case "tool-calls":
      return null;
    case "length":
      return "truncated";
    case "content-filter":
    case "refusal":
      return "filtered";
    case "pause":
    case "other":
      return "unfinished";
  }
}
