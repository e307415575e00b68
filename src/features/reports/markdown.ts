import type { Report } from "../../core/report.ts";
import { formatCount, formatSum } from "../../terminal/format.ts";
import { plainText } from "../../terminal/table.ts";
import { headlines, savingNote, savingRows, sectionsOf, shareText, subtitleOf, titleOf } from "./words.ts";

/** Text that Markdown shows as it is, also in a table's cell. */
function plain(text: string): string {
  return plainText(text).replace(/[\\`*_[\]<>|#&~]/g, "\\$&");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = line(head.map((_, index) => (index === 0 ? "---" : "---:")));
  return [line(head), rule, ...rows.map(line)];
}

const COLUMNS = ["requests", "input", "cached", "output", "failed", "cost", "share"];

/** A report in Markdown (CommonMark with tables); days without a request are left out. */
export function reportMarkdown(report: Report): string {
  const { totals } = report;
  const facts = (rows: readonly (readonly [string, string])[]): readonly string[] =>
    table(
      ["", ""],
      rows.map(([name, value]) => [name, plain(value)]),
    );
  const sections = sectionsOf(report).flatMap(({ title, by, groups }) => [
    "",
    `## ${title}`,
    "",
    ...table(
      [by, ...COLUMNS],
      groups.map((group) => [
        plain(group.name),
        ...[group.requests, group.inputTokens, group.cacheReadTokens, group.outputTokens, group.failed].map(
          formatCount,
        ),
        formatSum(group),
        shareText(group.costNanoUsd, totals.costNanoUsd),
      ]),
    ),
  ]);
  const used = report.days.filter((day) => day.totals.attempts > 0);
  const days = used.map((day) => [day.name, formatCount(day.totals.requests), formatSum(day.totals)]);
  return `${[
    `# ${titleOf(report)}`,
    "",
    plain(subtitleOf(report)),
    "",
    ...facts(headlines(report)),
    "",
    "## Savings",
    "",
    plain(savingNote(report)),
    "",
    ...facts(savingRows(report)),
    ...sections,
    "",
    `## By ${report.step}`,
    "",
    ...table([report.step, "requests", "cost"], days),
    "",
    `Lodestar ${plain(report.version)}, ${new Date(report.madeAt).toISOString()}.`,
  ].join("\n")}\n`;
}
