import type { Database, Statement } from "bun:sqlite";
import type { LedgerRow, Totals } from "../../core/ledger.ts";
import type { PriceRow } from "../../core/price.ts";
import { canUseDailySums, DAY_MS, type Dimensions, groupTotals, sumTotals, wholeDays } from "../ledger-sums.ts";
import type { GroupBy, LedgerFilter, LedgerReader, RequestSummary } from "../ports.ts";
import type { Bindings } from "./bindings.ts";
import { type StoredAttempt, toLedgerRow } from "./ledger-row.ts";
import * as sql from "./ledger-sql.ts";

type StoredSums = Dimensions & Totals;
type Part = readonly [Dimensions, Totals];

const PAGE_ROWS = 500;
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

function filterBindings(filter: LedgerFilter): Bindings {
  return {
    from: filter.from ?? 0,
    to: filter.to ?? END_OF_TIME,
    provider: filter.provider ?? null,
    model: filter.model ?? null,
    project: filter.project ?? null,
    keyId: filter.keyId ?? null,
    session: filter.session ?? null,
    tag: filter.tag ?? null,
    task: filter.task ?? null,
    file: filter.file ?? null,
    client: filter.client ?? null,
    state: filter.state ?? null,
    ...(filter.requestId === undefined ? {} : { requestId: filter.requestId }),
  };
}

function toPart(sums: StoredSums): Part {
  return [sums, sums];
}

interface Statements {
  readonly rows: Statement<StoredAttempt, [Bindings]>;
  readonly rowsOfRequest: Statement<StoredAttempt, [Bindings]>;
  readonly sums: Statement<StoredSums, [Bindings]>;
  readonly sumsOfRequest: Statement<StoredSums, [Bindings]>;
  readonly dailySums: Statement<StoredSums, [Bindings]>;
  readonly summary: Statement<{ attempts: number; startedAt: number; costNanoUsd: number | null }, [Bindings]>;
  readonly spent: Statement<{ nanoUsd: number }, [Bindings]>;
  readonly price: Statement<{ json: string }, [Bindings]>;
}

function prepare(database: Database): Statements {
  return {
    rows: database.query(sql.ROWS_BY_TIME),
    rowsOfRequest: database.query(sql.ROWS_OF_REQUEST),
    sums: database.query(sql.SUMS_BY_TIME),
    sumsOfRequest: database.query(sql.SUMS_OF_REQUEST),
    dailySums: database.query(sql.DAILY_SUMS),
    summary: database.query(sql.REQUEST_SUMMARY),
    spent: database.query(sql.SPENT),
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
    const page = statement.all({ ...filterBindings(filter), ...place, leastLast, limit: size });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < size) return;
    place = { beforeStart: last.started_at, beforeId: last.id };
    left -= size;
  }
}

function sumsOfRows(statements: Statements, filter: LedgerFilter): readonly Part[] {
  const statement = filter.requestId === undefined ? statements.sums : statements.sumsOfRequest;
  return statement.all(filterBindings(filter)).map(toPart);
}

/** Whole UTC days from the daily sums, the rest of the range from the rows. */
function sumsOfDays(statements: Statements, filter: LedgerFilter): readonly Part[] {
  const { from = 0, to = END_OF_TIME } = filter;
  const { fromDay, toDay } = wholeDays(filter);
  if (fromDay >= toDay) return sumsOfRows(statements, filter);
  const { provider = null, model = null, project = null, keyId = null } = filter;
  const days = statements.dailySums.all({ fromDay, toDay, provider, model, project, keyId });
  const head = from < fromDay * DAY_MS ? sumsOfRows(statements, { ...filter, to: fromDay * DAY_MS }) : [];
  const tail = toDay * DAY_MS < to ? sumsOfRows(statements, { ...filter, from: toDay * DAY_MS }) : [];
  return [...head, ...days.map(toPart), ...tail];
}

function summaryOf(statements: Statements, last: LedgerRow): RequestSummary {
  const found = statements.summary.get({ requestId: last.requestId });
  const { attempts, startedAt, costNanoUsd } = found ?? { attempts: 1, startedAt: last.startedAt, costNanoUsd: null };
  return { requestId: last.requestId, startedAt, attempts, last, costNanoUsd };
}

/** The reading half of the ledger, on a handle of its own. Closing it closes the handle. */
export function createLedgerReader(database: Database): LedgerReader {
  const statements = prepare(database);
  /** One read transaction, so that daily sums and rows are of the same moment. */
  const partsOf = database.transaction((filter: LedgerFilter, by: GroupBy | null): readonly Part[] =>
    canUseDailySums(filter, by) ? sumsOfDays(statements, filter) : sumsOfRows(statements, filter),
  );
  return {
    *query(filter, limit = END_OF_TIME) {
      for (const stored of pagesOf(statements, filter, limit, 0)) yield toLedgerRow(stored);
    },
    totals: (filter) => sumTotals(partsOf(filter, null)),
    groups: (filter, by) => groupTotals(partsOf(filter, by), by),
    recentRequests: (limit, filter = {}) =>
      [...pagesOf(statements, filter, limit, 1)].map((stored) => summaryOf(statements, toLedgerRow(stored))),
    spent: (filter) => statements.spent.get(filterBindings(filter))?.nanoUsd ?? 0,
    price(id) {
      const found = statements.price.get({ id });
      // Written by this program from a PriceRow.
      return found === null ? null : (JSON.parse(found.json) as PriceRow);
    },
    close: () => database.close(),
  };
}
