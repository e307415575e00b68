import type { LedgerRow, Totals } from "../../core/ledger.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { PriceRow } from "../../core/price.ts";
import { NO_USAGE } from "../../core/usage.ts";
import { createLedgerQueue, type PendingAttempt } from "../ledger-queue.ts";
import {
  addTotals,
  CRASHED_TOTALS,
  canUseDailySums,
  DAY_MS,
  type Dimensions,
  groupTotals,
  NO_TOTALS,
  RESERVED_TOTALS,
  settledTotals,
  sumTotals,
  wholeDays,
} from "../ledger-sums.ts";
import type { GroupBy, Ledger, LedgerFilter, RequestSummary } from "../ports.ts";

interface MemoryRow {
  readonly row: LedgerRow;
  /** What it adds to sums, its share of the request count apart. */
  readonly totals: Totals;
  readonly isLast: boolean;
}

type Part = readonly [Dimensions, Totals];

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
  return { ...intent, ...outcome, usage: { input: outcome.usage.input, output: outcome.usage.output } };
}

function isMatch(row: LedgerRow, filter: LedgerFilter): boolean {
  const { from = 0, to = Number.POSITIVE_INFINITY } = filter;
  if (row.startedAt < from || row.startedAt >= to) return false;
  const names = [
    "requestId",
    "provider",
    "model",
    "project",
    "keyId",
    "session",
    "tag",
    "task",
    "file",
    "client",
    "state",
  ] as const;
  return names.every((name) => filter[name] === undefined || filter[name] === row[name]);
}

function partOf({ row, totals, isLast }: MemoryRow): Part {
  const { provider, model, project, keyId, session, tag, task, file, client } = row;
  const names = { provider, model, project, keyId, session, tag, task, file, client };
  const dimensions = { day: Math.floor(row.startedAt / DAY_MS), ...names };
  return [dimensions, { ...totals, requests: isLast ? 1 : 0 }];
}

/** Whether the row's whole UTC day is asked for. */
function isInDays(memoryRow: MemoryRow, filter: LedgerFilter): boolean {
  const { fromDay, toDay } = wholeDays(filter);
  const day = Math.floor(memoryRow.row.startedAt / DAY_MS);
  return day >= fromDay && day < toDay && isMatch(memoryRow.row, filter);
}

function crashed({ row, totals, isLast }: MemoryRow, at: number): MemoryRow {
  const message = "Lodestar ended before this attempt did: its tokens and cost are unknown.";
  const end = { state: "estimated", usageSource: "estimated", costReason: "crashed", endedAt: at } as const;
  return {
    row: { ...row, ...end, fault: { kind: "internal", message } },
    totals: addTotals(totals, CRASHED_TOTALS),
    isLast,
  };
}

function spentOn({ costNanoUsd, costReason, reservedNanoUsd }: LedgerRow): NanoUsd {
  return costNanoUsd ?? (costReason === "crashed" ? (reservedNanoUsd ?? 0) : 0);
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
  /** What to sum for this filter: matching rows and, where whole days are asked for, those that were deleted. */
  parts(filter: LedgerFilter, by: GroupBy | null): readonly Part[];
  /** Newest first; of the same moment the later written first. */
  matching(filter: LedgerFilter): readonly MemoryRow[];
  closeOpen(at: number): number;
  deleteBefore(before: number): number;
}

function createMemoryRows(): MemoryRows {
  const rows = new Map<string, MemoryRow>();
  const deleted: MemoryRow[] = [];

  function matching(filter: LedgerFilter): readonly MemoryRow[] {
    const found = [...rows.values()].filter(({ row }) => isMatch(row, filter)).reverse();
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
      const settled = entry.outcome === null ? NO_TOTALS : settledTotals(entry.outcome);
      const isLast = rows.get(entry.key)?.isLast ?? true;
      rows.set(entry.key, { row, totals: addTotals(RESERVED_TOTALS, settled), isLast });
      if (entry.isNew) supersede(row);
    },
    matching,
    closeOpen(at) {
      const open = [...rows].filter(([, { row }]) => row.endedAt === null);
      for (const [key, memoryRow] of open) rows.set(key, crashed(memoryRow, at));
      return open.length;
    },
    parts(filter, by) {
      const kept = matching(filter).map(partOf);
      return canUseDailySums(filter, by)
        ? [...kept, ...deleted.filter((old) => isInDays(old, filter)).map(partOf)]
        : kept;
    },
    deleteBefore(before) {
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
    totals: (filter) => sumTotals(rows.parts(filter, null)),
    groups: (filter, by) => groupTotals(rows.parts(filter, by), by),
    recentRequests(limit, filter = {}) {
      const last = rows.matching(filter).filter(({ isLast }) => isLast);
      return last.slice(0, limit).map(({ row }) => summaryOf(row, rows.matching({ requestId: row.requestId })));
    },
    spent(filter) {
      commit();
      return rows.matching(filter).reduce((sum, { row }) => sum + spentOn(row), 0);
    },
    price: (id) => prices.get(id) ?? null,
    prune: (before) => rows.deleteBefore(Math.floor(before / DAY_MS) * DAY_MS),
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
