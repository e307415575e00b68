import { type ClientError, refusal } from "../core/fault.ts";
import type { LedgerRow } from "../core/ledger.ts";
import { toUsd } from "../core/money.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { Caller } from "../gateway/call.ts";
import type { ApiContext } from "./api-context.ts";

/** What `GET /v1/generation` tells of one attempt. Money is in dollars, as on the wire. */
function describeAttempt(row: LedgerRow): object {
  return {
    attempt: row.attempt,
    state: row.state,
    provider: row.provider,
    model: row.model,
    requested_model: row.requestedModel,
    route_reason: row.routeReason,
    usage: row.usage,
    usage_source: row.usageSource,
    cost: row.costNanoUsd === null ? null : toUsd(row.costNanoUsd),
    cost_reason: row.costReason,
    price_id: row.priceId,
    started_at: row.startedAt,
    ended_at: row.endedAt,
    first_token_ms: row.firstTokenMs,
    fault: row.fault,
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
  return success({ data: { id, attempts: rows.map(describeAttempt) } });
}

/** `GET /v1/key`: what the calling key may do and has spent. */
export async function keyReport(
  _request: Request,
  { keyId, project, allowedModels }: Caller,
  context: ApiContext,
): Promise<Result<object, ClientError>> {
  await context.ledger.flush();
  const totals = context.ledger.totals(keyId === null ? {} : { keyId });
  return success({
    data: {
      id: keyId,
      keyless: !context.keyring.isRequired(),
      project,
      models: allowedModels.length === 0 ? null : allowedModels,
      usage: { requests: totals.requests, cost: toUsd(totals.costNanoUsd), unpriced: totals.unpriced },
    },
  });
}
