import { editDistance } from "../suggest.ts";

/** Mean likeness of lines from which a place is taken for the one that was meant. Ours: one wrong word in a line of ten. */
const LEAST_LIKENESS = 0.9;
/** How far the second best place must be behind. */
const LEAD = 0.05;
/** Longer searches and files are not compared by likeness: the time grows with their product. */
const MOST_SEARCHED = 200;
const MOST_LINES = 20_000;
const LONGEST_LINE = 400;

/** How alike two lines are, white space at their ends aside: 1 for the same, 0 for nothing in common. */
function likeness(left: string, right: string): number {
  const [a, b] = [left.trim(), right.trim()];
  if (a === b) return 1;
  const longest = Math.max(a.length, b.length);
  if (longest > LONGEST_LINE || Math.abs(a.length - b.length) > longest / 2) return 0;
  return 1 - editDistance(a, b) / longest;
}

/** Likeness of a place: the mean over its lines; 0 as soon as it cannot reach the least any more. */
function likenessAt(
  lines: readonly string[],
  search: readonly string[],
  start: number,
  memo: Map<string, number>,
): number {
  const mayLose = (1 - LEAST_LIKENESS) * search.length + 1e-9;
  let lost = 0;
  for (const [offset, wanted] of search.entries()) {
    const line = lines[start + offset] ?? "";
    const key = `${offset}\n${line}`;
    const known = memo.get(key) ?? likeness(line, wanted);
    memo.set(key, known);
    lost += 1 - known;
    if (lost > mayLose) return 0;
  }
  return 1 - lost / search.length;
}

/** Where something most like `search` stands: one place where it leads clearly, several where they are too much alike. */
export function closestPlaces(lines: readonly string[], search: readonly string[]): readonly number[] {
  if (search.length > MOST_SEARCHED || lines.length > MOST_LINES) return [];
  const memo = new Map<string, number>();
  const found: { readonly start: number; readonly score: number }[] = [];
  for (let start = 0; start + search.length <= lines.length; start += 1) {
    const score = likenessAt(lines, search, start, memo);
    if (score >= LEAST_LIKENESS) found.push({ start, score });
  }
  const best = Math.max(0, ...found.map(({ score }) => score));
  return found.filter(({ score }) => best - score < LEAD).map(({ start }) => start);
}
