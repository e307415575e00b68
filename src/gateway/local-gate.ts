import type { LocalSettings } from "../config/settings.ts";
import { isCloudModel } from "../core/cloud-model.ts";
import type { Fault } from "../core/fault.ts";
import { isJsonObject, type JsonValue } from "../core/json.ts";
import type { AttemptIntent } from "../core/ledger.ts";
import type { ChatRequest, EmbeddingRequest, Warning } from "../core/request.ts";
import { textOfRequest } from "../core/request-text.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { LocalPriority } from "../core/switch-state.ts";
import type { Target } from "../core/target.ts";
import { estimateTokens, totalInput } from "../core/usage.ts";
import type { Dialect, EncodeTarget } from "../dialects/dialect.ts";
import type { ModelFacts } from "../host/prices.ts";
import type { LocalAsk, LocalScheduler, Slot, SlotOutcome } from "../local/scheduler.ts";
import type { Provider, ProviderEndpoint } from "../providers/provider.ts";
import type { Call } from "./call.ts";
import type { Ending } from "./settle.ts";

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
  readonly hasNext: boolean;
  readonly signal: AbortSignal;
}

/** Where it leads. */
export interface Way {
  readonly endpoint: ProviderEndpoint;
  readonly dialect: Pick<Dialect, "hasRunnerOptions">;
}

/** The way to local engines: what waits there waits here, and what goes there goes with the engine's own options. */
export interface LocalGate {
  /** Waits until the attempt's target may be asked. Nothing to wait for is a success at once. */
  enter(attempt: Entrant, call: Pick<Call, "isBatch">, route: Way, size: RequestSize): Promise<Result<void, Fault>>;
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
  /** Whether a server is known not to have a model: it is asked all the same, and says so in its own words. */
  readonly isAbsent: (provider: string, model: string) => boolean;
  /** Tokens that a model makes of one estimated. */
  readonly tokenRatio: (provider: string, model: string) => number;
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

function priorityOf({ intent }: Entrant, { isBatch }: Pick<Call, "isBatch">): LocalPriority {
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

/** Puts a gate before the local engines. */
export function createLocalGate(parts: GateParts): LocalGate {
  const { scheduler, settings } = parts;
  const entries = new WeakMap<AttemptIntent, Entry>();

  /** How long a request may wait before the next target of its chain is the better one; null where there is none. */
  function patienceOf(attempt: Entrant, call: Pick<Call, "isBatch">): number | null {
    return attempt.hasNext && call.isBatch !== true ? settings().overflowMs : null;
  }

  function askOf(
    attempt: Entrant,
    call: Pick<Call, "isBatch">,
    { endpoint }: Way,
    { promptTokens, outputTokens }: RequestSize,
  ): LocalAsk {
    const { provider: providerId, model } = attempt.planned.target;
    const { baseUrl } = endpoint;
    const likely = promptTokens * parts.tokenRatio(providerId, model);
    return {
      providerId,
      baseUrl,
      model,
      promptTokens,
      promptBoundTokens: Math.ceil(likely * ABOVE) + TEMPLATE_TOKENS,
      outputTokens,
      maxContextTokens: parts.factsOf(providerId, model)?.contextTokens ?? null,
      priority: priorityOf(attempt, call),
      overflowMs: patienceOf(attempt, call),
      isHeld: settings().isScheduled && !parts.isAbsent(providerId, model),
      signal: attempt.signal,
    };
  }

  return {
    async enter(attempt, call, route, size) {
      const isLocal = attempt.configured.provider.isLocal === true && !isCloudModel(attempt.planned.target.model);
      const isOurs = isLocal && route.dialect.hasRunnerOptions === true;
      if (!isOurs || entries.has(attempt.intent)) return success(undefined);
      const ask = askOf(attempt, call, route, size);
      const { maxContextTokens, model, promptTokens } = ask;
      const least = Math.floor(promptTokens * BELOW);
      if (maxContextTokens !== null && least > maxContextTokens)
        return failure(tooLong(model, promptTokens, maxContextTokens));
      const slot = await scheduler.admit(ask);
      if (!slot.ok) return slot;
      entries.set(attempt.intent, { slot: slot.value, promptTokens, isCut: false });
      return success(undefined);
    },
    termsOf({ intent }) {
      const entry = entries.get(intent);
      if (entry === undefined) return {};
      return { localOptions: { num_ctx: entry.slot.contextTokens }, keepAlive: keepAliveOf(settings()) };
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
