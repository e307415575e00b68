import { isJsonObject, parseJson } from "../../core/json.ts";
import { createTextReader, type ReadText } from "../../core/learn/blend.ts";
import { createFingerprinter, type Fingerprint } from "../../core/learn/folds.ts";
import { linesOf } from "../../core/lines.ts";
import { failure, type Result, success } from "../../core/result.ts";

/** A prompt and how well each model answered it. The prompt itself is not kept: prompts may be large. */
export interface ScoredRow {
  /** From 1. */
  readonly line: number;
  readonly read: ReadText;
  readonly print: Fingerprint;
  /** In UTF-16 code units. */
  readonly length: number;
  /** How many words that sound hard it has, for the control. */
  readonly keywords: number;
  /** 0 to 1 by model. */
  readonly scores: Readonly<Record<string, number>>;
  /** USD by model; null where the row has none. */
  readonly costs: Readonly<Record<string, number>> | null;
}

/** What is wrong with a line. */
export interface RowProblem {
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

/** The words by which keyword scorers of gateways find hard prompts. */
const HARD_WORDS =
  /\b(?:prove|theorem|derive|algorithm|optimi[sz]e|complex|analy[sz]e|architecture|design|explain why|step by step|debug|refactor|concurrent|distributed|equation|integral|probability|legal|medical|diagnosis)\b/gi;
const KEYWORD_CHARACTERS = 8000;
/** Enough to see a pattern; the rest is counted. */
const MOST_PROBLEMS = 20;

type Parsed = Pick<ScoredRow, "scores" | "costs"> & { readonly prompt: string };

function readNumbers(
  value: unknown,
  field: string,
  most: number,
): Result<Record<string, number>, Omit<RowProblem, "line">> {
  if (!isJsonObject(value)) return failure({ field, message: "is no object of numbers by model" });
  const numbers: Record<string, number> = {};
  for (const [model, number] of Object.entries(value)) {
    const isGood = typeof number === "number" && number >= 0 && number <= most;
    if (!isGood) {
      const range = most === 1 ? "from 0 to 1" : "of USD that is not negative";
      return failure({ field: `${field}.${model}`, message: `is ${JSON.stringify(number)}, not a number ${range}` });
    }
    numbers[model] = number;
  }
  return success(numbers);
}

function parseRow(text: string): Result<Parsed, Omit<RowProblem, "line">> {
  const value = parseJson(text);
  if (!isJsonObject(value)) return failure({ field: "line", message: "is no JSON object" });
  const { prompt } = value;
  if (typeof prompt !== "string") return failure({ field: "prompt", message: "is no text" });
  const scores = readNumbers(value.scores, "scores", 1);
  if (!scores.ok) return scores;
  if (Object.keys(scores.value).length < 2) return failure({ field: "scores", message: "has fewer than two models" });
  const given = value.costs ?? null;
  if (given === null) return success({ prompt, scores: scores.value, costs: null });
  const costs = readNumbers(given, "costs", Number.MAX_VALUE);
  return costs.ok ? success({ prompt, scores: scores.value, costs: costs.value }) : costs;
}

/** Takes rows one by one; what it keeps of a row does not grow with the prompt beyond a bound. */
export function createRowReader(): (line: number, row: Parsed) => ScoredRow {
  const read = createTextReader();
  const print = createFingerprinter();
  return (line, { prompt, scores, costs }) => ({
    line,
    read: read(prompt),
    print: print(prompt),
    length: prompt.length,
    keywords: prompt.slice(0, KEYWORD_CHARACTERS).match(HARD_WORDS)?.length ?? 0,
    scores,
    costs,
  });
}

/** Rows of NDJSON, `{"prompt", "scores": {model: 0..1}, "costs": {model: usd}?}`; or what is wrong with the first bad lines. Empty lines do not count. */
export async function readScoredRows(
  chunks: AsyncIterable<Uint8Array>,
): Promise<Result<readonly ScoredRow[], readonly RowProblem[]>> {
  const take = createRowReader();
  const rows: ScoredRow[] = [];
  const problems: RowProblem[] = [];
  let line = 0;
  for await (const text of linesOf(chunks)) {
    line++;
    if (text.trim() === "") continue;
    const parsed = parseRow(text);
    if (parsed.ok) rows.push(take(line, parsed.value));
    else if (problems.push({ line, ...parsed.error }) >= MOST_PROBLEMS) break;
  }
  return problems.length > 0 ? failure(problems) : success(rows);
}
