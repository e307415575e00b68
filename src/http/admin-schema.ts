import * as v from "valibot";
import { BUDGET_PERIODS, BUDGET_POLICIES } from "../core/budget-text.ts";
import { NANO_PER_USD } from "../core/money.ts";
import { PERIODS, parseMoment } from "../core/period.ts";
import { failure, type Result, success } from "../core/result.ts";

/** The dimensions that costs can be grouped by. */
const GROUP_NAMES = ["model", "provider", "project", "key", "session", "day"] as const;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256));

function moment(edge: "start" | "end") {
  return v.pipe(
    v.string(),
    v.check((text) => parseMoment(text, edge) !== null, "must be a day (2026-11-22), an ISO time or Unix milliseconds"),
    v.transform((text) => parseMoment(text, edge) ?? 0),
  );
}

function count(most: number) {
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,9}$/, "must be a whole number"),
    v.transform(Number),
    v.minValue(1),
    v.maxValue(most),
  );
}

const filters = {
  from: v.optional(moment("start")),
  to: v.optional(moment("end")),
  provider: v.optional(name),
  model: v.optional(name),
  project: v.optional(name),
  key: v.optional(name),
  session: v.optional(name),
  state: v.optional(name),
};

/** Query of `GET /v1/costs`. */
export const costsQuery = v.strictObject({
  ...filters,
  period: v.optional(v.picklist(PERIODS)),
  by: v.optional(v.picklist(GROUP_NAMES), "model"),
});

/** Query of `GET /v1/costs/rows`. */
export const rowsQuery = v.strictObject({
  ...filters,
  request: v.optional(name),
  limit: v.optional(count(100_000_000)),
});

/** Query of `GET /v1/prices`. */
export const pricesQuery = v.strictObject({ model: v.optional(name) });

/** Query of `GET /v1/requests`. */
export const requestsQuery = v.strictObject({ ...filters, limit: v.optional(count(10_000), "20") });

/** Query of routes that take none. */
export const noQuery = v.strictObject({});

/** Body of `POST /v1/keys`. */
export const keyBody = v.strictObject({
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)),
  project: v.optional(v.nullable(name), null),
  models: v.optional(v.pipe(v.array(name), v.maxLength(100)), []),
  expiresAt: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))), null),
});

/** Body of `POST /v1/stop`. */
export const stopBody = v.strictObject({ reason: v.optional(v.pipe(v.string(), v.maxLength(200)), "admin") });

/** The filters that ledger queries share, as the store names them. */
export function ledgerFilter(
  query: v.InferOutput<typeof requestsQuery> | v.InferOutput<typeof costsQuery> | v.InferOutput<typeof rowsQuery>,
) {
  const { from, to, provider, model, project, key, session, state } = query;
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
const limit = (most: number) => v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most)));

/** Limits of a key: what is not given stays, null takes a limit away. Money in nano-dollars. */
const limits = {
  budget: v.optional(
    v.nullable(
      v.strictObject({
        limitNanoUsd: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(9_000_000 * NANO_PER_USD)),
        period: v.picklist(BUDGET_PERIODS),
        over: v.picklist(BUDGET_POLICIES),
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

    ...(project === undefined ? {} : { project }),
    ...(key === undefined ? {} : { keyId: key }),
    ...(session === undefined ? {} : { session }),
    ...(state === undefined ? {} : { state }),
  };
}
  limits: v.optional(limitsBody, {}),

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
