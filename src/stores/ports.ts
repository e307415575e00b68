import type { AttemptIntent, AttemptOutcome, LedgerRow } from "../core/ledger.ts";
import type { NanoUsd } from "../core/money.ts";
import type { PriceRow } from "../core/price.ts";

/** Which rows: all members must match; times are Unix ms, `from` inclusive, `to` exclusive. */
export interface LedgerFilter {
  readonly from?: number;
  readonly to?: number;
  readonly requestId?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly project?: string;
  readonly keyId?: string;
  readonly session?: string;
  readonly state?: string;
}

export type GroupBy = "model" | "provider" | "project" | "key" | "session" | "day";

/** Sums over rows. Money in nano-dollars; `unpriced` counts rows with tokens but no price. */
export interface Totals {
  readonly requests: number;
  readonly attempts: number;
  readonly costNanoUsd: NanoUsd;
  readonly savedNanoUsd: NanoUsd;
  readonly unpriced: number;
  readonly failed: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
}

export interface CostGroup extends Totals {
  readonly name: string;
}

/** One request as `requests` lists it: its last attempt decides the state. */
export interface RequestSummary {
  readonly requestId: string;
  readonly startedAt: number;
  readonly attempts: number;
  readonly last: LedgerRow;
  readonly costNanoUsd: NanoUsd | null;
}

/** The ledger: every attempt, once, priced. */
export interface Ledger {
  /** Queues the intent for the next group commit; the call does not wait for it. */
  reserve(intent: AttemptIntent): void;
  /** Marks the attempt as streaming (first bytes reached the client). */
  stream(requestId: string, attempt: number): void;
  /** Queues the one outcome of an attempt. A second outcome for the same attempt is a bug and throws. `price` is stored once. */
  settle(outcome: AttemptOutcome, price: PriceRow | null): void;
  /** Commits what is queued, durably. Rejects with the store's error (disk full) and keeps the queue. */
  flush(): Promise<void>;
  /** Closes intents left open by a crash as `estimated`; returns how many. */
  closeOpenIntents(at: number): number;
  query(filter: LedgerFilter, limit?: number): IterableIterator<LedgerRow>;
  totals(filter: LedgerFilter): Totals;
  groups(filter: LedgerFilter, by: GroupBy): readonly CostGroup[];
  recentRequests(limit: number, filter?: LedgerFilter): readonly RequestSummary[];
  price(id: string): PriceRow | null;
  /** Queue length and the last commit error, for `status`. */
  health(): { readonly queued: number; readonly lastError: string | null; readonly committedAt: number | null };
  close(): void;
}

/** A client key as stored: never the secret. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** `ls-` prefix and the last four characters, for people. */
  readonly hint: string;
  readonly project: string | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly lastUsedAt: number | null;
  /** Allowed models as patterns (`ollama/*`); empty means all. */
  readonly models: readonly string[];
}

/** Client keys by the digest of their secret (HMAC-SHA-256 with the pepper, hex). */
export interface KeyStore {
  create(key: Omit<ApiKey, "revokedAt" | "lastUsedAt">, digest: string): void;
  findByDigest(digest: string): ApiKey | null;
  list(): readonly ApiKey[];
  revoke(id: string, at: number): boolean;
  touch(id: string, at: number): void;
  /** Whether any key was ever created and not revoked: then keyless access ends. */
  hasAny(): boolean;
  close(): void;
}
