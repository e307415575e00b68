/** Classes of requests, most urgent first: an editor's completion, somebody who waits, work that nobody watches. */
export const LOCAL_PRIORITIES = ["completion", "chat", "batch"] as const;
export type LocalPriority = (typeof LOCAL_PRIORITIES)[number];

/** Bounds of the policy. Times are milliseconds. */
export interface SwitchLimits {
  /** A chat that waited so long for its model is owed it next: no later request goes before it. */
  readonly maxWaitMs: number;
  /** A model that was loaded for requests that waited too long serves at least so long, while others wait as long. */
  readonly minResidencyMs: number;
  /** A model that has just answered several requests is kept at most so long for the next one. */
  readonly lingerMs: number;
  /** As `minResidencyMs`, in requests: whichever ends later. */
  readonly minServed: number;
  /** What was seen of an idle server counts for so long. */
  readonly staleMs: number;
}

/** A request without a place. `model` is the engine's own name, its tag included. */
export interface Waiter {
  readonly id: number;
  readonly model: string;
  /** The least context that holds it, and the one to load for it where the model must be loaded anyway. Tokens. */
  readonly contextTokens: number;
  readonly loadContextTokens: number;
  readonly priority: LocalPriority;
  /** Monotonic ms. */
  readonly arrivedAt: number;
  /** What it is expected to take once it begins, and its model's load. */
  readonly serviceMs: number;
  readonly loadMs: number;
  /** Refused as soon as it is expected to wait longer than this; null: it waits. */
  readonly overflowMs: number | null;
}

/** A request that the engine works on. */
export interface Running {
  readonly id: number;
  readonly model: string;
  readonly startedAt: number;
  readonly serviceMs: number;
}

/** What is in the engine's memory. */
export interface LoadedModel {
  readonly model: string;
  /** Null where the engine does not say: then a load of ours decides. */
  readonly contextTokens: number | null;
}

export interface Resident extends LoadedModel {
  /** Since when, as far as we know. */
  readonly sinceMs: number;
  /** Requests that ended since. */
  readonly served: number;
  readonly lastUsedAt: number;
  /** It was loaded because somebody had waited too long. */
  readonly isOwed: boolean;
}

/** Why a model is loaded: the engine is free, somebody waited too long, more context is needed, it is expected to be used. */
export type LoadCause = "idle" | "overdue" | "context" | "warm-up";

export interface Loading {
  readonly model: string;
  readonly contextTokens: number;
  readonly sinceMs: number;
  readonly expectedMs: number;
  readonly cause: LoadCause;
}

/** One server as the policy knows it. A plain value: every event makes a new one. */
export interface SwitchState {
  readonly residents: readonly Resident[];
  readonly loading: Loading | null;
  readonly running: readonly Running[];
  /** In the order of their arrival. */
  readonly waiting: readonly Waiter[];
  /** How many requests one model answers at a time. */
  readonly slots: number;
  /** Pairs of models that were seen in memory at once, each as `a b` in alphabetical order. */
  readonly companions: readonly string[];
  /** When the server was last seen; what we did ourselves counts as seen. */
  readonly seenAt: number;
  readonly isLooking: boolean;
  /** By model: how long after an answer its next request came (ms), the latest ones counting most. */
  readonly pauses: Readonly<Record<string, number>>;
  /** Models whose memory was asked back. */
  readonly unwanted: readonly string[];
}

/** A server of which nothing is known yet. */
export function initialSwitchState(slots: number): SwitchState {
  return {
    residents: [],
    loading: null,
    running: [],
    waiting: [],
    slots,
    companions: [],
    seenAt: Number.NEGATIVE_INFINITY,
    isLooking: false,
    pauses: {},
    unwanted: [],
  };
}

/** What happens to a server. */
export type SwitchEvent =
  | { readonly kind: "arrived"; readonly waiter: Waiter }
  /** Its client left before it had a place. */
  | { readonly kind: "cancelled"; readonly id: number }
  | { readonly kind: "finished"; readonly id: number }
  /** A load that was asked for is done; `seen` is what the server holds now, null where it did not say. */
  | { readonly kind: "loaded"; readonly seen: readonly LoadedModel[] | null }
  | { readonly kind: "load-failed" }
  /** A look at the server; null where it did not answer. */
  | { readonly kind: "observed"; readonly seen: readonly LoadedModel[] | null }
  /** Load this one, if nobody else wants the engine. */
  | { readonly kind: "warm"; readonly model: string; readonly contextTokens: number; readonly expectedMs: number }
  /** Give its memory back as soon as its requests are done. */
  | { readonly kind: "release"; readonly model: string }
  | { readonly kind: "slots"; readonly slots: number }
  | { readonly kind: "tick" };

/** What is to be done about it. */
export type SwitchEffect =
  | { readonly kind: "dispatch"; readonly id: number; readonly contextTokens: number }
  | { readonly kind: "load"; readonly model: string; readonly contextTokens: number; readonly cause: LoadCause }
  /** Nobody waits for the load in progress any more, and somebody waits for another. */
  | { readonly kind: "abort-load" }
  | { readonly kind: "unload"; readonly model: string }
  /** `busy`: it would wait longer than it may; `load-failed`: its model cannot be loaded. */
  | { readonly kind: "refuse"; readonly id: number; readonly reason: "busy" | "load-failed" }
  /** Look what the server holds: others may use it too. */
  | { readonly kind: "look" };
