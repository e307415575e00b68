import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import type { AttemptIntent, AttemptOutcome, LedgerRow } from "../../core/ledger.ts";
import type { Usage } from "../../core/usage.ts";
import type { Bindings } from "./bindings.ts";

/** A row of `attempts` as SQLite returns it. Enumerated texts are what {@link intentBindings} and {@link outcomeBindings} wrote. */
export interface StoredAttempt {
  readonly id: number;
  readonly request_id: string;
  readonly attempt: number;
  readonly state: LedgerRow["state"];
  readonly provider: string;
  readonly account: string;
  readonly model: string;
  readonly requested_model: string;
  readonly endpoint: LedgerRow["endpoint"];
  readonly client_dialect: LedgerRow["clientDialect"];
  readonly is_stream: number;
  readonly key_id: string | null;
  readonly project: string | null;
  readonly session: string | null;
  readonly client: string | null;
  readonly tag: string | null;
  readonly task: string | null;
  readonly file: string | null;
  readonly route_reason: string;
  readonly started_at: number;
  readonly reserved_nano_usd: number | null;
  readonly input_uncached: number;
  readonly input_cache_read: number;
  readonly input_cache_write_5m: number;
  readonly input_cache_write_1h: number;
  readonly output_text: number;
  readonly output_reasoning: number;
  readonly usage_more: string | null;
  readonly usage_source: LedgerRow["usageSource"];
  readonly cost_nano_usd: number | null;
  readonly cost_reason: string | null;
  readonly price_id: string | null;
  readonly saved_nano_usd: number | null;
  readonly saved_kind: LedgerRow["savedKind"];
  readonly saved_price_id: string | null;
  readonly ended_at: number | null;
  readonly first_token_ms: number | null;
  readonly fault_kind: NonNullable<LedgerRow["fault"]>["kind"] | null;
  readonly fault_message: string | null;
  readonly fault_status: number | null;
  readonly upstream_status: number | null;
}

/** Which attempt a statement is about. */
export function keyBindings(intent: AttemptIntent): Bindings {
  return { requestId: intent.requestId, attempt: intent.attempt };
}

/** The columns written before the call. */
export function intentBindings(intent: AttemptIntent): Bindings {
  return { ...intent, isStream: intent.isStream ? 1 : 0 };
}

/** The rarer counts as JSON, or null when there are none. */
function rarerCounts(usage: Usage): string | null {
  const { uncached, cacheRead, cacheWrite5m, cacheWrite1h, ...input } = usage.input;
  const { text, reasoning, ...output } = usage.output;
  const { units } = usage;
  const hasAny = Object.keys(input).length + Object.keys(output).length > 0 || units !== undefined;
  return hasAny ? JSON.stringify({ input, output, units }) : null;
}

/** The columns written when the attempt ended. */
export function outcomeBindings(outcome: AttemptOutcome): Bindings {
  const { input, output } = outcome.usage;
  return {
    state: outcome.state,
    uncached: input.uncached,
    cacheRead: input.cacheRead,
    cacheWrite5m: input.cacheWrite5m,
    cacheWrite1h: input.cacheWrite1h,
    text: output.text,
    reasoning: output.reasoning,
    usageMore: rarerCounts(outcome.usage),
    usageSource: outcome.usageSource,
    costNanoUsd: outcome.costNanoUsd,
    costReason: outcome.costReason,
    priceId: outcome.priceId,
    savedNanoUsd: outcome.savedNanoUsd,
    savedKind: outcome.savedKind,
    savedPriceId: outcome.savedPriceId,
    endedAt: outcome.endedAt,
    firstTokenMs: outcome.firstTokenMs,
    faultKind: outcome.fault?.kind ?? null,
    faultMessage: outcome.fault?.message ?? null,
    faultStatus: outcome.fault?.status ?? null,
    upstreamStatus: outcome.upstreamStatus,
  };
}

/** The same columns while there is no outcome. */
export function openBindings(isStreaming: boolean): Bindings {
  return {
    state: isStreaming ? "streaming" : "reserved",
    uncached: 0,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    text: 0,
    reasoning: 0,
    usageMore: null,
    usageSource: null,
    costNanoUsd: null,
    costReason: null,
    priceId: null,
    savedNanoUsd: null,
    savedKind: null,
    savedPriceId: null,
    endedAt: null,
    firstTokenMs: null,
    faultKind: null,
    faultMessage: null,
    faultStatus: null,
    upstreamStatus: null,
  };
}

function member(counts: JsonObject | undefined, name: string): JsonObject {
  const value = counts?.[name];
  return isJsonObject(value) ? value : {};
}

function usageOf(stored: StoredAttempt): LedgerRow["usage"] {
  const more = stored.usage_more === null ? undefined : parseJson(stored.usage_more);
  const counts = isJsonObject(more) ? more : undefined;
  return {
    input: {
      uncached: stored.input_uncached,
      cacheRead: stored.input_cache_read,
      cacheWrite5m: stored.input_cache_write_5m,
      cacheWrite1h: stored.input_cache_write_1h,
      ...member(counts, "input"),
    },
    output: { text: stored.output_text, reasoning: stored.output_reasoning, ...member(counts, "output") },
    ...(counts?.units === undefined ? {} : { units: member(counts, "units") }),
  };
}

function faultOf(stored: StoredAttempt): LedgerRow["fault"] {
  if (stored.fault_kind === null) return null;
  const status = stored.fault_status === null ? {} : { status: stored.fault_status };
  return { kind: stored.fault_kind, message: stored.fault_message ?? "", ...status };
}

/** The row as the rest of the program knows it. */
export function toLedgerRow(stored: StoredAttempt): LedgerRow {
  return {
    requestId: stored.request_id,
    attempt: stored.attempt,
    state: stored.state,
    provider: stored.provider,
    account: stored.account,
    model: stored.model,
    requestedModel: stored.requested_model,
    endpoint: stored.endpoint,
    clientDialect: stored.client_dialect,
    isStream: stored.is_stream === 1,
    keyId: stored.key_id,
    project: stored.project,
    session: stored.session,
    client: stored.client,
    tag: stored.tag,
    task: stored.task,
    file: stored.file,
    routeReason: stored.route_reason,
    startedAt: stored.started_at,
    reservedNanoUsd: stored.reserved_nano_usd,
    usage: usageOf(stored),
    usageSource: stored.usage_source,
    costNanoUsd: stored.cost_nano_usd,
    costReason: stored.cost_reason,
    priceId: stored.price_id,
    savedNanoUsd: stored.saved_nano_usd,
    savedKind: stored.saved_kind,
    savedPriceId: stored.saved_price_id,
    endedAt: stored.ended_at,
    firstTokenMs: stored.first_token_ms,
    fault: faultOf(stored),
    upstreamStatus: stored.upstream_status,
  };
}
