import type { Database, Statement } from "bun:sqlite";
import type { AttemptIntent, Totals } from "../../core/ledger.ts";
import type { PendingAttempt } from "../ledger-queue.ts";
import {
  addTotals,
  CRASHED_TOTALS,
  DAY_MS,
  type Dimensions,
  NO_TOTALS,
  RESERVED_TOTALS,
  SUPERSEDED_TOTALS,
  settledTotals,
} from "../ledger-sums.ts";
import type { Bindings } from "./bindings.ts";
import { intentBindings, keyBindings, openBindings, outcomeBindings } from "./ledger-row.ts";
import * as sql from "./ledger-sql.ts";

type Write = Statement<unknown, [Bindings]>;
type Change = Statement<Dimensions, [Bindings]>;

/** The writes of the ledger, each a transaction of its own: all or nothing, throwing SQLite's error. */
export interface LedgerWriter {
  write(batch: readonly PendingAttempt[]): void;
  closeOpen(at: number): number;
  /** Deletes at most `limit` settled rows that started before the given time; returns how many. */
  deleteBefore(before: number, limit: number): number;
}

interface Statements {
  readonly insert: Write;
  readonly markStreaming: Write;
  readonly settle: Write;
  readonly supersede: Change;
  readonly closeOpen: Change;
  readonly insertPrice: Write;
  readonly addDaily: Write;
  readonly deleteOld: Write;
}

function prepare(database: Database): Statements {
  return {
    insert: database.query(sql.INSERT_ATTEMPT),
    markStreaming: database.query(sql.MARK_STREAMING),
    settle: database.query(sql.SETTLE_ATTEMPT),
    supersede: database.query(sql.SUPERSEDE_ATTEMPTS),
    closeOpen: database.query(sql.CLOSE_OPEN_ATTEMPTS),
    insertPrice: database.query(sql.INSERT_PRICE),
    addDaily: database.query(sql.ADD_DAILY_SUMS),
    deleteOld: database.query(sql.DELETE_OLD_ATTEMPTS),
  };
}

function dimensionsOf(intent: AttemptIntent): Dimensions {
  const { provider, model, project, keyId, session, tag, task, file, client } = intent;
  const day = Math.floor(intent.startedAt / DAY_MS);
  return { day, provider, model, project, keyId, session, tag, task, file, client };
}

/** What a transaction adds to the daily sums, one upsert a group. */
interface DailyChanges {
  add(dimensions: Dimensions, totals: Totals): void;
  write(statement: Write): void;
}

interface DailyChange {
  readonly group: Bindings;
  totals: Totals;
}

function isOfGroup({ group }: DailyChange, { day, provider, model, project, keyId }: Dimensions): boolean {
  return (
    group.model === model &&
    group.keyId === (keyId ?? "") &&
    group.project === (project ?? "") &&
    group.provider === provider &&
    group.day === day
  );
}

function createDailyChanges(): DailyChanges {
  const changes = new Map<string, DailyChange>();
  // Rows that follow one another are mostly of one group, which then needs no name to be found by.
  let last: DailyChange | null = null;

  function changeOf(dimensions: Dimensions): DailyChange {
    if (last !== null && isOfGroup(last, dimensions)) return last;
    const { day, provider, model, project, keyId } = dimensions;
    const group = { day, provider, model, project: project ?? "", keyId: keyId ?? "" };
    const name = JSON.stringify(group);
    const known = changes.get(name) ?? { group, totals: NO_TOTALS };
    changes.set(name, known);
    last = known;
    return known;
  }

  return {
    add(dimensions, totals) {
      const change = changeOf(dimensions);
      change.totals = addTotals(change.totals, totals);
    },
    write(statement) {
      for (const { group, totals } of changes.values()) statement.run({ ...group, ...totals });
    },
  };
}

function insertAttempt(statements: Statements, entry: PendingAttempt, changes: DailyChanges): void {
  const { intent, outcome, isStreaming } = entry;
  const rest = outcome === null ? openBindings(isStreaming) : outcomeBindings(outcome);
  statements.insert.run({ ...intentBindings(intent), ...rest });
  changes.add(dimensionsOf(intent), RESERVED_TOTALS);
  if (intent.attempt > 1) {
    const earlier = statements.supersede.all(keyBindings(intent));
    for (const dimensions of earlier) changes.add(dimensions, SUPERSEDED_TOTALS);
  }
}

function updateAttempt(statements: Statements, { intent, outcome }: PendingAttempt): void {
  if (outcome === null) {
    statements.markStreaming.run(keyBindings(intent));
    return;
  }
  const { changes } = statements.settle.run({ ...keyBindings(intent), ...outcomeBindings(outcome) });
  if (changes !== 1) throw new Error(`attempt ${intent.requestId}#${intent.attempt} has no open row to settle`);
}

function writeAttempt(statements: Statements, entry: PendingAttempt, changes: DailyChanges): void {
  if (entry.isNew) insertAttempt(statements, entry, changes);
  else updateAttempt(statements, entry);
  if (entry.outcome !== null) changes.add(dimensionsOf(entry.intent), settledTotals(entry.outcome));
}

/**
 * Prepares the writes on the one writing handle. Single-row statements inside one transaction: measured faster in
 * bun:sqlite than inserts of many rows (0.32 ms against 0.46 ms for 100 rows).
 */
export function createLedgerWriter(database: Database): LedgerWriter {
  const statements = prepare(database);
  const writtenPrices = new Set<string>();

  const write = database.transaction((batch: readonly PendingAttempt[]) => {
    const changes = createDailyChanges();
    for (const entry of batch) {
      writeAttempt(statements, entry, changes);
      for (const price of entry.prices) {
        if (!writtenPrices.has(price.id)) statements.insertPrice.run({ id: price.id, json: JSON.stringify(price) });
      }
    }
    changes.write(statements.addDaily);
  });
  const closeOpen = database.transaction((at: number) => {
    const changes = createDailyChanges();
    const closed = statements.closeOpen.all({ at });
    for (const dimensions of closed) changes.add(dimensions, CRASHED_TOTALS);
    changes.write(statements.addDaily);
    return closed.length;
  });

  return {
    write(batch) {
      write.immediate(batch);
      // Only now: a transaction that rolled back has not written its prices.
      for (const { prices } of batch) for (const { id } of prices) writtenPrices.add(id);
    },
    closeOpen: (at) => closeOpen.immediate(at),
    deleteBefore: (before, limit) => statements.deleteOld.run({ before, limit }).changes,
  };
}
