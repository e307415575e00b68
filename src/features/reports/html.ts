import type { CostGroup } from "../../core/ledger.ts";
import { formatUsd } from "../../core/money.ts";
import type { Report } from "../../core/report.ts";
import { formatCount, formatSum } from "../../terminal/format.ts";
import { MOST_SERIES, shareBar, stackedBars } from "./charts.ts";
import { escapeHtml } from "./escape.ts";
import { REPORT_STYLE } from "./style.ts";
import {
  headlines,
  type Section,
  savingNote,
  savingRows,
  sectionsOf,
  shareText,
  subtitleOf,
  titleOf,
} from "./words.ts";

const OTHERS = "all others";

function cells(tag: "td" | "th", texts: readonly string[]): string {
  return texts.map((text) => `<${tag}>${text}</${tag}>`).join("");
}

/** A table whose cells are HTML already; the first of a row heads it. */
function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  foot: readonly string[],
): string {
  const line = ([first = "", ...more]: readonly string[]): string =>
    `<tr><th scope="row">${first}</th>${cells("td", more)}</tr>`;
  const header = head.map((text) => `<th scope="col">${text}</th>`).join("");
  const footer = foot.length === 0 ? "" : `<tfoot>${line(foot)}</tfoot>`;
  return `<div class="scroll"><table><caption>${caption}</caption><thead><tr>${header}</tr></thead><tbody>${rows.map(line).join("")}</tbody>${footer}</table></div>`;
}

function facts(rows: readonly (readonly [string, string])[]): string {
  const items = rows.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`);
  return `<dl>${items.join("")}</dl>`;
}

function spendChart({ days, models, step }: Report): string {
  const top = models.slice(0, models.length > MOST_SERIES ? MOST_SERIES - 1 : MOST_SERIES).map(({ name }) => name);
  const isAll = top.length === models.length;
  const bars = days.map((day) => {
    const parts = top.map((name) => day.models.find((model) => model.name === name)?.costNanoUsd ?? 0);
    const rest = day.totals.costNanoUsd - parts.reduce((sum, part) => sum + part, 0);
    return { name: day.name, parts: isAll ? parts : [...parts, rest] };
  });
  const dearest = days.toSorted((left, right) => right.totals.costNanoUsd - left.totals.costNanoUsd)[0];
  const most =
    dearest === undefined ? "" : ` The dearest was ${dearest.name} with ${formatUsd(dearest.totals.costNanoUsd)}.`;
  return stackedBars({
    id: "spend",
    title: `Cost by ${step}, stacked by model`,
    description: `${days.length} bars, one a ${step}; the table below has the same figures.${most}`,
    series: isAll ? top : [...top, OTHERS],
    bars,
    format: (value) => formatUsd(Math.round(value)),
  });
}

function tokenChart({ days, step }: Report): string {
  return stackedBars({
    id: "tokens",
    title: `Input tokens by ${step}: from provider caches, written to them, and neither`,
    description: `${days.length} bars, one a ${step}; the table below has the same figures.`,
    series: ["read from cache", "written to cache", "uncached"],
    bars: days.map(({ name, totals: { inputTokens, cacheReadTokens, cacheWriteTokens } }) => ({
      name,
      parts: [cacheReadTokens, cacheWriteTokens, inputTokens - cacheReadTokens - cacheWriteTokens],
    })),
    format: (value) => formatCount(Math.round(value)),
  });
}

function daysTable({ days, step, totals }: Report): string {
  const row = (name: string, sums: Report["totals"]): readonly string[] => [
    escapeHtml(name),
    ...[sums.requests, sums.inputTokens, sums.cacheReadTokens, sums.cacheWriteTokens, sums.outputTokens].map(
      formatCount,
    ),
    escapeHtml(formatSum(sums)),
  ];
  const head = [step, "requests", "input", "cache read", "cache write", "output", "cost"];
  const rows = days.map((day) => row(day.name, day.totals));
  return `<details><summary>Every ${step}</summary>${table(`Sums by ${step}`, head, rows, row("total", totals))}</details>`;
}

function sectionTable({ title, by, groups }: Section, totals: Report["totals"]): string {
  const row = (group: CostGroup): readonly string[] => [
    escapeHtml(group.name),
    ...[group.requests, group.inputTokens, group.cacheReadTokens, group.outputTokens, group.failed].map(formatCount),
    escapeHtml(formatSum(group)),
    shareText(group.costNanoUsd, totals.costNanoUsd),
    shareBar(totals.costNanoUsd === 0 ? 0 : group.costNanoUsd / totals.costNanoUsd),
  ];
  const head = [escapeHtml(by), "requests", "input", "cached", "output", "failed", "cost", "share", ""];
  return `<h2>${escapeHtml(title)}</h2>${table(`${groups.length} of them, dearest first`, head, groups.map(row), [])}`;
}

function savingTable(report: Report): string {
  const { savedNanoUsd, freeTierNanoUsd, routingNanoUsd, cacheNanoUsd } = report.savings;
  const parts = [freeTierNanoUsd, routingNanoUsd, cacheNanoUsd];
  const rows = savingRows(report).map(([name, value], index) => {
    const part = parts[index];
    const bar = part === undefined ? "" : shareBar(savedNanoUsd === 0 ? 0 : part / savedNanoUsd);
    return [escapeHtml(name), escapeHtml(value), bar];
  });
  return table(escapeHtml(savingNote(report)), ["", "amount", "part of what was saved"], rows, []);
}

function body(report: Report): string {
  const hasRows = report.totals.attempts > 0;
  const charts = hasRows
    ? `${spendChart(report)}${tokenChart(report)}${daysTable(report)}`
    : "<p>No request was made in this time.</p>";
  const sections = hasRows ? sectionsOf(report).map((section) => sectionTable(section, report.totals)) : [];
  return `<main><h1>${escapeHtml(titleOf(report))}</h1><p>${escapeHtml(subtitleOf(report))}</p>${facts(headlines(report))}<h2>By ${report.step}</h2>${charts}<h2>Savings</h2>${savingTable(report)}${sections.join("")}</main><footer><p>Lodestar ${escapeHtml(report.version)}, made ${new Date(report.madeAt).toISOString()}.</p></footer>`;
}

/**
 * A report as one HTML page: its style and charts are inside, it runs no script and asks nobody for anything, which its
 * content security policy also forbids.
 */
export function reportHtml(report: Report): string {
  const hash = new Bun.CryptoHasher("sha256").update(REPORT_STYLE).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(titleOf(report))}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>${body(report)}</body>
</html>
`;
}
