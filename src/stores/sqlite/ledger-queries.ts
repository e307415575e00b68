import { type Database, SQLiteError, type Statement } from "bun:sqlite";
import type { CostGroup, LedgerRow, Totals } from "../../core/ledger.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { PriceRow } from "../../core/price.ts";
import { groupDays, groupsOf, spentOf, totalOf } from "../ledger-sums.ts";
import type { GroupBy, LedgerFilter, LedgerReader, RequestSummary, SpentFilter } from "../ports.ts";
import { StoreError } from "../store-error.ts";
import { END_OF_TIME, midnightBefore } from "../time-pieces.ts";
import type { Bindings } from "./bindings.ts";
import { storeFaultOf } from "./fault.ts";
import { filterBindings } from "./filter-bindings.ts";
import { type StoredAttempt, toLedgerRow } from "./ledger-row.ts";
import * as sql from "./ledger-sql.ts";
import { createSumsReader } from "./sums-reader.ts";

const PAGE_ROWS = 500;

interface Statements {
  readonly rows: Statement<StoredAttempt, [Bindings]>;
  readonly rowsOfRequest: Statement<StoredAttempt, [Bindings]>;
  readonly summary: Statement<{ attempts: number; startedAt: number; costNanoUsd: number | null }, [Bindings]>;
  readonly prunable: Statement<{ rows: number }, [Bindings]>;
  readonly price: Statement<{ json: string }, [Bindings]>;
}

function prepare(database: Database): Statements {
  return {
    rows: database.query(sql.ROWS_BY_TIME),
    rowsOfRequest: database.query(sql.ROWS_OF_REQUEST),
    summary: database.query(sql.REQUEST_SUMMARY),
    prunable: database.query(sql.COUNT_OLD_ATTEMPTS),
    price: database.query(sql.FIND_PRICE),
  };
}

/** Pages rather than one long cursor: no read transaction stays open while the caller looks at a row. */
function* pagesOf(
  statements: Statements,
  filter: LedgerFilter,
  limit: number,
  leastLast: 0 | 1,
): Generator<StoredAttempt> {
  const statement = filter.requestId === undefined ? statements.rows : statements.rowsOfRequest;
  let place = { beforeStart: END_OF_TIME, beforeId: END_OF_TIME };
  let left = limit;
  while (left > 0) {
    const size = Math.min(left, PAGE_ROWS);
    // SQLite seeks by `$to` and not by the place: without this each page would read all before it again.
    const to = Math.min(filter.to ?? END_OF_TIME, place.beforeStart + 1);
    const page = statement.all({ ...filterBindings(filter), to, ...place, leastLast, limit: size });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < size) return;
    place = { beforeStart: last.started_at, beforeId: last.id };
    left -= size;
  }
}

function summaryOf(statements: Statements, last: LedgerRow): RequestSummary {
  const found = statements.summary.get({ requestId: last.requestId });
  const { attempts, startedAt, costNanoUsd } = found ?? { attempts: 1, startedAt: last.startedAt, costNanoUsd: null };
  return { requestId: last.requestId, startedAt, attempts, last, costNanoUsd };
}

/** What SQLite says while reading (a damaged page) as what a person can do about it. */
function readFailure(error: unknown, path: string): unknown {
  return error instanceof SQLiteError ? new StoreError(storeFaultOf(error, path), error) : error;
}

function guarded<Arguments extends readonly unknown[], Value>(
  path: string,
  read: (...asked: Arguments) => Value,
): (...asked: Arguments) => Value {
  return function readGuarded(...asked) {
    try {
      return read(...asked);
    } catch (error) {
      throw readFailure(error, path);
    }
  };
}

function* guardedRows(path: string, rows: Iterable<StoredAttempt>): Generator<LedgerRow> {
  try {
    for (const stored of rows) yield toLedgerRow(stored);
  } catch (error) {
    throw readFailure(error, path);
  }
}

/**
 * The reading half of the ledger, on a handle of its own; `path` is for messages. Reads of a damaged file throw a
 * {@link StoreError}. Closing it closes the handle.
 */
export function createLedgerReader(database: Database, path: string): LedgerReader {
  const statements = prepare(database);
  const sums = createSumsReader(database);
  // One read transaction, so that all sums are of the same moment.
  const totals = database.transaction((filter: LedgerFilter): Totals => totalOf(sums.parts(filter, null)));
  const groups = database.transaction((filter: LedgerFilter, by: GroupBy, zone: string): readonly CostGroup[] =>
    by === "day"
      ? groupDays(filter, zone, sums.known(), (span) => totalOf(sums.parts(span, null)))
      : groupsOf(sums.parts(filter, by)),
  );
  const spent = database.transaction((filter: SpentFilter): NanoUsd => spentOf(sums.parts(filter, null)));
  return {
    query: (filter, limit = END_OF_TIME) => guardedRows(path, pagesOf(statements, filter, limit, 0)),
    totals: guarded(path, (filter: LedgerFilter) => totals(filter)),
    groups: guarded(path, (filter: LedgerFilter, by: GroupBy, zone = "UTC") => groups(filter, by, zone)),
    spent: guarded(path, (filter: SpentFilter) => spent(filter)),
    recentRequests: guarded(path, (limit: number, filter: LedgerFilter = {}) =>
      [...pagesOf(statements, filter, limit, 1)].map((stored) => summaryOf(statements, toLedgerRow(stored))),
    ),
    prunable: guarded(path, (before: number) => statements.prunable.get({ before: midnightBefore(before) })?.rows ?? 0),
    price: guarded(path, (id: string) => {
      const found = statements.price.get({ id });
      // Written by this program from a PriceRow.
      return found === null ? null : (JSON.parse(found.json) as PriceRow);
    }),
    close: () => database.close(),
  };
}
