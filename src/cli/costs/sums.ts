import type { CostsView } from "../../core/admin-view.ts";
import { dayIn } from "../../core/day.ts";
import { formatUsd } from "../../core/money.ts";
import type { Savings } from "../../core/savings.ts";
import { formatCount, formatPlural, formatSum } from "../../terminal/format.ts";
import { type Column, plainText, renderTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";

/** What was saved, by kind, with the baseline's name and the quality of the answers; nothing where nothing was. */
function savingLines(savings: Savings): readonly string[] {
  const { savedNanoUsd, failedNanoUsd, netNanoUsd, baselineModel, quality } = savings;
  if (savedNanoUsd === 0) return [];
  const kinds = [
    ["free tier", savings.freeTierNanoUsd],
    ["routing", savings.routingNanoUsd],
    ["cache", savings.cacheNanoUsd],
  ] as const;
  const parts = kinds.filter(([, nano]) => nano !== 0).map(([name, nano]) => `${name} ${formatUsd(nano)}`);
  const net =
    failedNanoUsd === 0 ? "" : `, net of ${formatUsd(failedNanoUsd)} for failed attempts: ${formatUsd(netNanoUsd)}`;
  return [
    `saved against ${plainText(baselineModel)}: ${formatUsd(savedNanoUsd)} (${[...parts, `quality: ${quality}`].join(", ")})${net}`,
  ];
}

type Group = CostsView["groups"][number];

/** The words of a row with no name, by what the rows are grouped by. */
const NAMELESS: Readonly<Record<string, string>> = {
  key: "(no key)",
  project: "(no project)",
  session: "(no session)",
};

function columnsFor(view: CostsView): readonly Column<Group>[] {
  return [
    { title: view.by, cell: (group) => group.name || (NAMELESS[view.by] ?? "(none)"), canShrink: true },
    { title: "requests", cell: (group) => formatCount(group.requests), align: "right" },
    { title: "attempts", cell: (group) => formatCount(group.attempts), align: "right" },
    { title: "failed", cell: (group) => formatCount(group.failed), align: "right" },
    { title: "input", cell: (group) => formatCount(group.inputTokens), align: "right" },
    { title: "cached", cell: (group) => formatCount(group.cacheReadTokens), align: "right" },
    { title: "output", cell: (group) => formatCount(group.outputTokens), align: "right" },
    { title: "unpriced", cell: (group) => formatCount(group.unpriced), align: "right" },
    { title: "cost", cell: formatSum, align: "right" },
  ];
}

function spanWords(view: CostsView): string {
  const { from, to, timeZone } = view;
  if (from === null && to === null) return "all time";
  const start = from === null ? "the beginning" : dayIn(timeZone, from);
  return `${view.period === "custom" ? "" : `${view.period}, `}${start} to ${to === null ? "now" : dayIn(timeZone, to - 1)}`;
}

/** Prints sums as a headline, what was saved, and a table that ends with the total. */
export function showSums(view: CostsView, terminal: Terminal): void {
  const { totals } = view;
  const headline = `${formatSum(totals)} for ${formatPlural(totals.requests, "request")}`;
  terminal.out(`${terminal.style.bold(headline)} (${spanWords(view)})`);
  for (const line of savingLines(view.savings)) terminal.out(line);
  if (totals.unpriced > 0) {
    terminal.out(
      `${formatPlural(totals.unpriced, "attempt")} used tokens but ${totals.unpriced === 1 ? "has" : "have"} no known price, and so no cost here`,
    );
  }
  if (view.groups.length === 0) return;
  terminal.out("");
  const total: Group = { ...totals, name: "total" };
  for (const line of renderTable([...view.groups, total], columnsFor(view), terminal)) terminal.out(line);
}
