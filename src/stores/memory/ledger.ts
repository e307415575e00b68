import type { LedgerRow } from "../../core/ledger.ts";
import type { PriceRow } from "../../core/price.ts";
import { NO_USAGE, totalInput, totalOutput } from "../../core/usage.ts";
import { crashEnd, type FreeTargets } from "../crash-end.ts";
import { createLedgerQueue, type PendingAttempt } from "../ledger-queue.ts";
import {
  addSums,
  crashedSums,
  groupDays,
  groupsOf,
  NO_SUMS,
  nameOf,
  type Part,
  RESERVED_SUMS,
  type Sums,
  type SumsBy,
  settledSums,
  spentOf,
  sumsFor,
  totalOf,
} from "../ledger-sums.ts";
import type { Ledger, LedgerFilter, RequestSummary } from "../ports.ts";
import { DAY_MS, keptMoment, midnightBefore } from "../time-pieces.ts";

interface MemoryRow {
  readonly row: LedgerRow;
  /** What it adds to sums, its share of the request count apart. */
  readonly sums: Sums;
  readonly isLast: boolean;
}

function rowOf({ intent, isStreaming, outcome }: PendingAttempt): LedgerRow {
  const open = {
    state: isStreaming ? ("streaming" as const) : ("reserved" as const),
    usage: { input: NO_USAGE.input, output: NO_USAGE.output },
    usageSource: null,
    costNanoUsd: null,
    costReason: null,
    priceId: null,
    savedNanoUsd: null,
    savedKind: null,
    savedPriceId: null,
    endedAt: null,
    firstTokenMs: null,
    fault: null,
    upstreamStatus: null,
  };
  if (outcome === null) return { ...intent, ...open };
  const { input, output, units } = outcome.usage;
  return { ...intent, ...outcome, usage: { input, output, ...(units === undefined ? {} : { units }) } };
}

/** Whether a number lies in a range; what is not known lies in none. */
function isWithin(value: number | null, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY): boolean {
  return value !== null && value >= least && value <= most;
}

const NAMES = [
  ...["requestId", "provider", "model", "project", "keyId", "session", "tag", "task", "file", "client"],
  ...["state", "endpoint", "requestedModel"],
] as const satisfies readonly (keyof LedgerFilter & keyof LedgerRow)[];

/** Everything that a filter asks, its time apart. */
function isMatch(row: LedgerRow, filter: LedgerFilter): boolean {
  const { faultKind, minCostNanoUsd, maxCostNanoUsd, minTokens, maxTokens, minDurationMs, maxDurationMs } = filter;
  if (NAMES.some((name) => filter[name] !== undefined && filter[name] !== row[name])) return false;
  if (faultKind !== undefined && row.fault?.kind !== faultKind) return false;
  const hasCost = minCostNanoUsd !== undefined || maxCostNanoUsd !== undefined;
  if (hasCost && !isWithin(row.costNanoUsd, minCostNanoUsd, maxCostNanoUsd)) return false;
  if (!isWithin(totalInput(row.usage) + totalOutput(row.usage), minTokens, maxTokens)) return false;
  const durationMs = row.endedAt === null ? null : row.endedAt - row.startedAt;
  const hasDuration = minDurationMs !== undefined || maxDurationMs !== undefined;
  return !hasDuration || isWithin(durationMs, minDurationMs, maxDurationMs);
}

function isIn({ from = 0, to = Number.POSITIVE_INFINITY }: LedgerFilter, at: number): boolean {
  return at >= from && at < to;
}

function partOf({ row, sums, isLast }: MemoryRow, by: SumsBy): Part {
  return [nameOf(row, by), { ...sums, requests: isLast ? 1 : 0 }];
}

function crashed({ row, sums, isLast }: MemoryRow, at: number, isFree: boolean): MemoryRow {
  const { message, ...cost } = crashEnd(isFree);
  const end = { state: "estimated", usageSource: "estimated", endedAt: at, ...cost } as const;
  return {
    row: { ...row, ...end, fault: { kind: "internal", message } },
    sums: addSums(sums, crashedSums(row.reservedNanoUsd, isFree)),
    isLast,
  };
}

function summaryOf(last: LedgerRow, attempts: readonly MemoryRow[]): RequestSummary {
  const costs = attempts.map(({ row }) => row.costNanoUsd).filter((cost) => cost !== null);
  return {
    requestId: last.requestId,
    startedAt: Math.min(...attempts.map(({ row }) => row.startedAt)),
    attempts: attempts.length,
    last,
    costNanoUsd: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0),
  };
}

/** The rows and what may be asked of them, without the queue before them. */
interface MemoryRows {
  write(entry: PendingAttempt): void;
  /** What to sum for this filter: matching rows and, where sums know what it asks for, those that were deleted. */
  parts(filter: LedgerFilter, by: SumsBy): readonly Part[];
  /** The UTC days that have any attempts, Unix ms. */
  known(): { readonly from: number; readonly to: number };
  /** Newest first; of the same moment the later written first. */
  matching(filter: LedgerFilter): readonly MemoryRow[];
  closeOpen(at: number, isFree?: FreeTargets): number;
  deleteBefore(before: number): number;
}

function createMemoryRows(): MemoryRows {
  const rows = new Map<string, MemoryRow>();
  const deleted: MemoryRow[] = [];
  let prunedBefore = 0;

  function matching(filter: LedgerFilter): readonly MemoryRow[] {
    const found = [...rows.values()].filter(({ row }) => isIn(filter, row.startedAt) && isMatch(row, filter)).reverse();
    return found.sort((left, right) => right.row.startedAt - left.row.startedAt);
  }

  function supersede({ requestId, attempt }: LedgerRow): void {
    for (const [key, earlier] of rows) {
      const isEarlier = earlier.row.requestId === requestId && earlier.row.attempt < attempt;
      if (isEarlier) rows.set(key, { ...earlier, isLast: false });
    }
  }

  return {
    write(entry) {
      const row = rowOf(entry);
      const settled = entry.outcome === null ? NO_SUMS : settledSums(entry.outcome, entry.intent.reservedNanoUsd);
      const isLast = rows.get(entry.key)?.isLast ?? true;
      rows.set(entry.key, { row, sums: addSums(RESERVED_SUMS, settled), isLast });
      if (entry.isNew) supersede(row);
    },
    matching,
    closeOpen(at, isFree = () => false) {
      const open = [...rows].filter(([, { row }]) => row.endedAt === null);
      for (const [key, entry] of open) {
        rows.set(key, crashed(entry, at, isFree(entry.row.provider, entry.row.model)));
      }
      return open.length;
    },
    parts(filter, by) {
      if (sumsFor(filter, by) === null) return matching(filter).map((row) => partOf(row, by));
      return [...rows.values(), ...deleted]
        .filter(({ row }) => isIn(filter, keptMoment(row.startedAt, prunedBefore)) && isMatch(row, filter))
        .map((row) => partOf(row, by));
    },
    known() {
      const days = [...rows.values(), ...deleted].map(({ row }) => Math.floor(row.startedAt / DAY_MS));
      return days.length === 0
        ? { from: 0, to: 0 }
        : { from: Math.min(...days) * DAY_MS, to: (Math.max(...days) + 1) * DAY_MS };
    },
    deleteBefore(before) {
      prunedBefore = Math.max(prunedBefore, before);
      const old = [...rows].filter(([, { row }]) => row.startedAt < before && row.endedAt !== null);
      for (const [key] of old) rows.delete(key);
      deleted.push(...old.map(([, memoryRow]) => memoryRow));
      return old.length;
    },
  };
}

/** The ledger in memory, for tests and for runs that keep nothing. `flush` makes what is queued visible, nothing is durable. */
export function createMemoryLedger(clock: { now(): number }): Ledger {
  const queue = createLedgerQueue();
  const rows = createMemoryRows();
  const prices = new Map<string, PriceRow>();
  let committedAt: number | null = null;

  function commit(): void {
    const batch = queue.head(queue.length);
    for (const entry of batch) {
      rows.write(entry);
      for (const price of entry.prices) prices.set(price.id, price);
    }
    queue.remove(batch);
    committedAt = clock.now();
  }

  return {
    reserve(intent) {
      queue.reserve(intent);
      return true;
    },
    stream: queue.stream,
    settle: queue.settle,
    flush: async () => commit(),
    closeOpenIntents: rows.closeOpen,
    *query(filter, limit = Number.POSITIVE_INFINITY) {
      for (const { row } of rows.matching(filter).slice(0, limit)) yield row;
    },
    totals: (filter) => totalOf(rows.parts(filter, null)),
    groups: (filter, by, zone = "UTC") =>
      by === "day"
        ? groupDays(filter, zone, rows.known(), (span) => totalOf(rows.parts(span, null)))
        : groupsOf(rows.parts(filter, by)),
    recentRequests(limit, filter = {}) {
      const last = rows.matching(filter).filter(({ isLast }) => isLast);
      return last.slice(0, limit).map(({ row }) => summaryOf(row, rows.matching({ requestId: row.requestId })));
    },
    spent(filter) {
      commit();
      return spentOf(rows.parts(filter, null));
    },
    prunable: (before) =>
      rows.matching({ to: midnightBefore(before) }).filter(({ row }) => row.endedAt !== null).length,
    price: (id) => prices.get(id) ?? null,
    prune: (before) => rows.deleteBefore(midnightBefore(before)),
    // Its sums are made from its rows at each reading.
    repairDay: () => null,
    health: () => ({
      queued: queue.length,
      queuedBytes: queue.bytes,
      isFull: false,
      lastError: null,
      rejected: 0,
      committedAt,
    }),
    close: () => commit(),
  };
}
