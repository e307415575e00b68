import type { CostGroup } from "../../core/ledger.ts";
import { formatUsd, type NanoUsd } from "../../core/money.ts";
import type { Report } from "../../core/report.ts";
import { cacheShare } from "../../core/savings.ts";
import { formatCount, formatSum } from "../../terminal/format.ts";
import { plainText } from "../../terminal/table.ts";

/** A share as `12.3 %`. */
function percentText(share: number | null): string {
  return share === null ? "–" : `${(share * 100).toFixed(1)} %`;
}

/** The part of one amount in a whole. */
export function shareText(part: NanoUsd, whole: NanoUsd): string {
  return whole === 0 ? "–" : percentText(part / whole);
}

/** The title of a report. */
export function titleOf({ span }: Report): string {
  return `Costs ${span.title}`;
}

/** What stands below the title: which days, which rows, how far it got. */
export function subtitleOf({ span, filter, progress }: Report): string {
  const filters = Object.entries(filter).map(([name, value]) => `${name} ${value}`);
  const only = filters.length === 0 ? "" : `; only ${filters.join(", ")}`;
  const state = { complete: "", running: "; not over yet, sums so far", future: "; has not begun" }[progress];
  return plainText(`Days in ${span.timeZone}${only}${state}.`);
}

/** The figures at the head of a report, as name and value. */
export function headlines(report: Report): readonly (readonly [name: string, value: string])[] {
  const { totals } = report;
  const paid = totals.requests === 0 ? "–" : formatUsd(Math.round(totals.costNanoUsd / totals.requests));
  return [
    ["Cost", formatSum(totals)],
    ["Requests", formatCount(totals.requests)],
    ["Per request", paid],
    ["Attempts", `${formatCount(totals.attempts)}, ${formatCount(totals.failed)} failed`],
    ["Input tokens", formatCount(totals.inputTokens)],
    [
      "Read from provider caches",
      `${formatCount(totals.cacheReadTokens)} (${percentText(cacheShare(totals))} of input)`,
    ],
    ["Written to provider caches", formatCount(totals.cacheWriteTokens)],
    ["Output tokens", formatCount(totals.outputTokens)],
    ["Without a known price", `${formatCount(totals.unpriced)} attempts`],
  ];
}

/** What was saved and against what, as name and value. */
export function savingRows({ savings }: Report): readonly (readonly [name: string, value: string])[] {
  return [
    ["Free tier (a local model by name)", formatUsd(savings.freeTierNanoUsd)],
    ["Routing (an alias or chain chose a local model)", formatUsd(savings.routingNanoUsd)],
    ["Cache (answers kept from before)", formatUsd(savings.cacheNanoUsd)],
    ["Saved", formatUsd(savings.savedNanoUsd)],
    ["Paid for failed attempts", formatUsd(savings.failedNanoUsd)],
    ["Net", formatUsd(savings.netNanoUsd)],
  ];
}

/** Against what savings count, never without the quality of the answers. */
export function savingNote({ savings }: Report): string {
  return plainText(
    `Against ${savings.baselineModel} for the same tokens; quality of the answers compared with it: ${savings.quality}.`,
  );
}

/** A table of a report: what it is about, and its groups. */
export interface Section {
  readonly title: string;
  readonly by: string;
  readonly groups: readonly CostGroup[];
}

/** The tables of a report in their order. */
export function sectionsOf({ models, providers, projects, more }: Report): readonly Section[] {
  const sections: readonly Section[] = [
    { title: "By model", by: "model", groups: models },
    { title: "By provider", by: "provider", groups: providers },
    { title: "By project", by: "project", groups: projects },
  ];
  return more === null ? sections : [...sections, { title: `By ${more.by}`, by: more.by, groups: more.groups }];
}
