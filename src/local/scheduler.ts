import type { Fault } from "../core/fault.ts";
import type { Result } from "../core/result.ts";
import type { LoadCause, LoadedModel, LocalPriority } from "../core/switch/state.ts";

/** A request that wants a place on a local engine. */
export interface LocalAsk {
  readonly providerId: string;
  readonly baseUrl: string;
  readonly model: string;
  /** What the prompt is estimated at, and what it is most likely not to exceed in the model's own tokens. */
  readonly promptTokens: number;
  readonly promptBoundTokens: number;
  /** Room for the answer. */
  readonly outputTokens: number;
  /** The longest context of the model; null where nobody knows. */
  readonly maxContextTokens: number | null;
  readonly priority: LocalPriority;
  /** Refused once it is expected to wait longer than this; null: it waits as long as it takes. */
  readonly overflowMs: number | null;
  /** False: it gets its place at once, whatever is loaded. */
  readonly isHeld: boolean;
  /** Its client left: it waits no longer. */
  readonly signal: AbortSignal;
}

/** What a request really took, as the engine tells it; null where it did not. Times are milliseconds. */
export interface SlotOutcome {
  readonly loadMs: number | null;
  readonly promptTokens: number | null;
  readonly promptMs: number | null;
  readonly outputTokens: number | null;
  readonly outputMs: number | null;
}

/** A place on a local engine. Released exactly once; a second release does nothing. */
export interface Slot {
  /** The context that the model is loaded with: the request must be sent with this very number. */
  readonly contextTokens: number;
  readonly waitedMs: number;
  release(outcome: SlotOutcome | null): void;
}

/** Cumulative, as Prometheus wants it: how many were at most `le` seconds, how many there were, and their sum. */
export interface Histogram {
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
  readonly count: number;
  readonly sum: number;
}

/** One local engine as it stands. Counts are since the start of the process. */
export interface LocalServerState {
  readonly provider: string;
  readonly url: string;
  readonly loaded: readonly {
    readonly model: string;
    readonly contextTokens: number | null;
    readonly sinceMs: number;
  }[];
  /** The model that is being loaded, if one is. */
  readonly loading: { readonly model: string; readonly contextTokens: number; readonly cause: LoadCause } | null;
  readonly running: number;
  readonly waiting: readonly {
    readonly model: string;
    readonly priority: LocalPriority;
    readonly waitedMs: number;
    readonly expectedMs: number;
  }[];
  /** Requests that one model answers at a time. */
  readonly slots: number;
  readonly queueWaitSeconds: Histogram;
  readonly loadSeconds: Readonly<Record<"cold" | "warm", Histogram>>;
  /** Loads of a model that was not in memory, by cause; `foreign`: somebody else had put another in its place. */
  readonly switches: Readonly<Partial<Record<LoadCause | "foreign", number>>>;
  /** Loads of a model that was in memory, by cause: `context` for more of it, `unexpected` for any that we did not ask for. */
  readonly reloads: Readonly<Partial<Record<"context" | "unexpected", number>>>;
  readonly refused: number;
}

/** What happens at an engine, for the bus. */
export type LocalNews =
  | {
      readonly step: "load";
      readonly model: string;
      readonly contextTokens: number;
      readonly cause: LoadCause | "foreign";
      readonly tookMs: number;
      /** What was in memory before and is not any more. */
      readonly replaced: readonly string[];
    }
  | { readonly step: "unload"; readonly model: string };

/** The effects of the policy on one engine. */
export interface LocalEngine {
  /** Resolves when the model is in memory. */
  load(model: string, contextTokens: number, signal: AbortSignal): Promise<Result<void, Fault>>;
  unload(model: string): Promise<void>;
  /** What is in memory; null where the engine does not say. */
  loaded(): Promise<readonly LoadedModel[] | null>;
}

/** The queue before every Ollama server. */
export interface LocalScheduler {
  /** Waits for a place. The fault is for the next target of the chain: the wait would be too long, or the model cannot be loaded. */
  admit(ask: LocalAsk): Promise<Result<Slot, Fault>>;
  /** How long (ms) a request is expected to wait and to take at a server. */
  expectedMs(ask: Omit<LocalAsk, "signal" | "overflowMs" | "isHeld">): number;
  /** Loads a model while nobody else wants the engine, with the options that requests will use. */
  warm(server: Pick<LocalAsk, "providerId" | "baseUrl" | "model">): void;
  /** Gives a model's memory back as soon as its requests are done. */
  unload(server: Pick<LocalAsk, "providerId" | "baseUrl" | "model">): void;
  /** The context that a request for a model goes with now: any other would make the engine load it again. */
  contextOf(server: Pick<LocalAsk, "providerId" | "baseUrl" | "model">): number;
  /** Nothing runs, waits or is loaded at a server. */
  isIdle(server: Pick<LocalAsk, "providerId" | "baseUrl">): boolean;
  snapshot(): readonly LocalServerState[];
  close(): void;
}
