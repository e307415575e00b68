import { type Bar, isReached } from "./bar.ts";

function digits(value: number): string {
  return value.toFixed(3);
}

function verdict(bar: Bar): string {
  const reached = isReached(bar);
  if (reached === null) return "told only";
  return reached ? "reached" : "**missed**";
}

function wantedText({ wanted, isLowBetter }: Bar): string {
  if (wanted === null) return "–";
  return `${isLowBetter ? "at most" : "at least"} ${digits(wanted)}`;
}

function tableRow(bar: Bar): string {
  const { value } = bar;
  const cells = [
    bar.what,
    bar.unit,
    bar.rows.toLocaleString("en-US"),
    digits(value.value),
    `${digits(value.low)} to ${digits(value.high)}`,
    wantedText(bar),
    verdict(bar),
  ];
  return `| ${cells.join(" | ")} |`;
}

function detail({ what, condition, controls, note, seed }: Bar): string {
  const named = Object.entries(controls).map(([name, value]) => `${name} ${digits(value)}`);
  const also =
    condition === null ? "" : ` ${condition.what}: ${digits(condition.value)} (at least ${digits(condition.wanted)}).`;
  return `- **${what}** (seed ${seed}).${also} Controls: ${named.join(", ")}. ${note[0]?.toUpperCase() ?? ""}${note.slice(1)}.`;
}

/** The page of figures: `docs/routing-evaluation.md`. `missing` tells what could not be measured, and why. */
export function renderPage(bars: readonly Bar[], missing: readonly string[]): string {
  const lines = [
    "# Routing: measured figures",
    "",
    "Written by `lodestar eval routing --write`; do not edit. The same data and seed give the same figures.",
    "Intervals hold 95 % of what drawing the test rows again gives. Routing never sees the answers of the rows it is tested on,",
    "and near-duplicates of a test row are never in its training rows.",
    "",
    "| What | Figure | Rows | Value | Interval | Asked for | |",
    "|---|---|--:|--:|--:|--:|---|",
    ...bars.map(tableRow),
    "",
    "## Conditions and controls",
    "",
    ...bars.map(detail),
    "",
  ];
  if (missing.length > 0) lines.push("## Not measured", "", ...missing.map((line) => `- ${line}`), "");
  return lines.join("\n");
}
