import { type CsvCell, csvRecord } from "./csv.ts";
import type { LedgerRow } from "./ledger.ts";
import { decimalText, type NanoUsd } from "./money.ts";
import { totalInput, totalOutput } from "./usage.ts";

/** Exact dollars: nano-dollars are nine decimal places. */
function usd(nano: NanoUsd | null): string | null {
  return nano === null ? null : decimalText({ mantissa: BigInt(nano), scale: 9 });
}

function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

type Column = readonly [title: string, cell: (row: LedgerRow) => CsvCell];

const COLUMNS: readonly Column[] = [
  ["request_id", (row) => row.requestId],
  ["attempt", (row) => row.attempt],
  ["state", (row) => row.state],
  ["started_at", (row) => time(row.startedAt)],
  ["ended_at", (row) => time(row.endedAt)],
  ["provider", (row) => row.provider],
  ["account", (row) => row.account],
  ["model", (row) => row.model],
  ["requested_model", (row) => row.requestedModel],
  ["endpoint", (row) => row.endpoint],
  ["dialect", (row) => row.clientDialect],
  ["stream", (row) => (row.isStream ? 1 : 0)],
  ["key", (row) => row.keyId],
  ["project", (row) => row.project],
  ["session", (row) => row.session],
  ["client", (row) => row.client],
  ["tag", (row) => row.tag],
  ["task", (row) => row.task],
  ["file", (row) => row.file],
  ["route_reason", (row) => row.routeReason],
  ["input_tokens", (row) => totalInput(row.usage)],
  ["cache_read_tokens", (row) => row.usage.input.cacheRead],
  ["cache_write_tokens", (row) => row.usage.input.cacheWrite5m + row.usage.input.cacheWrite1h],
  ["output_tokens", (row) => totalOutput(row.usage)],
  ["reasoning_tokens", (row) => row.usage.output.reasoning],
  ["usage_source", (row) => row.usageSource],
  ["cost_usd", (row) => usd(row.costNanoUsd)],
  ["cost_reason", (row) => row.costReason],
  ["price", (row) => row.priceId],
  ["saved_usd", (row) => usd(row.savedNanoUsd)],
  ["saved_kind", (row) => row.savedKind],
  ["first_token_ms", (row) => row.firstTokenMs],
  ["fault", (row) => row.fault?.kind ?? null],
  ["fault_message", (row) => row.fault?.message ?? null],
  ["upstream_status", (row) => row.upstreamStatus],
  // Of cache_write_tokens: a write that lives for an hour costs more.
  ["cache_write_1h_tokens", (row) => row.usage.input.cacheWrite1h],
  ["web_searches", (row) => row.usage.units?.webSearches ?? 0],
];

/** The first record of a CSV file of ledger rows. */
export const LEDGER_CSV_HEADER = csvRecord(COLUMNS.map(([title]) => title));

/** A ledger row as a CSV record: money in exact dollars, empty where it is not known; times as ISO 8601 in UTC. */
export function ledgerCsvRecord(row: LedgerRow): string {
  return csvRecord(COLUMNS.map(([, cell]) => cell(row)));
}
