import type { LocalSettings } from "../config/settings.ts";
import { isCloudModel } from "../core/cloud-model.ts";
import type { Fault } from "../core/fault.ts";
import { isJsonObject, type JsonValue } from "../core/json.ts";
import type { AttemptIntent } from "../core/ledger.ts";
import type { ChatRequest, EmbeddingRequest, Warning } from "../core/request.ts";
import { textOfRequest } from "../core/request-text.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { LocalPriority } from "../core/switch/state.ts";
import type { Target } from "../core/target.ts";
import { estimateTokens, totalInput } from "../core/usage.ts";
import type { Dialect, EncodeTarget } from "../dialects/dialect.ts";
import type { ModelFacts } from "../host/prices/prices.ts";
import type { LocalAsk, LocalScheduler, Slot, SlotOutcome } from "../local/scheduler.ts";
import type { Provider, ProviderEndpoint } from "../providers/provider.ts";
import type { Call } from "./call.ts";
import type { Ending } from "./settle.ts";

/** What of a call decides how patient it is. */
type CallClass = Pick<Call, "isBatch">;

/** What a local engine must hold at once. */
export interface RequestSize {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** An attempt, as far as the gate looks at it. */
export interface Entrant {
  readonly intent: AttemptIntent;
  readonly planned: { readonly target: Target };
  readonly configured: { readonly provider: Provider };
  readonly next: { readonly target: Target } | null;
  readonly signal: AbortSignal;
}

/** Where it leads. */
export interface Way {
  readonly endpoint: ProviderEndpoint;
  readonly dialect: Pick<Dialect, "hasRunnerOptions">;
}

/** The way to local engines: what waits there waits here, and what goes there goes with the engine's own options. */
export interface LocalGate {
  /** Waits until the attempt's target may be asked. Nothing to wait for is a success at once, and `sizeOf` not called. */
  enter(attempt: Entrant, call: CallClass, route: Way, sizeOf: () => RequestSize): Promise<Result<void, Fault>>;
  /** What pins the runner for an attempt that has entered; nothing for a target that is no engine of ours. */
  termsOf(attempt: Entrant): Pick<EncodeTarget, "localOptions" | "keepAlive">;
  /** Called once for every attempt that is settled: its place is free. */
  leave(intent: AttemptIntent, ending: Ending): void;
  /** What the client should know of how the engine read its prompt. */
  warningsOf(attempt: Entrant): readonly Warning[];
}

/** What the gate stands on. */
export interface GateParts {
  readonly scheduler: LocalScheduler;
  readonly settings: () => LocalSettings;
  readonly factsOf: (provider: string, model: string) => ModelFacts | null;
  /** The base URL of a provider that is an Ollama of ours; null for any other. */
  readonly serverOf: (provider: string) => string | null;
  /** Whether a server is known not to have a model: it is asked all the same, and says so in its own words. */
  readonly isAbsent: (provider: string, model: string) => boolean;
  /** Tokens that a model makes of one estimated. */
  readonly tokenRatio: (provider: string, model: string) => number;
  /** How long the engine is to keep a model after a request, as Ollama wants it said. */
  readonly keepAliveOf: (provider: string, model: string) => string;
  /** The engine read less of a prompt than was sent. */
  readonly tellCut: (intent: AttemptIntent, contextTokens: number) => void;
}

interface Entry {
  readonly slot: Slot;
  readonly promptTokens: number;
  isCut: boolean;
}

/** Room for an answer whose length the client left open, and the most that is kept free for any. */
const DEFAULT_OUTPUT = 1_024;
const MOST_OUTPUT = 4_096;
/** Nine of ten estimates are within a quarter ({@link estimateTokens}); no text was found to be less than half of its own. */
const ABOVE = 1.25;
const BELOW = 0.5;
/** Template and special tokens around a prompt. */
const TEMPLATE_TOKENS = 64;
/** What another server must be sooner by to be asked instead. */
const SOONER_MS = 1_000;
/** A prompt this short is not judged by an estimate. */
const LEAST_JUDGED = 256;

/** The size of a chat request; null is nothing that generates. */
export function sizeOfChat(request: ChatRequest): RequestSize {
  const outputTokens = Math.min(request.maxOutputTokens ?? DEFAULT_OUTPUT, MOST_OUTPUT);
  return { promptTokens: estimateTokens(textOfRequest(request)), outputTokens };
}

/** Every input of an embedding request is read by itself: the longest counts. */
export function sizeOfEmbedding({ inputs }: EmbeddingRequest): RequestSize {
  const lengths = inputs.map((input) => (typeof input === "string" ? estimateTokens(input) : input.length));
  return { promptTokens: Math.max(0, ...lengths), outputTokens: 0 };
}

function priorityOf({ intent }: Entrant, { isBatch }: CallClass): LocalPriority {
  if (isBatch === true) return "batch";
  return intent.endpoint === "completions" ? "completion" : "chat";
}

function milliseconds(nanoseconds: JsonValue | undefined): number | null {
  return typeof nanoseconds === "number" ? nanoseconds / 1e6 : null;
}

function count(value: JsonValue | undefined): number | null {
  return typeof value === "number" ? value : null;
}

/** What Ollama says that an answer took; null where the answer has no end. */
function outcomeOf({ usage }: Ending): SlotOutcome | null {
  const { raw } = usage;
  if (!isJsonObject(raw)) return null;
  return {
    loadMs: milliseconds(raw.load_duration),
    promptTokens: count(raw.prompt_eval_count),
    promptMs: milliseconds(raw.prompt_eval_duration),
    outputTokens: count(raw.eval_count),
    outputMs: milliseconds(raw.eval_duration),
  };
}

function tooLong(model: string, promptTokens: number, contextTokens: number): Fault {
  const message = `The prompt is about ${promptTokens} tokens long, and ${model} reads at most ${contextTokens}. Send less of it, or name a model with more context: \`lodestar models\`.`;
  return { kind: "context-length", message };
}

/** What the scheduler is asked for. A request with a further target waits only so long; batch work waits. */
function askOf(
  { settings, tokenRatio, factsOf, isAbsent }: GateParts,
  { attempt, call, route, size }: { attempt: Entrant; call: CallClass; route: Way; size: RequestSize },
): LocalAsk {
  const { provider: providerId, model } = attempt.planned.target;
  const likely = size.promptTokens * tokenRatio(providerId, model);
  const mayLeave = attempt.next !== null && call.isBatch !== true;
  return {
    providerId,
    baseUrl: route.endpoint.baseUrl,
    model,
    ...size,
    promptBoundTokens: Math.ceil(likely * ABOVE) + TEMPLATE_TOKENS,
    maxContextTokens: factsOf(providerId, model)?.contextTokens ?? null,
    priority: priorityOf(attempt, call),
    overflowMs: mayLeave ? settings().overflowMs : null,
    isHeld: settings().isScheduled && !isAbsent(providerId, model),
    signal: attempt.signal,
  };
}

/** Why the next target is asked instead: another server of ours, where the answer is expected sooner. */
function soonerAt({ next }: Entrant, ask: LocalAsk, { serverOf, scheduler }: GateParts): Fault | null {
  const baseUrl = next === null ? null : serverOf(next.target.provider);
  if (next === null || baseUrl === null || !ask.isHeld) return null;
  const { provider: providerId, model } = next.target;
  const there = scheduler.expectedMs({ ...ask, providerId, baseUrl, model });
  if (there + SOONER_MS >= scheduler.expectedMs(ask)) return null;
  return {
    kind: "unavailable",
    message: `${ask.providerId} is busy: ${providerId}/${model} is expected to answer sooner.`,
  };
}

/** Puts a gate before the local engines. */
export function createLocalGate(parts: GateParts): LocalGate {
  const { scheduler } = parts;
  const entries = new WeakMap<AttemptIntent, Entry>();

  return {
    async enter(attempt, call, route, sizeOf) {
      const isLocal = attempt.configured.provider.isLocal === true && !isCloudModel(attempt.planned.target.model);
      const isOurs = isLocal && route.dialect.hasRunnerOptions === true;
      if (!isOurs || entries.has(attempt.intent)) return success(undefined);
      const ask = askOf(parts, { attempt, call, route, size: sizeOf() });
      const { maxContextTokens, model, promptTokens } = ask;
      const least = Math.floor(promptTokens * BELOW);
      if (maxContextTokens !== null && least > maxContextTokens)
        return failure(tooLong(model, promptTokens, maxContextTokens));
      const sooner = soonerAt(attempt, ask, parts);
      if (sooner !== null) return failure(sooner);
      const slot = await scheduler.admit(ask);
      if (!slot.ok) return slot;
      entries.set(attempt.intent, { slot: slot.value, promptTokens, isCut: false });
      return success(undefined);
    },
    termsOf({ intent, planned: { target } }) {
      const entry = entries.get(intent);
      if (entry === undefined) return {};
      const keepAlive = parts.keepAliveOf(target.provider, target.model);
      return { localOptions: { num_ctx: entry.slot.contextTokens }, keepAlive };
    },
    leave(intent, ending) {
      const entry = entries.get(intent);
      if (entry === undefined) return;
      entry.slot.release(outcomeOf(ending));
      const { promptTokens, slot } = entry;
      const hasRead = ending.state === "final" && intent.endpoint !== "embeddings";
      entry.isCut = hasRead && promptTokens >= LEAST_JUDGED && totalInput(ending.usage) < promptTokens * BELOW;
      if (entry.isCut) parts.tellCut(intent, slot.contextTokens);
    },
    warningsOf({ intent }) {
      const isCut = entries.get(intent)?.isCut === true;
      return isCut ? [{ field: "messages", action: "changed", reason: "the engine read less than was sent" }] : [];
    },
  };
}

/** Ollama wants a unit: without one, `-1` is no time to it. */
export function keepAliveOf({ keepAlive }: Pick<LocalSettings, "keepAlive">): string {
  return keepAlive === "-1" ? "-1s" : keepAlive;
}
