import type { Check } from "./verdict.ts";

/** Only the end of a text is looked at: a loop does not end by itself. */
const TAIL_CHARS = 4_096;
/** A text that goes round in a loop has done so for at least this long, and this often. */
const LOOP_CHARS = 1_200;
const LOOP_ROUNDS = 6;
/** An answer that ended by itself repeats a whole line this often before it counts. */
const SAME_LINES = 16;
const SHORTEST_LINE = 12;

/**
 * The end of `text` that repeats with the smallest period, by the failure function of Knuth, Morris and Pratt over the text
 * read backwards: of a prefix of length n whose longest border is b, n - b is a period.
 */
function loopAtEnd(text: string): { readonly period: number; readonly length: number } | null {
  const size = Math.min(text.length, TAIL_CHARS);
  const last = text.length - 1;
  const borders = new Int32Array(size);
  let best: { period: number; length: number } | null = null;
  for (let at = 1, border = 0; at < size; at++) {
    const code = text.charCodeAt(last - at);
    while (border > 0 && code !== text.charCodeAt(last - border)) border = borders[border - 1] ?? 0;
    if (code === text.charCodeAt(last - border)) border++;
    borders[at] = border;
    const length = at + 1;
    const period = length - border;
    if (length >= LOOP_CHARS && length >= period * LOOP_ROUNDS) best = { period, length };
  }
  return best;
}

/** Whether a text that still grows goes round in a loop, of letters: rows of zeros and rules of dashes may be wanted. */
export function isLooping(text: string): boolean {
  if (text.length < LOOP_CHARS) return false;
  const loop = loopAtEnd(text);
  return loop !== null && /\p{L}/u.test(text.slice(text.length - loop.period));
}

/** The line that follows itself most often. */
function mostRepeated(text: string): { readonly line: string; readonly times: number } {
  let best = { line: "", times: 0 };
  let line = "";
  let times = 0;
  for (const raw of text.split("\n")) {
    const next = raw.trim();
    if (next === "") continue;
    times = next === line ? times + 1 : 1;
    line = next;
    if (times > best.times && line.length >= SHORTEST_LINE && /\p{L}/u.test(line)) best = { line, times };
  }
  return best;
}

/** An answer that went round in a loop, or says one line again and again. */
export const repeatsItself: Check = ({ reply, text, givenText }) => {
  if (text === "") return undefined;
  if (reply.finish.unified === "length" && isLooping(text)) return "the answer goes round in a loop";
  const { line, times } = mostRepeated(text);
  if (times < SAME_LINES || givenText.includes(line)) return null;
  return `one line stands ${times} times in a row: ${JSON.stringify(line.slice(0, 60))}`;
};
