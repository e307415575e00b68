import type { LedgerQueue, PendingAttempt } from "../ledger-queue.ts";
import type { LedgerHealth } from "../ports.ts";
import { StoreError } from "../store-error.ts";
import { isRowAtFault, storeFaultOf } from "./fault.ts";
import type { LedgerWriter } from "./ledger-writer.ts";

/** The part of a clock that group commit needs. */
export interface LedgerClock {
  now(): number;
  after(delayMs: number, action: () => void): () => void;
}

/** When and how the queue is written. */
export interface GroupCommit {
  /** To be called after each change of the queue. */
  schedule(): void;
  /** Writes all that is queued now; throws a {@link StoreError} and keeps the rest when the store refuses. */
  flush(): void;
  /** No more timers. */
  stop(): void;
  status(): Pick<LedgerHealth, "lastError" | "rejected" | "committedAt">;
}

/**
 * A batch is written when it has this many rows or is this old. A commit waits for the disk, however few its rows: a row took
 * 4 to 6 microseconds in batches of 100 (14 to 36 while others used the disk), 3 to 6 in batches of 500, which block the loop
 * for 2 to 3 ms.
 */
const BATCH_ROWS = 500;
const BATCH_AGE_MS = 50;
/** Longest pause between tries while the store refuses. */
const MAX_RETRY_MS = 5_000;

interface Commits {
  failures: number;
  rejected: number;
  lastError: string | null;
  committedAt: number | null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Writes a batch row by row, so that one bad row costs only itself. Returns what the database would not take. */
function writeSingly(writer: LedgerWriter, batch: readonly PendingAttempt[]): readonly string[] {
  const refused: string[] = [];
  for (const entry of batch) {
    try {
      writer.write([entry]);
    } catch (error) {
      if (!isRowAtFault(error)) throw error;
      refused.push(`row ${entry.key} was refused: ${messageOf(error)}`);
    }
  }
  return refused;
}

function writeBatch(writer: LedgerWriter, batch: readonly PendingAttempt[]): readonly string[] {
  try {
    writer.write(batch);
    return [];
  } catch (error) {
    if (!isRowAtFault(error)) throw error;
    return writeSingly(writer, batch);
  }
}

/** A fresh group commit over a queue. `path` is for messages. */
export function createGroupCommit(
  path: string,
  queue: LedgerQueue,
  writer: LedgerWriter,
  clock: LedgerClock,
): GroupCommit {
  const commits: Commits = { failures: 0, rejected: 0, lastError: null, committedAt: null };
  let timer: { readonly cancel: () => void; readonly isUrgent: boolean } | null = null;

  function commit(): void {
    const batch = queue.head(BATCH_ROWS);
    try {
      const refused = writeBatch(writer, batch);
      if (commits.failures > 0) commits.lastError = null;
      commits.rejected += refused.length;
      commits.lastError = refused.at(-1) ?? commits.lastError;
    } catch (error) {
      const fault = storeFaultOf(error, path);
      commits.failures += 1;
      commits.lastError = fault.message;
      throw new StoreError(fault, error);
    }
    queue.remove(batch);
    commits.failures = 0;
    commits.committedAt = clock.now();
  }

  function onTimer(): void {
    timer = null;
    try {
      commit();
    } catch (error) {
      // In status() already; the rows are still queued and the next try is scheduled below.
      if (!(error instanceof StoreError)) throw error;
    }
    schedule();
  }

  function schedule(): void {
    const isUrgent = queue.length >= BATCH_ROWS && commits.failures === 0;
    if (queue.length === 0 || (timer !== null && (timer.isUrgent || !isUrgent))) return;
    timer?.cancel();
    const delayMs = isUrgent ? 0 : Math.min(BATCH_AGE_MS * 2 ** commits.failures, MAX_RETRY_MS);
    timer = { cancel: clock.after(delayMs, onTimer), isUrgent };
  }

  return {
    schedule,
    flush() {
      while (queue.length > 0) commit();
    },
    stop: () => timer?.cancel(),
    status: () => ({ lastError: commits.lastError, rejected: commits.rejected, committedAt: commits.committedAt }),
  };
}
