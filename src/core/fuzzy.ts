/** A text that a search found. */
export interface FuzzyMatch {
  /** The higher, the better it fits; only scores of one query can be compared. */
  readonly score: number;
  /** Which of its UTF-16 code units were found, in order. */
  readonly positions: readonly number[];
}

const HIT = 1;
/** Behind a separator, at the beginning, or where digits begin. */
const WORD_START = 8;
const NEXT_TO_LAST_HIT = 5;
const GAP = -0.05;
/** Of two that fit alike, the shorter is meant. */
const LENGTH = -0.01;

function startsWord(text: string, at: number): boolean {
  if (at === 0) return true;
  const before = text[at - 1] ?? "";
  const isDigit = (letter: string): boolean => letter >= "0" && letter <= "9";
  return /[^a-z0-9]/.test(before) || (isDigit(text[at] ?? "") && !isDigit(before));
}

/** Of every end of a match of the word so far: its best score, and where the hit before lies. */
interface Row {
  readonly scores: readonly number[];
  readonly from: readonly number[];
}

function rowOf(letter: string, text: string, before: Row | null): Row {
  const scores: number[] = [];
  const from: number[] = [];
  let best = before === null ? 0 : Number.NEGATIVE_INFINITY;
  let bestAt = -1;
  for (let at = 0; at < text.length; at += 1) {
    const isHit = text[at] === letter;
    const own = HIT + (startsWord(text, at) ? WORD_START : 0);
    const near = (before?.scores[at - 1] ?? Number.NEGATIVE_INFINITY) + NEXT_TO_LAST_HIT;
    const isNear = near >= best;
    scores.push(isHit ? own + Math.max(near, best) : Number.NEGATIVE_INFINITY);
    from.push(isNear ? at - 1 : bestAt);
    // What a later hit may stand behind, for the price of the gap between.
    best += before === null ? 0 : GAP;
    const here = before?.scores[at - 1] ?? Number.NEGATIVE_INFINITY;
    if (here + GAP > best) {
      best = here + GAP;
      bestAt = at - 1;
    }
  }
  return { scores, from };
}

/** The best way to find the letters of one word in a text, in their order. Both in lower case. */
function findWord(word: string, text: string): FuzzyMatch | null {
  const rows: Row[] = [];
  for (const letter of word) rows.push(rowOf(letter, text, rows.at(-1) ?? null));
  const last = rows.at(-1)?.scores ?? [];
  const score = Math.max(Number.NEGATIVE_INFINITY, ...last);
  if (score === Number.NEGATIVE_INFINITY) return null;
  const positions: number[] = [];
  let at = last.indexOf(score);
  for (const row of rows.toReversed()) {
    positions.unshift(at);
    at = row.from[at] ?? -1;
  }
  return { score, positions };
}

/**
 * Whether the letters of each word of a query stand in a text, in their order, whatever stands between: null where not. Those at
 * the beginnings of words, and side by side, count most (as in fzf). An empty query finds everything.
 */
export function fuzzyMatch(query: string, text: string): FuzzyMatch | null {
  const lower = text.toLowerCase();
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const positions = new Set<number>();
  let score = text.length * LENGTH;
  for (const word of words) {
    const found = findWord(word, lower);
    if (found === null) return null;
    score += found.score;
    for (const at of found.positions) positions.add(at);
  }
  return { score, positions: [...positions].toSorted((left, right) => left - right) };
}
