const CONTEXT_LINES = 3;

interface Line {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
}

/** How many lines two lists share at their start. */
function commonHead(left: readonly string[], right: readonly string[]): number {
  const most = Math.min(left.length, right.length);
  let count = 0;
  while (count < most && left[count] === right[count]) count += 1;
  return count;
}

/** Lengths of the longest common subsequences of all tails: `table[i][j]` of `left` from i and `right` from j. */
function tailTable(left: readonly string[], right: readonly string[]): readonly (readonly number[])[] {
  const table = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  for (let i = left.length - 1; i >= 0; i -= 1) {
    const row = table[i] ?? [];
    const below = table[i + 1] ?? [];
    for (let j = right.length - 1; j >= 0; j -= 1) {
      row[j] = left[i] === right[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

/** The middle parts compared line by line; past some thousands of pairs, all of the old and then all of the new. */
function compare(left: readonly string[], right: readonly string[]): readonly Line[] {
  const removed = (text: string): Line => ({ sign: "-", text });
  const added = (text: string): Line => ({ sign: "+", text });
  if (left.length * right.length > 1_000_000) return [...left.map(removed), ...right.map(added)];
  const table = tailTable(left, right);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    const [a = "", b = ""] = [left[i], right[j]];
    if (a === b) {
      lines.push({ sign: " ", text: a });
      i += 1;
      j += 1;
    } else if ((table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0)) {
      lines.push(removed(a));
      i += 1;
    } else {
      lines.push(added(b));
      j += 1;
    }
  }
  return [...lines, ...left.slice(i).map(removed), ...right.slice(j).map(added)];
}

function isNear(lines: readonly Line[], index: number): boolean {
  return lines.slice(Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1).some(({ sign }) => sign !== " ");
}

/** What changes between two texts, for people: `+` and `-` lines with some around them, `…` for what is left out. */
export function diffLines(before: string, after: string): readonly string[] {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const head = commonHead(old, fresh);
  const tail = commonHead(old.slice(head).toReversed(), fresh.slice(head).toReversed());
  const same = (text: string): Line => ({ sign: " ", text });
  const lines = [
    ...old.slice(0, head).map(same),
    ...compare(old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail)),
    ...old.slice(old.length - tail).map(same),
  ];
  const shown: string[] = [];
  for (const [index, { sign, text }] of lines.entries()) {
    if (isNear(lines, index)) shown.push(`${sign} ${text}`.trimEnd());
    else if (shown.length > 0 && shown.at(-1) !== "…") shown.push("…");
  }
  return shown.at(-1) === "…" ? shown.slice(0, -1) : shown;
}
