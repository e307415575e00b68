import { type Bill, type ExplainedAttempt, explainAttempt } from "../core/bill.ts";
import type { BudgetState } from "../core/budget/budget.ts";
import { leftOf } from "../core/budget/cells.ts";
import { type ClientError, refusal } from "../core/fault.ts";
import type { LedgerRow } from "../core/ledger.ts";
import { toUsd } from "../core/money.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { Caller } from "../gateway/call.ts";
import type { ApiContext } from "./api-context.ts";

function usdOrNull(nano: number | null): number | null {
  return nano === null ? null : toUsd(nano);
}

/** The lines of a bill: dollars exact, as text, since a number cannot hold every digit. */
function describeBill(bill: Bill | null): object | null {
  if (bill === null) return null;
  const { id, provider, model, source, date, condition } = bill.price;
  return {
    price: { id, provider, model, source, date, condition: condition ?? null },
    lines: bill.lines.map(({ label, count, usdPerMillion, aboveTokens, usd, formula }) => ({
      class: label,
      count,
      usd_per_million: usdPerMillion,
      above_tokens: aboveTokens,
      usd,
      formula,
    })),
    exact: bill.exactUsd,
    rounded: toUsd(bill.nanoUsd),
  };
}

function describeSaving(saving: ExplainedAttempt["saving"]): object | null {
  if (saving === null) return null;
  const { kind, nanoUsd, baseline, quality } = saving;
  return { cost: toUsd(nanoUsd), kind, quality, baseline: describeBill(baseline) };
}

/** What `GET /v1/generation` tells of one attempt. Money is in dollars, as on the wire. */
function describeAttempt({ row, bill, saving, notes }: ExplainedAttempt): object {
  return {
    attempt: row.attempt,
    state: row.state,
    provider: row.provider,
    account: row.account,
    model: row.model,
    requested_model: row.requestedModel,
    endpoint: row.endpoint,
    dialect: row.clientDialect,
    streamed: row.isStream,
    route_reason: row.routeReason,
    usage: row.usage,
    usage_source: row.usageSource,
    cost: usdOrNull(row.costNanoUsd),
    cost_reason: row.costReason,
    price_id: row.priceId,
    bill: describeBill(bill),
    reserved: usdOrNull(row.reservedNanoUsd),
    saved: describeSaving(saving),
    notes,
    started_at: row.startedAt,
    ended_at: row.endedAt,
    first_token_ms: row.firstTokenMs,
    duration_ms: row.endedAt === null ? null : row.endedAt - row.startedAt,
    fault: row.fault,
    upstream_status: row.upstreamStatus,
  };
}

/** Who asked, from the first attempt, and what all of them cost together. */
function describeRequest(id: string, rows: readonly LedgerRow[], attempts: readonly ExplainedAttempt[]): object {
  const [first] = rows;
  const priced = rows.flatMap(({ costNanoUsd }) => costNanoUsd ?? []);
  return {
    id,
    cost: priced.length === 0 ? null : toUsd(priced.reduce((sum, cost) => sum + cost, 0)),
    project: first?.project ?? null,
    session: first?.session ?? null,
    tag: first?.tag ?? null,
    task: first?.task ?? null,
    file: first?.file ?? null,
    client: first?.client ?? null,
    attempts: attempts.map(describeAttempt),
  };
}

/** `GET /v1/generation?id=`: everything about one past request of the calling key. */
export async function generation(
  request: Request,
  { keyId }: Caller,
  context: ApiContext,
): Promise<Result<object, ClientError>> {
  const id = new URL(request.url).searchParams.get("id") ?? "";
  if (id === "")
    return failure(refusal("missing_id", "Say which request: `/v1/generation?id=req_…`.", { param: "id" }));
  await context.ledger.flush();
  const rows = [...context.ledger.query(keyId === null ? { requestId: id } : { requestId: id, keyId })].reverse();
  if (rows.length === 0) {
    return failure(
      refusal("generation_not_found", `No request "${id}" is in the ledger for this key.`, {
        status: 404,
        type: "not_found_error",
        param: "id",
      }),
    );
  }
  const attempts = rows.map((row) => explainAttempt(row, context.ledger.price));
  return success({ data: describeRequest(id, rows, attempts) });
}

/** A budget as the caller's side sees it: dollars, and Unix seconds as in the refusal of a call that does not fit. */
function describeBudget(state: BudgetState): object {
  const { budget, name, spentNanoUsd, reservedNanoUsd, resetsAt } = state;
  return {
    id: budget.id,
    scope: budget.scope,
    name,
    period: budget.period,
    over: budget.over,
    limit: toUsd(budget.limitNanoUsd),
    spent: toUsd(spentNanoUsd),
    reserved: toUsd(reservedNanoUsd),
    remaining: toUsd(Math.max(0, leftOf(state))),
    resets_at: resetsAt === null ? null : Math.ceil(resetsAt / 1_000),
  };
}

/** `GET /v1/key`: what the calling key may do and has spent. */
export async function keyReport(
  _request: Request,
  caller: Caller,
  context: ApiContext,
): Promise<Result<object, ClientError>> {
  const { keyId, project, allowedModels, limits } = caller;
  const { budgets } = context.services;
  await context.ledger.flush();
  const totals = context.ledger.totals(keyId === null ? {} : { keyId });
  return success({
    data: {
      id: keyId,
      keyless: !context.keyring.isRequired(),
      project,
      models: allowedModels.length === 0 ? null : allowedModels,
      limits: {
        requests_per_minute: limits.requestsPerMinute,
        tokens_per_minute: limits.tokensPerMinute,
        concurrent: limits.concurrent,
      },
      remaining: usdOrNull(budgets.remaining(caller)),
      budgets: budgets.statesOf(caller).map(describeBudget),
      usage: { requests: totals.requests, cost: toUsd(totals.costNanoUsd), unpriced: totals.unpriced },
    },
  });
}
