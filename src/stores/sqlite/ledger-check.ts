import type { Database } from "bun:sqlite";
import { DAY_MS } from "../time-pieces.ts";
import type { Bindings } from "./bindings.ts";
import * as sql from "./check-sql.ts";
import { PRUNED_BEFORE } from "./sums-reader.ts";
import { FIND_MARK } from "./sums-sql.ts";

/** What is wrong with the rows of one UTC day; all zero when nothing is. */
export interface DayFindings {
  /** Unix ms. */
  readonly day: number;
  readonly rows: number;
  readonly wrongSums: number;
  readonly wrongLast: number;
  readonly lostPrices: number;
}

interface Days {
  readonly from: number;
  readonly to: number;
}

/** The days whose sums can be held against rows: what was pruned has none. */
function checkableDays(database: Database): Days {
  const { from, to } = database.query<{ from: number | null; to: number | null }, []>(sql.ROW_DAYS).get() ?? {};
  const mark = database.query<{ value: number }, [Bindings]>(FIND_MARK).get({ name: PRUNED_BEFORE });
  return { from: Math.max(from ?? 0, mark?.value ?? 0), to: to ?? 0 };
}

function countOn(database: Database, statement: string, day: number): number {
  const asked = { day, nextDay: day + DAY_MS };
  return database.query<{ found: number }, [Bindings]>(statement).get(asked)?.found ?? 0;
}

/** How many records one statement has on a day and the other has not, in both directions. */
function differencesOn(database: Database, one: string, other: string, day: number): number {
  const asked = { day, nextDay: day + DAY_MS };
  const left = new Set(
    database
      .query<unknown, [Bindings]>(one)
      .values(asked)
      .map((record) => JSON.stringify(record)),
  );
  let extra = 0;
  for (const record of database.query<unknown, [Bindings]>(other).values(asked)) {
    if (!left.delete(JSON.stringify(record))) extra += 1;
  }
  return left.size + extra;
}

function wrongSumsOn(database: Database, day: number): number {
  const hours = differencesOn(database, sql.COUNTED_HOURS, sql.STORED_HOURS, day);
  return hours + differencesOn(database, sql.ADDED_DAYS, sql.STORED_DAYS, day);
}

/** Holds sums, last attempts and prices against the rows, a day at a time, so that no read lasts long beside a writer. */
export function* checkDays(database: Database): Generator<DayFindings> {
  const { from, to } = checkableDays(database);
  const check = database.transaction(
    (day: number): DayFindings => ({
      day,
      rows: countOn(database, sql.COUNT_ROWS, day),
      wrongSums: wrongSumsOn(database, day),
      wrongLast: countOn(database, sql.WRONG_LAST, day),
      lostPrices: countOn(database, sql.LOST_PRICES, day),
    }),
  );
  for (let day = from; day < to; day += DAY_MS) yield check(day);
}

/**
 * Makes the sums of one UTC day anew from its rows, where any are wrong: `after` is the day before it (Unix ms), null for the
 * first. Returns the day and whether it was mended; null when there is no further day.
 */
export function repairDay(database: Database, after: number | null): { day: number; wasWrong: boolean } | null {
  const { from, to } = checkableDays(database);
  const day = after === null ? from : Math.max(from, after + DAY_MS);
  if (day >= to) return null;
  const mend = database.transaction((): boolean => {
    const wrong = wrongSumsOn(database, day) + countOn(database, sql.WRONG_LAST, day);
    if (wrong === 0) return false;
    for (const statement of [sql.MEND_LAST, sql.DROP_SUMS, sql.REBUILD_HOURS, sql.REBUILD_DAY]) {
      database.query<unknown, [Bindings]>(statement).run({ day, nextDay: day + DAY_MS });
    }
    return true;
  });
  return { day, wasWrong: mend.immediate() };
}
