import { isJsonObject, type JsonValue, parseJson } from "../../../core/json.ts";
import type { AskedHunk } from "./question.ts";

/** A remark of a model that was held against the hunk it is about. */
export interface Remark {
  /** Place of the hunk in what was asked. */
  readonly hunk: number;
  /** Place of the line in the hunk. */
  readonly at: number;
  readonly label: string;
  readonly severity: "warning" | "info";
  readonly text: string;
}

const MOST_PER_HUNK = 2;
const MOST_TEXT_CHARS = 400;
const LEAST_QUOTE_CHARS = 3;

/** The JSON of an answer, also where words or a fence stand around it. */
function jsonIn(answer: string): JsonValue | undefined {
  const whole = parseJson(answer);
  if (whole !== undefined) return whole;
  const [start, end] = [answer.indexOf("{"), answer.lastIndexOf("}")];
  return start < 0 || end <= start ? undefined : parseJson(answer.slice(start, end + 1));
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** The line that a remark cites: it must be there and hold the quote; a wrong number is put right where one line alone holds it. */
function citedLine({ lines }: AskedHunk, label: string, quote: string): number | null {
  const words = squeezed(quote);
  if (words.length < LEAST_QUOTE_CHARS) return null;
  const holders = lines.flatMap(({ text }, index) => (squeezed(text).includes(words) ? [index] : []));
  const wanted = label.replace(/^\+/, "");
  const named = holders.find(
    (index) => lines[index]?.label === label || lines[index]?.label.replace("+", "") === wanted,
  );
  if (named !== undefined) return named;
  return holders.length === 1 ? (holders[0] ?? null) : null;
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function remarkOf(value: JsonValue, hunks: readonly AskedHunk[]): Remark | null {
  if (!isJsonObject(value)) return null;
  const hunk = Number(text(value.hunk).replace(/^H/i, "")) - 1;
  const asked = hunks[hunk];
  const said = squeezed(text(value.text)).slice(0, MOST_TEXT_CHARS);
  if (asked === undefined || said === "") return null;
  const at = citedLine(asked, text(value.line), text(value.quote));
  if (at === null) return null;
  const severity = value.severity === "info" ? "info" : "warning";
  return { hunk, at, label: asked.lines[at]?.label ?? "", severity, text: said };
}

/**
 * The remarks of an answer that cite a line of their hunk; null where the answer is no JSON of the wanted form. One a line, few a
 * hunk.
 */
export function readRemarks(answer: string, hunks: readonly AskedHunk[]): readonly Remark[] | null {
  const json = jsonIn(answer);
  if (!isJsonObject(json) || !Array.isArray(json.notes)) return null;
  const kept: Remark[] = [];
  for (const value of json.notes) {
    const remark = remarkOf(value, hunks);
    if (remark === null) continue;
    const ofHunk = kept.filter(({ hunk }) => hunk === remark.hunk);
    if (ofHunk.length < MOST_PER_HUNK && !ofHunk.some(({ at }) => at === remark.at)) kept.push(remark);
  }
  return kept;
}

/** Those remarks that a check keeps; none where it cannot be read. */
export function readKept(answer: string, remarks: readonly Remark[]): readonly Remark[] {
  const json = jsonIn(answer);
  const keep = isJsonObject(json) && Array.isArray(json.keep) ? json.keep.map(Number) : [];
  return remarks.filter((_, index) => keep.includes(index + 1));
}
