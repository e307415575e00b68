import * as v from "valibot";
import { BUDGET_PERIODS, BUDGET_POLICIES } from "../../core/budget/text.ts";
import type { Window } from "../../core/calendar.ts";
import { utcOfDay } from "../../core/day.ts";
import { NANO_PER_USD } from "../../core/money.ts";
import { PERIODS, type Period, parseMoment, spanOf } from "../../core/period.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { GroupBy, LedgerFilter } from "../../stores/ports.ts";

/** The dimensions that costs can be grouped by. */
const GROUP_NAMES = [
  ...["model", "provider", "project", "key", "session", "day"],
  ...["tag", "task", "file", "client"],
] as const satisfies readonly GroupBy[];

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256));

/** Stays text: which moment it is depends on the configured time zone, see {@link ledgerFilter}. */
const moment = v.pipe(
  v.string(),
  v.check(
    (text) => parseMoment(text, "start", "UTC") !== null,
    "must be a day (2026-11-22), an ISO time or Unix milliseconds",
  ),
);

function count(most: number) {
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,9}$/, "must be a whole number"),
    v.transform(Number),
    v.minValue(1),
    v.maxValue(most),
  );
}

const span = {
  from: v.optional(moment),
  to: v.optional(moment),
  period: v.optional(v.picklist(PERIODS)),
};

const filters = {
  provider: v.optional(name),
  model: v.optional(name),
  project: v.optional(name),
  key: v.optional(name),
  session: v.optional(name),
  tag: v.optional(name),
  task: v.optional(name),
  file: v.optional(name),
  client: v.optional(name),
  state: v.optional(name),
};

/** Dollars as people write them, in nano-dollars. */
const dollars = v.pipe(
  v.string(),
  v.regex(/^\d{1,7}(\.\d{1,9})?$/, "must be dollars, as 0.05"),
  v.transform((text) => Math.round(Number(text) * NANO_PER_USD)),
);
const atLeastZero = v.pipe(v.string(), v.regex(/^\d{1,15}$/, "must be a whole number"), v.transform(Number));

/** What can be asked of single rows, beyond what sums know. */
const rowFilters = {
  ...span,
  ...filters,
  endpoint: v.optional(name),
  requested: v.optional(name),
  fault: v.optional(name),
  minCost: v.optional(dollars),
  maxCost: v.optional(dollars),
  minTokens: v.optional(atLeastZero),
  maxTokens: v.optional(atLeastZero),
  minDuration: v.optional(atLeastZero),
  maxDuration: v.optional(atLeastZero),
};

/** Query of `GET /v1/costs`. */
export const costsQuery = v.strictObject({
  ...span,
  ...filters,
  by: v.optional(v.picklist(GROUP_NAMES), "model"),
});

/** Query of `GET /v1/costs/rows`. */
export const rowsQuery = v.strictObject({
  ...rowFilters,
  request: v.optional(name),
  limit: v.optional(count(100_000_000)),
});

/** Query of `GET /v1/requests/:id/explain`. */
export const explainQuery = v.strictObject({ as: v.optional(name) });

/** Query of `GET /v1/costs/what-if`. */
export const whatIfQuery = v.strictObject({ ...span, ...filters, as: name });

const day = v.pipe(
  v.string(),
  v.check((text) => utcOfDay(text) !== null, "must be a day, as 2026-11-22"),
);

/** Query of `GET /v1/costs/report`: whole days of the configured time zone, both included, or a month. */
export const reportQuery = v.strictObject({
  ...filters,
  from: v.optional(day),
  to: v.optional(day),
  month: v.optional(v.pipe(v.string(), v.maxLength(10))),
  by: v.optional(v.picklist(GROUP_NAMES)),
});

/** Query of `GET /v1/prices`. */
export const pricesQuery = v.strictObject({ model: v.optional(name) });

/** Query of `GET /v1/requests`. */
export const requestsQuery = v.strictObject({ ...span, ...filters, limit: v.optional(count(10_000), "20") });

/** Query of routes that take none. */
export const noQuery = v.strictObject({});

const limit = (most: number) => v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most)));

/** Limits of a key: what is not given stays, a budget's policy too; null takes a limit away. Money in nano-dollars. */
const limits = {
  budget: v.optional(
    v.nullable(
      v.strictObject({
        limitNanoUsd: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(9_000_000 * NANO_PER_USD)),
        period: v.picklist(BUDGET_PERIODS),
        over: v.optional(v.picklist(BUDGET_POLICIES)),
      }),
    ),
  ),
  requestsPerMinute: v.optional(limit(1_000_000)),
  burst: v.optional(limit(1_000_000)),
  tokensPerMinute: v.optional(limit(1_000_000_000)),
  concurrent: v.optional(limit(100_000)),
};

/** Body of `PATCH /v1/keys/:id`. */
export const limitsBody = v.strictObject(limits);

/** Body of `POST /v1/keys`. */
export const keyBody = v.strictObject({
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)),
  project: v.optional(v.nullable(name), null),
  models: v.optional(v.pipe(v.array(name), v.maxLength(100)), []),
  expiresAt: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))), null),
  limits: v.optional(limitsBody, {}),
});

/** Body of `POST /v1/costs/prune`: rows that started on a UTC day before that of `before` (Unix ms). */
export const pruneBody = v.strictObject({
  before: v.pipe(v.number(), v.integer(), v.minValue(0)),
  dryRun: v.optional(v.boolean(), false),
});

/** Body of `POST /v1/costs/repair`: the day (Unix ms) after which to go on. */
export const repairBody = v.strictObject({ after: v.optional(v.nullable(v.pipe(v.number(), v.integer())), null) });

/** Body of `POST /v1/stop`. */
export const stopBody = v.strictObject({ reason: v.optional(v.pipe(v.string(), v.maxLength(200)), "admin") });

type RowFilters = Omit<Partial<v.InferOutput<typeof rowsQuery>>, keyof typeof span>;

/** The names of filters here and in the store, where they differ. */
const STORE_NAMES = {
  key: "keyId",
  requested: "requestedModel",
  fault: "faultKind",
  request: "requestId",
  minCost: "minCostNanoUsd",
  maxCost: "maxCostNanoUsd",
  minDuration: "minDurationMs",
  maxDuration: "maxDurationMs",
} as const satisfies Partial<Record<keyof RowFilters, keyof LedgerFilter>>;

const SAME_NAMES = [
  ...["provider", "model", "project", "session", "tag", "task", "file", "client", "state", "endpoint"],
  ...["minTokens", "maxTokens"],
] as const satisfies readonly (keyof RowFilters & keyof LedgerFilter)[];

/** A query's own time, or that of the period it names (`all` where it names none), in Unix ms; an error says why it is neither. */
export function spanOfQuery(
  query: { readonly from?: string | undefined; readonly to?: string | undefined; readonly period?: Period | undefined },
  now: number,
  timeZone: string,
): Result<Window & { readonly period: Period | "custom" }, string> {
  const { from, to, period } = query;
  if (from === undefined && to === undefined) {
    return success({ period: period ?? "all", ...spanOf(period ?? "all", now, timeZone) });
  }
  if (period !== undefined) return failure("period and from/to exclude each other");
  const start = from === undefined ? null : parseMoment(from, "start", timeZone);
  const end = to === undefined ? null : parseMoment(to, "end", timeZone);
  if (start !== null && end !== null && start >= end) return failure(`from ${from} is after to ${to}`);
  return success({ period: "custom", from: start, to: end });
}

/** The filters of a query as the store names them, over a span of time; what is open or absent is left out. */
export function ledgerFilter(query: RowFilters, { from, to }: Window): LedgerFilter {
  const names = [...SAME_NAMES.map((name) => [name, name] as const), ...Object.entries(STORE_NAMES)];
  const asked: Readonly<Record<string, unknown>> = query;
  const filters = names.map(([name, stored]) => [stored, asked[name]] as const);
  const wanted = [["from", from ?? undefined], ["to", to ?? undefined], ...filters] as const;
  return Object.fromEntries(wanted.filter(([, value]) => value !== undefined));
}

/** Parses by a schema; the error names every offending field. */
export function parseWith<Schema extends v.GenericSchema>(
  schema: Schema,
  input: unknown,
): Result<v.InferOutput<Schema>, string> {
  const parsed = v.safeParse(schema, input);
  if (parsed.success) return success(parsed.output);
  const clauses = parsed.issues.map((issue) => {
    const path = v.getDotPath(issue);
    return path === null ? issue.message : `${path}: ${issue.expected === "never" ? "unknown field" : issue.message}`;
  });
  return failure(clauses.join("; "));
}
