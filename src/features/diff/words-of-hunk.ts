import type { Annotation } from "../../core/diff/annotate/annotate.ts";
import { type FilePatch, type Hunk, pathOf } from "../../core/diff/patch.ts";
import { plainText } from "../../terminal/table.ts";
import type { Colours } from "../../terminal/terminal.ts";
import { safeText } from "./rows.ts";

const HIGH = 60;
const MIDDLE = 30;

/** How a risk is told: `high`, `middle` or `low`. */
export function riskLevel(risk: number): "high" | "middle" | "low" {
  if (risk >= HIGH) return "high";
  return risk >= MIDDLE ? "middle" : "low";
}

function paintRisk(risk: number, style: Colours): string {
  const paints = {
    high: (text: string) => style.red(style.bold(text)),
    middle: style.yellow,
    low: style.dim,
  };
  return paints[riskLevel(risk)](`risk ${risk}`);
}

/** Why a hunk has its risk: `boundary-change (< → <=), auth (login)`. */
export function reasonWords({ findings }: Annotation): string {
  return findings.map(({ reason, detail }) => plainText(`${reason} (${detail})`)).join(", ");
}

/** What is said of a hunk in a line: `change, risk 61: boundary-change (< → <=)`. */
export function hunkVerdict(annotation: Annotation, style: Colours): string {
  const reasons = reasonWords(annotation);
  const head = `${style.dim(`${annotation.intent},`)} ${paintRisk(annotation.risk, style)}`;
  return reasons === "" ? head : `${head}${style.dim(`: ${reasons}`)}`;
}

/** How many lines a file lost and got. */
export function lineCounts({ hunks }: Pick<FilePatch, "hunks">): { readonly added: number; readonly removed: number } {
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const count = (kind: string): number => lines.filter((line) => line.kind === kind).length;
  return { added: count("added"), removed: count("removed") };
}

/** What became of a file, in words. */
function changeWords({ change, oldPath, similarity, oldMode, newMode, isBinary }: FilePatch): readonly string[] {
  const from = safeText(oldPath ?? "");
  const alike = similarity === null ? "" : ` (${similarity} %)`;
  const what = {
    added: "new",
    deleted: "deleted",
    modified: "",
    renamed: `renamed from ${from}${alike}`,
    copied: `copied from ${from}${alike}`,
    mode: "",
  }[change];
  const isModeChanged = oldMode !== null && newMode !== null && oldMode !== newMode;
  return [what, isModeChanged ? `mode ${oldMode} → ${newMode}` : "", isBinary ? "binary" : ""].filter(Boolean);
}

/** The line over a file's changes. */
export function fileHeading(file: FilePatch, risk: number | null, style: Colours): string {
  const { added, removed } = lineCounts(file);
  const parts = [
    style.bold(safeText(pathOf(file))),
    ...changeWords(file).map((words) => style.dim(words)),
    ...(added + removed === 0 ? [] : [`${style.green(`+${added}`)} ${style.red(`−${removed}`)}`]),
    ...(risk === null ? [] : [paintRisk(risk, style)]),
  ];
  return parts.join("  ");
}

function span(start: number, count: number): string {
  if (count === 0) return `after ${start}`;
  return count === 1 ? String(start) : `${start}–${start + count - 1}`;
}

/** Where a hunk is: the lines of the file after, or before where nothing is left; and what it stands in. */
export function hunkPlace({ newStart, newCount, oldStart, oldCount, section }: Hunk): string {
  const where = newCount === 0 && oldCount > 0 ? `was ${span(oldStart, oldCount)}` : span(newStart, newCount);
  return section === "" ? where : `${where} ${safeText(section).trim()}`;
}
