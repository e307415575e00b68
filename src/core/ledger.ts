import type { FaultKind } from "./fault.ts";
import type { NanoUsd } from "./money.ts";
import type { DialectName } from "./request.ts";
import type { Usage, UsageSource } from "./usage.ts";

/**
 * The life of an attempt in the ledger. `reserved` and `streaming` are open; every other state is final and is
 * reached exactly once: `final` (answered, billed by the provider's count), `aborted` (the client left mid-way,
 * billed for what was streamed), `estimated` (answered but the counts are ours, or closed after a crash),
 * `failed` (the upstream failed), `refused` (never sent), `hit` (answered from the cache).
 */
export type AttemptState = "reserved" | "streaming" | "final" | "aborted" | "estimated" | "refused" | "failed" | "hit";

/** What is written before the call: who asks whom for what. Times are Unix milliseconds. */
export interface AttemptIntent {
  /** Ours, minted inside: `req_…`. Shared by all attempts of one request. */
  readonly requestId: string;
  /** 1 for the first attempt of a request. */
  readonly attempt: number;
  readonly provider: string;
  readonly account: string;
  readonly model: string;
  /** As the client named it. */
  readonly requestedModel: string;
  readonly endpoint: "chat" | "completions" | "embeddings" | "images" | "count-tokens";
  readonly clientDialect: DialectName;
  readonly isStream: boolean;
  /** Id of the calling key; null for keyless loopback. */
  readonly keyId: string | null;
  readonly project: string | null;
  /** The client's own session header, if it sent one. */
  readonly session: string | null;
  readonly client: string | null;
  /** The client's own labels, from `x-lodestar-tag`, `-task` and `-file`. */
  readonly tag: string | null;
  readonly task: string | null;
  readonly file: string | null;
  /** Why this target: `explicit`, `alias:coder`, `chain:default#2`, `retry`… */
  readonly routeReason: string;
  readonly startedAt: number;
  /** What budgets set aside for it, at worst; null where no budget applies. */
  readonly reservedNanoUsd: NanoUsd | null;
}

/**
 * What kept an answer from costing what the baseline model would: a local model asked for by name (`free-tier`), a local
 * model that an alias or chain chose (`routing`), an answer from the cache (`cache`).
 */
export type SavedKind = "free-tier" | "routing" | "cache";

/** How an attempt ended. `costNanoUsd` is null when no price is known: never a silent 0. */
export interface AttemptOutcome {
  readonly requestId: string;
  readonly attempt: number;
  readonly state: Exclude<AttemptState, "reserved" | "streaming">;
  readonly usage: Usage;
  readonly usageSource: UsageSource;
  readonly costNanoUsd: NanoUsd | null;
  /** Why the cost is null or 0 without tokens: `local`, `no-price`, `subscription`, `not-sent`… */
  readonly costReason: string | null;
  readonly priceId: string | null;
  readonly savedNanoUsd: NanoUsd | null;
  /** Null exactly where `savedNanoUsd` is. */
  readonly savedKind: SavedKind | null;
  /** The price of the baseline model that `savedNanoUsd` was reckoned with. */
  readonly savedPriceId: string | null;
  readonly endedAt: number;
  /** Milliseconds from start to the first content; null if none came. */
  readonly firstTokenMs: number | null;
  readonly fault: { readonly kind: FaultKind; readonly message: string; readonly status?: number } | null;
  /** Status of the upstream's HTTP reply, if one came. */
  readonly upstreamStatus: number | null;
}

/** One row as `costs query --json` prints it. Names are fixed by the public contract. */
export interface LedgerRow extends AttemptIntent {
  readonly state: AttemptState;
  readonly usage: Pick<Usage, "input" | "output" | "units">;
  readonly usageSource: UsageSource | null;
  readonly costNanoUsd: NanoUsd | null;
  readonly costReason: string | null;
  readonly priceId: string | null;
  readonly savedNanoUsd: NanoUsd | null;
  readonly savedKind: SavedKind | null;
  readonly savedPriceId: string | null;
  readonly endedAt: number | null;
  readonly firstTokenMs: number | null;
  readonly fault: { readonly kind: FaultKind; readonly message: string; readonly status?: number } | null;
  readonly upstreamStatus: number | null;
}

/**
 * Sums over rows. Money in nano-dollars. `unpriced` counts settled rows without a cost although they had tokens, or
 * whose tokens nobody knows (closed after a crash).
 */
export interface Totals {
  /** A request counts once, where its last attempt is: groups add up to the total. */
  readonly requests: number;
  readonly attempts: number;
  readonly costNanoUsd: NanoUsd;
  readonly savedNanoUsd: NanoUsd;
  /** The parts of `savedNanoUsd`, by {@link SavedKind}. */
  readonly savedFreeTierNanoUsd: NanoUsd;
  readonly savedRoutingNanoUsd: NanoUsd;
  readonly savedCacheNanoUsd: NanoUsd;
  readonly unpriced: number;
  readonly failed: number;
  /** What failed attempts cost, which `costNanoUsd` includes: a provider bills for a stream that broke. */
  readonly failedNanoUsd: NanoUsd;
  readonly inputTokens: number;
  /** Of `inputTokens`. */
  readonly cacheReadTokens: number;
  /** Of `inputTokens`. */
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
}

/** The sums of one model, provider, day… */
export interface CostGroup extends Totals {
  readonly name: string;
}
