import type { Database } from "bun:sqlite";
import { sumTallies, type Tally } from "../../core/availability.ts";
import { BUCKET_MS, type Bucket, type BucketWidth, KEEP_MS, WIDTHS } from "../../core/availability-span.ts";
import { FAULT_RULES } from "../../core/fault.ts";
import { isJsonObject, parseJson } from "../../core/json.ts";
import { isBucket, type LogHistogram } from "../../core/log-histogram.ts";
import type { HealthFilter, HealthHistory, HealthHistoryReader } from "../ports.ts";
import type { Bindings } from "./bindings.ts";

interface StoredRow {
  readonly at: number;
  readonly provider: string;
  readonly account: string;
  readonly model: string;
  readonly answered: number;
  readonly faults: string;
  readonly latency: string;
  readonly first_token: string;
}

const FIND = `
SELECT at, provider, account, model, answered, faults, latency, first_token FROM buckets
WHERE width = $width AND at >= $from AND at < $to AND ($provider IS NULL OR provider = $provider)
  AND ($account IS NULL OR account = $account) AND ($model IS NULL OR model = $model)
ORDER BY at`;
const FIND_ONE = `
SELECT at, provider, account, model, answered, faults, latency, first_token FROM buckets
WHERE width = $width AND at = $at AND provider = $provider AND account = $account AND model = $model`;
const SAVE = `
INSERT OR REPLACE INTO buckets (width, at, provider, account, model, answered, faults, latency, first_token)
VALUES ($width, $at, $provider, $account, $model, $answered, $faults, $latency, $firstToken)`;
const PRUNE = "DELETE FROM buckets WHERE width = $width AND at < $before";
const COUNT = "SELECT count(*) AS count FROM buckets WHERE width = $width";
const PRUNE_OLDEST = `
DELETE FROM buckets WHERE width = $width
  AND at <= (SELECT at FROM buckets WHERE width = $width ORDER BY at LIMIT 1 OFFSET $excess)`;

/** At most so many rows of each width, of about 150 bytes: 46 series that are busy around the clock for 90 days. */
const MAX_ROWS = 100_000;

/** Faults of a JSON object; what somebody else spoilt is left out. */
function faultsOf(text: string): Tally["faults"] {
  const json = parseJson(text);
  if (!isJsonObject(json)) return {};
  const known = Object.entries(json).filter(
    ([kind, count]) =>
      Object.hasOwn(FAULT_RULES, kind) && typeof count === "number" && Number.isInteger(count) && count > 0,
  );
  return Object.fromEntries(known);
}

/** A histogram as `JSON.stringify` writes it. */
const HISTOGRAM = /^\{(?:"\d{1,3}":\d{1,15}(?:,"\d{1,3}":\d{1,15})*)?\}$/;
const [ZERO, NINE, QUOTE, COLON] = ["0", "9", '"', ":"].map((letter) => letter.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
];

/** Reads digit by digit, since a live view reads thousands for each frame; what somebody else spoilt is left out. */
function histogramOf(text: string): LogHistogram {
  const histogram: Record<number, number> = {};
  if (!HISTOGRAM.test(text)) return histogram;
  let [bucket, digits] = [-1, 0];
  for (let at = 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) digits = digits * 10 + code - ZERO;
    else if (code === COLON) [bucket, digits] = [digits, 0];
    else if (code !== QUOTE) {
      if (digits > 0 && isBucket(bucket)) histogram[bucket] = digits;
      digits = 0;
    }
  }
  return histogram;
}

function tallyOf(row: StoredRow): Tally {
  return {
    answered: row.answered,
    faults: faultsOf(row.faults),
    latency: histogramOf(row.latency),
    firstToken: histogramOf(row.first_token),
  };
}

/** The reading half of the health history. Closing it closes the handle. */
export function createHealthReader(database: Database): HealthHistoryReader {
  const find = database.query<StoredRow, [Bindings]>(FIND);
  return {
    buckets({ width, from, to, ...only }: HealthFilter) {
      const { provider = null, account = null, model = null } = only;
      return find.all({ width: BUCKET_MS[width], from, to, provider, account, model }).map((row) => ({
        width,
        at: row.at,
        provider: row.provider,
        account: row.account,
        model: row.model,
        tally: tallyOf(row),
      }));
    },
    close: () => database.close(),
  };
}

/** The health history on SQLite: one handle, one transaction for each batch. `maxRows` bounds the rows of each width. */
export function createSqliteHealthHistory(database: Database, maxRows = MAX_ROWS): HealthHistory {
  const findOne = database.query<StoredRow, [Bindings]>(FIND_ONE);
  const save = database.query<unknown, [Bindings]>(SAVE);
  const prune = database.query<unknown, [Bindings]>(PRUNE);
  const count = database.query<{ readonly count: number }, [Bindings]>(COUNT);
  const pruneOldest = database.query<unknown, [Bindings]>(PRUNE_OLDEST);

  function addOne({ width, at, provider, account, model, tally }: Bucket): void {
    const key = { width: BUCKET_MS[width], at, provider, account, model };
    const before = findOne.get(key);
    const sum = before === null ? tally : sumTallies([tallyOf(before), tally]);
    save.run({
      ...key,
      answered: sum.answered,
      faults: JSON.stringify(sum.faults),
      latency: JSON.stringify(sum.latency),
      firstToken: JSON.stringify(sum.firstToken),
    });
  }

  function pruneWidth(width: BucketWidth, now: number): number {
    const bound = { width: BUCKET_MS[width] };
    const { changes } = prune.run({ ...bound, before: now - KEEP_MS[width] });
    const excess = (count.get(bound)?.count ?? 0) - maxRows;
    return changes + (excess <= 0 ? 0 : pruneOldest.run({ ...bound, excess: excess - 1 }).changes);
  }

  const addAll = database.transaction((buckets: readonly Bucket[]) => {
    for (const bucket of buckets) addOne(bucket);
  });
  return {
    ...createHealthReader(database),
    add: (buckets) => addAll.immediate(buckets),
    prune: (now) => WIDTHS.reduce((deleted, width) => deleted + pruneWidth(width, now), 0),
  };
}
