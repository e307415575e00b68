/** One statement of a TOML document: all of its lines. Offsets into the text; `end` is after its line end. */
export interface Statement {
  readonly kind: "table" | "array-table" | "pair" | "other";
  readonly start: number;
  readonly end: number;
  /** Of a table's header or a pair. */
  readonly path: readonly string[];
  /** Of a pair's value, without the comment behind it. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

const BARE_KEY = /[A-Za-z0-9_-]+/y;
const QUOTES = ['"""', "'''", '"', "'"];

/** The offset after the string that starts at `at`; the end of the text where it never ends. */
function afterString(text: string, at: number): number {
  const quote = QUOTES.find((candidate) => text.startsWith(candidate, at)) ?? '"';
  const hasEscapes = quote.startsWith('"');
  let here = at + quote.length;
  while (here < text.length) {
    if (hasEscapes && text[here] === "\\") here += 2;
    else if (text.startsWith(quote, here)) {
      here += quote.length;
      // Up to two quotes more belong to a multi-line string's content (TOML 1.0, "String").
      while (quote.length === 3 && text[here] === quote[0]) here += 1;
      return here;
    } else here += 1;
  }
  return text.length;
}

function lineEnd(text: string, at: number): number {
  const found = text.indexOf("\n", at);
  return found < 0 ? text.length : found + 1;
}

function skipSpaces(text: string, at: number): number {
  let here = at;
  while (text[here] === " " || text[here] === "\t") here += 1;
  return here;
}

/** A dotted key and the offset after it. */
function readKey(text: string, at: number): { readonly path: string[]; readonly end: number } {
  const path: string[] = [];
  let here = skipSpaces(text, at);
  for (;;) {
    BARE_KEY.lastIndex = here;
    const bare = BARE_KEY.exec(text)?.[0];
    const end = bare === undefined ? afterString(text, here) : here + bare.length;
    path.push(bare ?? unquoted(text.slice(here, end)));
    here = skipSpaces(text, end);
    if (text[here] !== ".") return { path, end: here };
    here = skipSpaces(text, here + 1);
  }
}

function unquoted(raw: string): string {
  if (!raw.startsWith('"')) return raw.slice(1, -1);
  try {
    return String(JSON.parse(raw));
  } catch {
    return raw.slice(1, -1);
  }
}

/** The offset after a value: brackets closed, strings skipped, comments inside of it included. */
function afterValue(text: string, at: number): number {
  let depth = 0;
  let end = at;
  let here = at;
  while (here < text.length) {
    const sign = text[here] ?? "";
    if (sign === '"' || sign === "'") {
      here = afterString(text, here);
      end = here;
      continue;
    }
    if (sign === "#") {
      if (depth === 0) return end;
      here = lineEnd(text, here) - 1;
    } else if (sign === "\n" && depth === 0) return end;
    if (sign === "[" || sign === "{") depth += 1;
    if (sign === "]" || sign === "}") depth -= 1;
    here += 1;
    if (!/\s/.test(sign) && sign !== "#") end = here;
  }
  return end;
}

function statementAt(text: string, start: number): Statement {
  const here = skipSpaces(text, start);
  const sign = text[here];
  const bare = { start, path: [], valueStart: here, valueEnd: here };
  if (sign === undefined || sign === "#" || sign === "\n" || sign === "\r") {
    return { ...bare, kind: "other", end: lineEnd(text, here) };
  }
  if (sign === "[") {
    const isArray = text[here + 1] === "[";
    const { path, end } = readKey(text, here + (isArray ? 2 : 1));
    return { ...bare, kind: isArray ? "array-table" : "table", path, end: lineEnd(text, end) };
  }
  const { path, end } = readKey(text, here);
  const valueStart = skipSpaces(text, end + 1);
  const valueEnd = afterValue(text, valueStart);
  return { kind: "pair", start, path, valueStart, valueEnd, end: lineEnd(text, valueEnd) };
}

/** The statements of a valid TOML document, in order and without gaps (TOML 1.0). */
export function scanToml(text: string): readonly Statement[] {
  const statements: Statement[] = [];
  let here = text.startsWith("\uFEFF") ? 1 : 0;
  while (here < text.length) {
    const statement = statementAt(text, here);
    statements.push(statement);
    here = Math.max(statement.end, here + 1);
  }
  return statements;
}
