import type { Context } from "hono";
import type { CostsView, RequestDetailView } from "../../core/admin-view.ts";
import type { Window } from "../../core/calendar.ts";
import { expectedOfLocal } from "../../core/routing/policy-replay.ts";
import { type SavingsQuality, savingsOf } from "../../core/savings.ts";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { costsQuery, ledgerFilter, parseWith, requestsQuery, rowsQuery, spanOfQuery } from "./schema.ts";

/** Rows joined into one chunk of an NDJSON answer. */
const ROWS_PER_CHUNK = 200;

function badQuery(context: Context, message: string): Response {
  return adminError(context, 400, "bad_query", message);
}

/** So many of the latest decisions tell how good local answers are expected to be. */
const QUALITY_ROUTES = 1_000;

function qualityIn({ from, to }: Window, { route }: AdminContext): SavingsQuality {
  route.flush();
  return expectedOfLocal(
    route.log()?.list({ from: from ?? 0, to: to ?? Number.MAX_SAFE_INTEGER }, QUALITY_ROUTES) ?? [],
  );
}

/** `GET /v1/costs`: sums over a period or span, grouped. What is queued is committed first, so that sums are current. */
export async function answerCosts(context: Context, admin: AdminContext): Promise<Response> {
  const query = parseWith(costsQuery, context.req.query());
  if (!query.ok) return badQuery(context, query.error);
  const { timeZone, baselineModel } = admin.settings();
  const span = spanOfQuery(query.value, admin.now(), timeZone);
  if (!span.ok) return badQuery(context, span.error);
  await admin.ledger.flush();
  const { by } = query.value;
  const filter = ledgerFilter(query.value, span.value);
  const totals = admin.ledger.totals(filter);
  const view: CostsView = {
    ...span.value,
    timeZone,
    by,
    totals,
    savings: savingsOf(totals, baselineModel, qualityIn(span.value, admin)),
    groups: admin.ledger.groups(filter, by, timeZone),
  };
  return context.json(view);
}

/** Lines of JSON, pulled by the reader, so that a million rows never lie in memory. */
function ndjson(rows: Iterator<unknown>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull(controller) {
      const lines: string[] = [];
      while (lines.length < ROWS_PER_CHUNK) {
        const next = rows.next();
        if (next.done === true) break;
        lines.push(`${JSON.stringify(next.value)}\n`);
      }
      if (lines.length > 0) controller.enqueue(encoder.encode(lines.join("")));
      if (lines.length < ROWS_PER_CHUNK) controller.close();
    },
    cancel() {
      rows.return?.();
    },
  });
}

/** `GET /v1/costs/rows`: one ledger row an attempt, as NDJSON. */
export async function answerRows(context: Context, admin: AdminContext): Promise<Response> {
  const query = parseWith(rowsQuery, context.req.query());
  if (!query.ok) return badQuery(context, query.error);
  const span = spanOfQuery(query.value, admin.now(), admin.settings().timeZone);
  if (!span.ok) return badQuery(context, span.error);
  await admin.ledger.flush();
  return context.body(ndjson(admin.ledger.query(ledgerFilter(query.value, span.value), query.value.limit)), 200, {
    "content-type": "application/x-ndjson",
  });
}

/** `GET /v1/requests`: the latest requests, newest first. */
export async function answerRequests(context: Context, admin: AdminContext): Promise<Response> {
  const query = parseWith(requestsQuery, context.req.query());
  if (!query.ok) return badQuery(context, query.error);
  const span = spanOfQuery(query.value, admin.now(), admin.settings().timeZone);
  if (!span.ok) return badQuery(context, span.error);
  await admin.ledger.flush();
  const requests = admin.ledger.recentRequests(query.value.limit, ledgerFilter(query.value, span.value));
  return context.json({ requests });
}

/** `GET /v1/requests/:id`: every attempt of one request. */
export async function answerRequest(context: Context, admin: AdminContext, requestId: string): Promise<Response> {
  await admin.ledger.flush();
  const attempts = [...admin.ledger.query({ requestId })].sort((left, right) => left.attempt - right.attempt);
  if (attempts.length === 0) {
    const fix = "lodestar requests lists the latest";
    return adminError(context, 404, "request_not_found", `no request "${requestId}" is in the ledger`, fix);
  }
  const priced = attempts.filter((row) => row.costNanoUsd !== null);
  const sum = priced.reduce((total, row) => total + (row.costNanoUsd ?? 0), 0);
  const view: RequestDetailView = { requestId, costNanoUsd: priced.length === 0 ? null : sum, attempts };
  return context.json(view);
}
