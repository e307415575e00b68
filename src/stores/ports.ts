import type { Bucket, BucketWidth } from "../core/availability-span.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import type { KeyLimits } from "../core/key-limits.ts";
import type { AttemptIntent, AttemptOutcome, CostGroup, LedgerRow, Totals } from "../core/ledger.ts";
import type { NanoUsd } from "../core/money.ts";
import type { PriceRow } from "../core/price.ts";
import type { ProjectWish } from "../core/project.ts";
import type { DialectName, Warning } from "../core/request.ts";
import type { RouteOutcome, StoredRoute } from "../core/routing/stored-route.ts";
import type { Usage, UsageSource } from "../core/usage.ts";
import type { FreeTargets } from "./crash-end.ts";

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
  readonly tag?: string;
  readonly task?: string;
  readonly file?: string;
  readonly client?: string;
  readonly state?: string;
  readonly endpoint?: string;
  /** As the client named it. */
  readonly requestedModel?: string;
  readonly faultKind?: string;
  /** Both ends inclusive; an attempt without a known cost is in no such range. */
  readonly minCostNanoUsd?: NanoUsd;
  readonly maxCostNanoUsd?: NanoUsd;
  /** Input and output together, inclusive. */
  readonly minTokens?: number;
  readonly maxTokens?: number;
  /** From start to end, inclusive; an open attempt has none. */
  readonly minDurationMs?: number;
  readonly maxDurationMs?: number;
}

/** Whose spending a budget asks for: all members must match; times are Unix ms, `from` inclusive, `to` exclusive. */
export type SpentFilter = Required<Pick<LedgerFilter, "from">> &
  Pick<LedgerFilter, "to" | "project" | "keyId" | "provider" | "model">;

/** Why a store cannot be opened or written: an expected failure of the machine, not a bug. */
export interface StoreFault {
  readonly code:
    | "store_corrupt"
    | "store_newer"
    | "store_outdated"
    | "store_missing"
    | "store_read_only"
    | "store_locked"
    | "store_full"
    | "store_unreachable"
    | "store_failed";
  /** What happened, to which file. */
  readonly message: string;
  /** What a person can do about it. */
  readonly fix: string;
}

export type GroupBy = "model" | "provider" | "project" | "key" | "session" | "day" | "tag" | "task" | "file" | "client";

/** One request as `requests` lists it: its last attempt decides the state. */
export interface RequestSummary {
  readonly requestId: string;
  readonly startedAt: number;
  readonly attempts: number;
  readonly last: LedgerRow;
  readonly costNanoUsd: NanoUsd | null;
}

/** State of the queue before the next commit. */
export interface LedgerHealth {
  readonly queued: number;
  readonly queuedBytes: number;
  /** No new attempt is accepted: see {@link Ledger.reserve}. */
  readonly isFull: boolean;
  readonly lastError: string | null;
  /** Rows the database refused for what was in them: each is a bug, named in `lastError`. */
  readonly rejected: number;
  /** Of the last successful commit, Unix ms. */
  readonly committedAt: number | null;
}

/**
 * Reading the ledger; also while another process writes it. Reads see what is committed. Daily sums behind `totals`,
 * `groups` and `spent` outlive the rows that {@link Ledger.prune} deletes: such a UTC day then counts as a whole, where its
 * noon lies. They know time, provider, model, project, key and one label at a time; other filters see rows alone.
 */
export interface LedgerReader {
  /** Newest first. */
  query(filter: LedgerFilter, limit?: number): IterableIterator<LedgerRow>;
  totals(filter: LedgerFilter): Totals;
  /**
   * Largest cost first, days in order. A model's name is `provider/model`, nothing `(none)`, a day `YYYY-MM-DD` by the
   * calendar of `zone` (IANA, default UTC).
   */
  groups(filter: LedgerFilter, by: GroupBy, zone?: string): readonly CostGroup[];
  /** Newest first; the filter looks at the last attempt of each request. */
  recentRequests(limit: number, filter?: LedgerFilter): readonly RequestSummary[];
  /**
   * What the attempts that started in this time cost, by their start to the millisecond; one that ended without a known cost
   * (a crash, no price) counts what was reserved for it. Open attempts count nothing. A {@link Ledger} first commits what is queued, so that it is
   * exact at this instant, and throws a `StoreError` where it cannot.
   */
  spent(filter: SpentFilter): NanoUsd;
  price(id: string): PriceRow | null;
  /** How many rows {@link Ledger.prune} of `before` would delete, all chunks together. */
  prunable(before: number): number;
  /** For a {@link Ledger}: commits what is queued if it can, then closes the file. */
  close(): void;
}

/** The ledger: every attempt, once, priced. An empty `project`, `keyId`, `session` or label is stored as null. */
export interface Ledger extends LedgerReader {
  /**
   * Queues the intent for the next group commit; the call does not wait for it. False when the store cannot be written
   * and the queue has reached its bound: nothing was recorded, so the call must not be made. Outcomes of attempts
   * already reserved are always taken. Reserving an open attempt again is a bug and throws.
   */
  reserve(intent: AttemptIntent): boolean;
  /** Marks the attempt as streaming (first bytes reached the client). */
  stream(requestId: string, attempt: number): void;
  /**
   * Queues the one outcome of an attempt. A second outcome for the same attempt is a bug and throws. The price, and that of the
   * baseline model, are stored once.
   */
  settle(outcome: AttemptOutcome, price: PriceRow | null, savedPrice?: PriceRow | null): void;
  /** Commits what is queued, durably. Rejects with a `StoreError` (disk full) and keeps the queue. */
  flush(): Promise<void>;
  /**
   * Closes intents left open by a crash as `estimated`; returns how many. For the start, before any `reserve`. Those of a
   * target that `isFree` cost nothing; of the others nobody knows the cost.
   */
  closeOpenIntents(at: number, isFree?: FreeTargets): number;
  /**
   * Deletes one chunk of settled rows that started on a UTC day before that of `before`, and when none is left of their hourly
   * sums; returns how many it deleted, 0 when done.
   */
  prune(before: number): number;
  /**
   * Mends the sums of one UTC day from its rows, if they are wrong: the first day that has rows after `after` (Unix ms), or the
   * very first. Null when there is no further day. What was pruned cannot be mended.
   */
  repairDay(after: number | null): { readonly day: number; readonly wasWrong: boolean } | null;
  health(): LedgerHealth;
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
  readonly limits: KeyLimits;
}

/** Reading client keys. */
export interface KeyReader {
  findByDigest(digest: string): ApiKey | null;
  /** Oldest first, revoked ones included. */
  list(): readonly ApiKey[];
  /** Whether any key was ever created and not revoked: then keyless access ends. */
  hasAny(): boolean;
  close(): void;
}

/** Client keys by the digest of their secret (HMAC-SHA-256 with the pepper, hex). */
export interface KeyStore extends KeyReader {
  /** Throws when the id or the digest is taken. */
  create(key: Omit<ApiKey, "revokedAt" | "lastUsedAt">, digest: string): void;
  /** False when there is no such key, or it was revoked before. */
  revoke(id: string, at: number): boolean;
  /** Replaces all limits of a key; false when there is no such key, or it was revoked. */
  limit(id: string, limits: KeyLimits): boolean;
  /** Grows with every change to a key but its uses, so that what follows from the list need not be made at each request. */
  revision(): number;
  /** Notes a use; to the minute, so that a busy key costs one write a minute. */
  touch(id: string, at: number): void;
}

/** An answer of the Responses API that is kept, and what it answered. */
export interface StoredResponse {
  readonly id: string;
  /** Unix ms, by our clock. */
  readonly createdAt: number;
  /** The response as the client saw it. */
  readonly resource: JsonObject;
  /** Everything the model read, earlier turns included, as it was written. */
  readonly input: readonly JsonValue[];
}

/**
 * Answers of the Responses API, for the one who asked: a tenant (the id of a client key, empty without one) never sees what
 * another stored. `notBefore` (Unix ms) hides what is older and not yet deleted.
 */
export interface ResponseStore {
  /** Keeps a response, in place of one of the same id; the oldest of all tenants make room. False: larger than the store. */
  save(tenant: string, response: StoredResponse): boolean;
  find(tenant: string, id: string, notBefore: number): StoredResponse | null;
  /** One output item of a kept response. */
  findItem(tenant: string, itemId: string, notBefore: number): JsonValue | null;
  /** False when there is none. */
  remove(tenant: string, id: string): boolean;
  /** Deletes one chunk of what was kept before `before`; returns how many, 0 when done. */
  prune(before: number): number;
  close(): void;
}

/** A project that a command made known: what its own file asks for, and where that file is. */
export interface StoredProject {
  readonly name: string;
  /** Absolute path of the folder that the file stands in. */
  readonly folder: string;
  readonly wish: ProjectWish;
  /** Unix ms. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Reading the known projects. */
export interface ProjectReader {
  /** By name. */
  list(): readonly StoredProject[];
  close(): void;
}

/** The known projects, by name. */
export interface ProjectStore extends ProjectReader {
  /** Stores a project in place of one of the same name; `createdAt` stays that of the first. */
  save(project: StoredProject): void;
  /** False when there is none. */
  remove(name: string): boolean;
}

/** What one local model took with one context, lately. Milliseconds and tokens a second; null while nothing was measured. */
export interface LocalFigures {
  readonly provider: string;
  readonly model: string;
  readonly contextTokens: number;
  /** A load with the model's file on disk, and one with it in the machine's memory already. */
  readonly coldLoadMs: number | null;
  readonly warmLoadMs: number | null;
  readonly promptPerSecond: number | null;
  readonly outputPerSecond: number | null;
  /** Tokens that the model makes of one that we estimate. */
  readonly tokenRatio: number | null;
  /** Unix ms. */
  readonly usedAt: number;
}

/** What is remembered of local models between two starts. */
export interface LocalFigureStore {
  list(): readonly LocalFigures[];
  /** In place of those of the same provider, model and context. False: they could not be written. */
  save(figures: LocalFigures): boolean;
  close(): void;
}

/** Which buckets of the health history: all members must match; times are Unix ms, `from` inclusive, `to` exclusive. */
export interface HealthFilter {
  readonly width: BucketWidth;
  readonly from: number;
  readonly to: number;
  readonly provider?: string | undefined;
  readonly account?: string | undefined;
  readonly model?: string | undefined;
}

/** Reading what became of calls to providers, minute by minute for a day, hour by hour and day by day for 90 days. */
export interface HealthHistoryReader {
  /** Oldest first. */
  buckets(filter: HealthFilter): readonly Bucket[];
  close(): void;
}

/** What became of calls to providers, by account and model. Bounded: see {@link HealthHistory.prune}. */
export interface HealthHistory extends HealthHistoryReader {
  /** Adds tallies to the buckets of the same width, time and series, all in one commit. */
  add(buckets: readonly Bucket[]): void;
  /** Deletes what is past its time at `now` (Unix ms), and the oldest of what is beyond the bound; returns how many. */
  prune(now: number): number;
}

/** Who may be given a kept answer. */
export interface CacheTenant {
  readonly keyId: string | null;
  readonly project: string | null;
}

/** An answer of a model as the response cache keeps it. */
export interface CachedAnswer extends CacheTenant {
  /** SHA-256 of the request in its canonical form with its tenant and target, hex. */
  readonly digest: string;
  readonly provider: string;
  readonly account: string;
  readonly model: string;
  readonly endpoint: string;
  /** Unix ms. */
  readonly createdAt: number;
  /** The upstream's dialect, and whether it answered whole or as a stream, framed so. */
  readonly dialect: DialectName;
  readonly form: "reply" | "stream";
  readonly framing: "sse" | "ndjson" | "json-array";
  /** A client of that dialect gets it as it came, but for names and cost. */
  readonly isVerbatim: boolean;
  readonly usage: Usage;
  readonly usageSource: UsageSource;
  readonly warnings: readonly Warning[];
  /** The upstream's own text. */
  readonly body: string;
}

/** A kept answer without what it says. `usedAt` is Unix ms; uses of the last seconds may be missing while a daemon runs. */
export interface CacheListing extends Omit<CachedAnswer, "body" | "usage" | "usageSource" | "warnings"> {
  readonly usedAt: number;
  readonly hits: number;
  readonly bytes: number;
}

/** Which answers: all members must match; `before` is Unix ms of their making, `model` is `provider/model` or the model alone. */
export interface CacheFilter {
  readonly model?: string | undefined;
  readonly provider?: string | undefined;
  readonly project?: string | undefined;
  readonly keyId?: string | undefined;
  readonly before?: number | undefined;
  /** The first characters of the digest. */
  readonly digest?: string | undefined;
}

/** What all kept answers come to. */
export interface CacheSums {
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  /** Unix ms; null without any. */
  readonly oldestAt: number | null;
}

/** Reading the response cache. */
export interface CacheReader {
  /** Latest use first; `after` skips as many. */
  list(filter: CacheFilter, limit: number, after?: number): readonly CacheListing[];
  /** By its whole digest. */
  read(digest: string): CachedAnswer | null;
  sums(): CacheSums;
  close(): void;
}

/** Answers kept for the one who asked, bounded in bytes: those used longest ago make room, some at a time. */
export interface CacheStore extends CacheReader {
  /** The answer of this digest and tenant made at `notBefore` (Unix ms) or later; a use at `now`. */
  find(digest: string, tenant: CacheTenant, notBefore: number, now: number): CachedAnswer | null;
  /** In place of one of the same digest. False: larger than may be kept. */
  save(answer: CachedAnswer): boolean;
  /** Deletes one chunk of what matches; returns how many, 0 when done. */
  remove(filter: CacheFilter): number;
  /** Deletes one chunk of what was made before `before` (Unix ms); returns how many, 0 when done. */
  prune(before: number): number;
}

/** Reading what the router decided. */
export interface RouteLogReader {
  find(requestId: string): StoredRoute | null;
  /** Latest first; times are Unix ms, `from` inclusive, `to` exclusive. */
  list(span: { readonly from: number; readonly to: number }, limit: number): readonly StoredRoute[];
  /** What trying other models was expected to cost more since `from` (Unix ms). */
  explored(from: number): NanoUsd;
  close(): void;
}

/** What the router decided, and what came of it. */
export interface RouteLog extends RouteLogReader {
  /** Adds decisions, and then tells what became of these or earlier ones, all in one commit. */
  write(routes: readonly StoredRoute[], outcomes: readonly RouteOutcome[]): void;
  /** Deletes one chunk of what is older than `before` (Unix ms); returns how many, 0 when done. */
  prune(before: number): number;
}
