import type { Context } from "hono";
import type { CostsView, RequestDetailView } from "../core/admin-view.ts";
import { spanOf } from "../core/period.ts";
import { savingsOf } from "../core/savings.ts";
import type { AdminContext } from "./admin-context.ts";
import { adminError } from "./admin-guard.ts";
import { costsQuery, ledgerFilter, parseWith, requestsQuery, rowsQuery } from "./admin-schema.ts";

/** Rows joined into one chunk of an NDJSON answer. */
const ROWS_PER_CHUNK = 200;

function badQuery(context: Context, message: string): Response {
  return adminError(context, 400, "bad_query", message);
}

/** `GET /v1/costs`: sums over a period or span, grouped. What is queued is committed first, so that sums are current. */
export async function answerCosts(context: Context, admin: AdminContext): Promise<Response> {
  const query = parseWith(costsQuery, context.req.query());
  if (!query.ok) return badQuery(context, query.error);
  const { period, by } = query.value;
  if (period !== undefined && (query.value.from ?? query.value.to) !== undefined) {
    return badQuery(context, "period and from/to exclude each other");
  }
  await admin.ledger.flush();
  const asked = ledgerFilter(query.value);
  const isSpan = asked.from !== undefined || asked.to !== undefined;
  const { timeZone } = admin.settings();
  const named = spanOf(period ?? "all", admin.now(), timeZone);
  const span = isSpan ? { from: asked.from ?? null, to: asked.to ?? null } : named;
  const filter = { ...asked, ...(span.from === null ? {} : { from: span.from }) };
  const totals = admin.ledger.totals(filter);
  const view: CostsView = {
    period: isSpan ? "custom" : (period ?? "all"),
    ...span,
    by,
    totals,
    savings: savingsOf(totals, admin.settings().baselineModel),
    groups: admin.ledger.groups(filter, by, query.value.zone),
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
  await admin.ledger.flush();
  return context.body(ndjson(admin.ledger.query(ledgerFilter(query.value), query.value.limit)), 200, {
    "content-type": "application/x-ndjson",
  });
}

/** `GET /v1/requests`: the latest requests, newest first. */
export async function answerRequests(context: Context, admin: AdminContext): Promise<Response> {
  const query = parseWith(requestsQuery, context.req.query());
  if (!query.ok) return badQuery(context, query.error);
  await admin.ledger.flush();
  const requests = admin.ledger.recentRequests(query.value.limit, ledgerFilter(query.value));
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
