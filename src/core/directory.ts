import type { ClientError } from "./fault.ts";

/** What the planner knows of one configured provider, as plain data. */
export interface ModelSource {
  readonly id: string;
  readonly isLocal: boolean;
  /** Its models draw, and do nothing else. */
  readonly isDrawing?: boolean;
  /** In the order in which they are tried. */
  readonly accounts: readonly { readonly id: string; readonly group: string }[];
  /** Models it is known to have: listed by the user, installed, or in the price data. For local engines best first. */
  readonly models: readonly string[];
  /** What `free` leads to here: the best chat model of a local engine; null where it has none. */
  readonly free: string | null;
  readonly strong: string | null;
  readonly cheap: string | null;
  /** USD per million tokens, input plus output, of `cheap` and `strong`; null when unknown. */
  readonly cheapPrice: number | null;
  readonly strongPrice: number | null;
}

/** A provider that Lodestar knows but that has no key here. */
export interface UnconfiguredProvider {
  readonly id: string;
  readonly keyEnv: string;
}

/** What names are looked up in. */
export interface Directory {
  readonly sources: readonly ModelSource[];
  readonly unconfigured: readonly UnconfiguredProvider[];
  readonly aliases: Readonly<Record<string, string>>;
  readonly chains: Readonly<Record<string, readonly string[]>>;
  /** How to get a local model, for the message when `free` finds none. */
  readonly pullHint: string;
}

/** One model that a name leads to, and by which steps. */
export interface Candidate {
  readonly provider: string;
  readonly model: string;
  readonly reason: string;
}

/** What a name leads to: candidates in order, or why there are none. */
export interface Expansion {
  readonly candidates: readonly Candidate[];
  /** Why there are none, if there are none. */
  readonly problem?: ClientError;
}
