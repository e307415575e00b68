import type { Context } from "hono";
import { budgetsOfRow, type ExplainView, explainAttempt } from "../../core/bill.ts";
import type { PriceRow } from "../../core/price.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { didYouMean } from "../../core/suggest.ts";
import { createWhatIf, type WhatIfView, whatIfMoment } from "../../core/what-if.ts";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { explainQuery, ledgerFilter, parseWith, spanOfQuery, whatIfQuery } from "./schema.ts";

/** Rows that are priced again before other requests get their turn. */
const ROWS_PER_TURN = 2_000;

function splitName(name: string): { readonly provider: string; readonly model: string } {
  const slash = name.indexOf("/");
  return { provider: name.slice(0, Math.max(0, slash)), model: name.slice(slash + 1) };
}

/** The price of a model that a what-if names, or why there is none. */
function priceNamed(name: string, at: number, { prices }: AdminContext): Result<PriceRow, string> {
  const { provider, model } = splitName(name);
  if (provider === "") return failure(`"${name}" names no model as provider/model`);
  const price = prices.priceOf(provider, model, at);
  if (price !== null) return success(price);
  const known = prices.modelsOf(provider).map((one) => `${provider}/${one}`);
  return failure(`no price of "${name}" is known.${didYouMean(name, known)}`);
}

function noPrice(context: Context, message: string): Response {
  return adminError(context, 400, "no_such_price", message, "lodestar models --all lists models with their prices");
}

function keyNameOf(keyId: string | null, { keyStore }: AdminContext): string | null {
  return keyStore.list().find(({ id }) => id === keyId)?.name ?? null;
}

/** `GET /v1/requests/:id/explain`: every number of a request with its formula; `as` shows another model's price beside it. */
export async function answerExplain(context: Context, admin: AdminContext, requestId: string): Promise<Response> {
  const query = parseWith(explainQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const { as } = query.value;
  await admin.ledger.flush();
  const rows = [...admin.ledger.query({ requestId })].sort((left, right) => left.attempt - right.attempt);
  const [first] = rows;
  if (first === undefined) {
    const fix = "lodestar requests lists the latest; rows older than retention.ledger are deleted";
    return adminError(context, 404, "request_not_found", `no request "${requestId}" is in the ledger`, fix);
  }
  const other = as === undefined ? null : priceNamed(as, whatIfMoment(first.startedAt, admin.now()), admin);
  if (other?.ok === false) return noPrice(context, other.error);
  const attempts = rows.map((row) => explainAttempt(row, admin.ledger.price, other === null ? null : other.value));
  const priced = rows.flatMap((row) => row.costNanoUsd ?? []);
  const view: ExplainView = {
    requestId,
    costNanoUsd: priced.length === 0 ? null : priced.reduce((sum, cost) => sum + cost, 0),
    baselineModel: admin.settings().baselineModel,
    as: as ?? null,
    otherwiseNanoUsd:
      other === null ? null : attempts.reduce((sum, { otherwise }) => sum + (otherwise?.nanoUsd ?? 0), 0),
    attempts,
    budgets: budgetsOfRow(admin.budgets(), rows.at(-1) ?? first, keyNameOf(first.keyId, admin)),
  };
  return context.json(view);
}

function otherTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** `GET /v1/costs/what-if`: the rows of a time at another model's price, each by itself, so that tiers are exact. */
export async function answerWhatIf(context: Context, admin: AdminContext): Promise<Response> {
  const query = parseWith(whatIfQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const { as, ...asked } = query.value;
  const now = admin.now();
  const span = spanOfQuery(asked, now, admin.settings().timeZone);
  if (!span.ok) return adminError(context, 400, "bad_query", span.error);
  const price = priceNamed(as, now, admin);
  if (!price.ok) return noPrice(context, price.error);
  await admin.ledger.flush();
  const { provider, model } = splitName(as);
  const sums = createWhatIf((at) => admin.prices.priceOf(provider, model, whatIfMoment(at, now)) ?? price.value);
  let seen = 0;
  for (const row of admin.ledger.query(ledgerFilter(asked, span.value))) {
    sums.add(row);
    seen += 1;
    if (seen % ROWS_PER_TURN === 0) await otherTurn();
  }
  const view: WhatIfView = {
    from: span.value.from,
    to: span.value.to,
    as,
    price: price.value,
    ...sums.result(),
  };
  return context.json(view);
}
