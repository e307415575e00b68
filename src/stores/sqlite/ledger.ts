import type { Database } from "bun:sqlite";
import { createLedgerQueue } from "../ledger-queue.ts";
import type { Ledger, LedgerReader } from "../ports.ts";
import { StoreError } from "../store-error.ts";
import { midnightBefore } from "../time-pieces.ts";
import { createGroupCommit, type LedgerClock } from "./group-commit.ts";
import { repairDay } from "./ledger-check.ts";
import { createLedgerWriter } from "./ledger-writer.ts";

/** What a SQLite ledger is made of. */
export interface LedgerParts {
  /** For messages. */
  readonly path: string;
  readonly writer: Database;
  readonly reader: LedgerReader;
  readonly clock: LedgerClock;
  /** Bound of the queue while the store cannot be written; see {@link Ledger.reserve}. */
  readonly maxQueueBytes?: number;
}

/** About 50,000 waiting rows. */
const DEFAULT_QUEUE_BYTES = 64 * 1024 * 1024;
/** Deleting this many rows stays under 5 ms. */
const PRUNE_ROWS = 250;

/**
 * The ledger on SQLite: intents and outcomes wait in a queue and are written together (group commit), an intent and its
 * outcome as one INSERT when both still wait. While the store refuses (disk full) everything stays queued and is tried
 * again with growing pauses; when the queue reaches its bound, `reserve` says no until the store recovers.
 */
export function createSqliteLedger(parts: LedgerParts): Ledger {
  const { reader, maxQueueBytes = DEFAULT_QUEUE_BYTES } = parts;
  const writer = createLedgerWriter(parts.writer);
  const queue = createLedgerQueue();
  const commits = createGroupCommit(parts.path, queue, writer, parts.clock);
  const isFull = () => queue.bytes >= maxQueueBytes;
  return {
    ...reader,
    reserve(intent) {
      if (isFull()) return false;
      queue.reserve(intent);
      commits.schedule();
      return true;
    },
    stream(requestId, attempt) {
      queue.stream(requestId, attempt);
      commits.schedule();
    },
    settle(outcome, price, savedPrice) {
      queue.settle(outcome, price, savedPrice);
      commits.schedule();
    },
    spent(filter) {
      commits.flush();
      return reader.spent(filter);
    },
    flush: async () => commits.flush(),
    closeOpenIntents: (at, isFree = () => false) => writer.closeOpen(at, isFree),
    prune: (before) => writer.deleteBefore(midnightBefore(before), PRUNE_ROWS),
    repairDay(after) {
      commits.flush();
      return repairDay(parts.writer, after);
    },
    health: () => ({ queued: queue.length, queuedBytes: queue.bytes, isFull: isFull(), ...commits.status() }),
    close() {
      commits.stop();
      try {
        commits.flush();
      } catch (error) {
        // Whoever wants to know flushes before: there is nobody left to write it for.
        if (!(error instanceof StoreError)) throw error;
      } finally {
        reader.close();
        parts.writer.close();
      }
    },
  };
}
