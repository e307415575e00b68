import { csvRecord } from "../../core/csv.ts";
import type { Totals } from "../../core/ledger.ts";
import { exactUsd, type NanoUsd } from "../../core/money.ts";
import type { Report } from "../../core/report.ts";
import { sectionsOf } from "./words.ts";

const COLUMNS = [
  "section",
  "name",
  "requests",
  "attempts",
  "failed",
  "unpriced",
  "input_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "output_tokens",
  "cost_usd",
  "failed_cost_usd",
  "saved_free_tier_usd",
  "saved_routing_usd",
  "saved_cache_usd",
  "saved_usd",
] as const;

function usd(nano: NanoUsd): string {
  return exactUsd(nano).replace("$", "");
}

function record(section: string, name: string, totals: Totals): string {
  const counts = [
    totals.requests,
    totals.attempts,
    totals.failed,
    totals.unpriced,
    totals.inputTokens,
    totals.cacheReadTokens,
    totals.cacheWriteTokens,
    totals.outputTokens,
  ];
  const money = [
    totals.costNanoUsd,
    totals.failedNanoUsd,
    totals.savedFreeTierNanoUsd,
    totals.savedRoutingNanoUsd,
    totals.savedCacheNanoUsd,
    totals.savedNanoUsd,
  ];
  return csvRecord([section, name, ...counts, ...money.map(usd)]);
}

/** A report as CSV (RFC 4180, UTF-8, CRLF): one record a day, model, provider, project…, and one for the total. */
export function reportCsv(report: Report): string {
  const groups = sectionsOf(report).flatMap((section) =>
    section.groups.map((group) => record(section.by, group.name, group)),
  );
  const days = report.days.map((day) => record(report.step, day.name, day.totals));
  return [csvRecord(COLUMNS), record("total", report.span.title, report.totals), ...days, ...groups].join("");
}
