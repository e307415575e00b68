/** One change of a file: the lines that go, those that come, and where. */
export interface Change {
  readonly path: string;
  readonly what: string;
  readonly before: readonly string[];
  readonly at: number;
  readonly removed: number;
  readonly added: readonly string[];
}

/** Makes the change of a line, or null where the line does not lend itself to it. */
type LineChange = (line: string, lines: readonly string[], at: number) => readonly string[] | null;

function replaced(pattern: RegExp, by: string | ((match: string) => string)): LineChange {
  return (line) => {
    if (/^\s*(\/\/|#|\*|\/\*|import|from|use |using|package|#include)/.test(line)) return null;
    // Inside quotes it would be another change.
    const code = line.replace(/(["'`])(?:\\.|(?!\1).)*\1/g, (text) => "\u0001".repeat(text.length));
    const found = pattern.exec(code);
    if (found === null) return null;
    const start = found.index;
    const next = typeof by === "string" ? by : by(found[0]);
    return [line.slice(0, start) + next + line.slice(start + found[0].length)];
  };
}

const FLIPS: Readonly<Record<string, string>> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };

/** Takes a block that begins at a line away: to the line that closes it on the same column, or to where the indentation ends. */
function blockEnd(lines: readonly string[], at: number): number | null {
  const indent = /^\s*/.exec(lines[at] ?? "")?.[0] ?? "";
  for (let end = at + 1; end < Math.min(lines.length, at + 8); end += 1) {
    const line = lines[end] ?? "";
    if (line.trim() === "") return null;
    const own = /^\s*/.exec(line)?.[0] ?? "";
    if (own.length <= indent.length) return /^\s*(\}|end\b)/.test(line) ? end + 1 : end;
  }
  return null;
}

/** Faults as people make them, each a change of one place. The second part says how many lines go, where it is not one. */
const FAULTS: Readonly<Record<string, LineChange>> = {
  "a bound off by one": replaced(/(?<=[\w)\]] )(<=|>=|<|>)(?= [\w(-])/, (sign) => FLIPS[sign] ?? sign),
  "an equality turned": replaced(/===|!==|==|!=/, (sign) =>
    sign.startsWith("!") ? sign.replace("!", "=") : sign.replace("=", "!"),
  ),
  "and for or": replaced(
    /&&|\|\||\band\b|\bor\b/,
    (word) => ({ "&&": "||", "||": "&&", and: "or", or: "and" })[word] ?? word,
  ),
  "a not that is gone": replaced(/!(?=[\w(])|\bnot /, ""),
  "plus for minus": replaced(/(?<=[\w)] )[-+](?= [\w(])/, (sign) => (sign === "+" ? "-" : "+")),
  "a constant that is another": replaced(/(?<![\w.])\d+(?![\w.])/, (digits) => String(Number(digits) * 10 + 7)),
  "true for false": replaced(
    /\btrue\b|\bfalse\b|\bTrue\b|\bFalse\b/,
    (word) => ({ true: "false", false: "true", True: "False", False: "True" })[word] ?? word,
  ),
  "an await that is gone": replaced(/\bawait /, ""),
  "min for max": replaced(/\bmin\(|\bmax\(/, (word) => (word === "min(" ? "max(" : "min(")),
  "a condition cut": replaced(/ (&&|\|\||and|or) [^)&|:{]+(?=[):])/, ""),
  "an else that is gone": replaced(/\bbreak\b|\bcontinue\b/, (word) => (word === "break" ? "continue" : "break")),
};

/** Whole blocks that go: guards, and what handles errors. */
const LOSSES: Readonly<Record<string, RegExp>> = {
  "a guard that is gone": /^\s*if\b.*[:{]\s*$/,
  "a throw that is gone": /^\s*(throw|raise|return Err|return nil, err)\b.*/,
  "a lock that is gone": /^\s*(s\.mu\.Lock|defer s\.mu)/,
};

const CONTEXT = 3;

/** A change as git writes it. */
export function patchOf({ path, before, at, removed, added }: Change): string {
  const start = Math.max(0, at - CONTEXT);
  const end = Math.min(before.length, at + removed + CONTEXT);
  const gone = before.slice(at, at + removed);
  const lines = [
    ...before.slice(start, at).map((line) => ` ${line}`),
    ...gone.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...before.slice(at + removed, end).map((line) => ` ${line}`),
  ];
  const ranges = `@@ -${start + 1},${end - start} +${start + 1},${end - start - removed + added.length} @@`;
  return [`diff --git a/${path} b/${path}`, `--- a/${path}`, `+++ b/${path}`, ranges, ...lines, ""].join("\n");
}

/** The same change with a harmless one beside it, as commits have them: a fault is seldom alone in its hunk. */
export function inCompany(change: Change): Change | null {
  const { before, at, removed, added, what } = change;
  const next = before[at + removed] ?? "";
  if (next.trim() === "" || !/[;)\w]$/.test(next) || /^\s*(\/\/|#|\*)/.test(next)) return null;
  const indent = /^\s*/.exec(next)?.[0] ?? "";
  const end = next.endsWith(";") ? ";" : "";
  const more = [
    next.replace(/\b(index|item|items|rows|entry|found|result|value|key)\b/, "$1Now"),
    `${indent}trace("done")${end}`,
  ];
  return { ...change, what: `${what}, among others`, removed: removed + 1, added: [...added, ...more] };
}

/** Every change that a table of faults makes of a file. */
export function faultsOf(path: string, text: string): readonly Change[] {
  const before = text.split("\n");
  return before.flatMap((line, at) => {
    const single = Object.entries(FAULTS).flatMap(([what, change]): readonly Change[] => {
      const added = change(line, before, at);
      return added === null || added[0] === line ? [] : [{ path, what, before, at, removed: 1, added }];
    });
    const blocks = Object.entries(LOSSES).flatMap(([what, pattern]): readonly Change[] => {
      if (!pattern.test(line)) return [];
      const end = what.startsWith("a guard") ? blockEnd(before, at) : at + 1;
      return end === null ? [] : [{ path, what, before, at, removed: end - at, added: [] }];
    });
    return [...single, ...blocks];
  });
}
