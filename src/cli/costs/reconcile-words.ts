import { exactUsd } from "../../core/money.ts";
import type { Difference, Reconciliation } from "../../features/reconcile/compare.ts";
import type { Figure } from "../../features/reconcile/read-usage.ts";
import { formatCount, formatPlural } from "../../terminal/format.ts";
import { type Column, renderTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";

const DAYS_SHOWN = 30;

const FIGURE_WORDS: Readonly<Record<Figure, string>> = {
  uncachedInput: "uncached input",
  cacheRead: "cache read",
  cacheWrite: "cache write",
  output: "output",
  cost: "cost",
};

function amount(figure: Figure, value: number): string {
  return figure === "cost" ? exactUsd(value) : formatCount(value);
}

function percentWords({ percent }: Difference): string {
  if (percent === null) return "all";
  if (percent !== 0 && Math.abs(percent) < 0.01) return `${percent > 0 ? "+" : "-"}<0.01 %`;
  return `${percent > 0 ? "+" : ""}${percent.toFixed(2)} %`;
}

interface Line {
  readonly name: string;
  readonly figure: Figure;
  readonly difference: Difference;
  readonly missing: "file" | "ledger" | null;
}

/** A line for each figure, the first with the name; `isOff` leaves out those that agree. */
function linesOf(
  name: string,
  { differences, missing }: Reconciliation["totals"],
  figures: readonly Figure[],
  isOff = false,
): readonly Line[] {
  const lines = figures.flatMap((figure) => {
    const difference = differences[figure];
    return difference === undefined || (isOff && difference.isWithin) ? [] : [{ figure, difference, missing }];
  });
  return lines.map((line, index) => ({ ...line, name: index === 0 ? name : "" }));
}

function columns(title: string, { style }: Terminal): readonly Column<Line>[] {
  const paint = (text: string, { difference }: Line): string => (difference.isWithin ? text : style.red(text));
  return [
    { title, cell: ({ name }) => name, canShrink: true },
    { title: "", cell: ({ figure }) => FIGURE_WORDS[figure] },
    { title: "file", cell: ({ figure, difference }) => amount(figure, difference.file), align: "right" },
    { title: "ledger", cell: ({ figure, difference }) => amount(figure, difference.ledger), align: "right" },
    {
      title: "difference",
      cell: ({ figure, difference }) => amount(figure, difference.difference),
      align: "right",
      paint,
    },
    { title: "%", cell: ({ difference }) => percentWords(difference), align: "right", paint },
    { title: "", cell: ({ missing }) => (missing === null ? "" : `not in the ${missing}`) },
  ];
}

/** Prints a comparison: every model and the total, then the days that differ. */
export function showReconciliation(view: Reconciliation, terminal: Terminal): void {
  const { figures, tolerancePercent } = view;
  const span = view.from === view.to ? view.from : `${view.from} to ${view.to}`;
  terminal.out(`${formatPlural(view.records, "record")} of ${span} (days in ${view.timeZone}) against the ledger`);
  terminal.out("");
  const lines = [
    ...view.models.flatMap((model) => linesOf(model.model, model, figures)),
    ...linesOf("total", view.totals, figures),
  ];
  for (const line of renderTable(lines, columns("model", terminal), terminal)) terminal.out(line);
  const off = view.days.filter(({ isWithin }) => !isWithin);
  if (off.length > 0 && view.from !== view.to) {
    terminal.out("");
    terminal.out(`Days that differ by more than ${tolerancePercent} %:`);
    const shown = off.slice(0, DAYS_SHOWN);
    const daily = shown.flatMap((one) => linesOf(`${one.day} ${one.model}`, one, figures, true));
    for (const line of renderTable(daily, columns("day and model", terminal), terminal)) terminal.out(line);
    if (off.length > shown.length)
      terminal.out(`and ${formatCount(off.length - shown.length)} more: --json has them all`);
  }
  terminal.talk(
    view.isWithin
      ? `every model and the total agree within ${tolerancePercent} %`
      : `the difference is above ${tolerancePercent} %`,
  );
}
