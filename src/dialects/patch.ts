/** Where a member's value stands in the text: `text.slice(valueStart, valueEnd)` is its JSON. */
export interface MemberSpan {
  readonly valueStart: number;
  readonly valueEnd: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function unterminated(): never {
  throw new SyntaxError("unterminated JSON text: the body must be parsed before it is patched");
}

/** The index after the next quote at or after `from` that no backslash escapes. */
function walkString(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += 2;
    else if (at < text.length) at++;
    else return unterminated();
  }
}

/**
 * The index after the string whose opening quote stands at `open`. One search where no quote is escaped; a walk from the first
 * escaped quote on, since these come in hundreds (code in a prompt) and a search for each costs more.
 */
function skipString(text: string, open: number): number {
  const quote = text.indexOf('"', open + 1);
  if (quote === -1) return unterminated();
  return text.charCodeAt(quote - 1) === BACKSLASH ? walkString(text, open + 1) : quote + 1;
}

/** The index after the object or array that opens at `open`. */
function skipContainer(text: string, open: number): number {
  let depth = 0;
  let at = open;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    at++;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return at;
  }
  return unterminated();
}

function skipScalar(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === CLOSE_BRACE || isSpace(code)) return at;
    at++;
  }
  return unterminated();
}

function skipValue(text: string, from: number): number {
  const code = text.charCodeAt(from);
  if (code === QUOTE) return skipString(text, from);
  if (code === OPEN_BRACE || code === OPEN_BRACKET) return skipContainer(text, from);
  return skipScalar(text, from);
}

function readKey(text: string, open: number, end: number): string {
  const inner = text.slice(open + 1, end - 1);
  return inner.includes("\\") ? String(JSON.parse(text.slice(open, end))) : inner;
}

function openObject(text: string): number {
  const open = skipSpace(text, 0);
  if (text.charCodeAt(open) !== OPEN_BRACE)
    throw new SyntaxError("not a JSON object: the body must be parsed before it is patched");
  return open;
}

/**
 * Whether a later member could still carry one of the keys, as far as two searches tell: a plain key stands there
 * literally or has a letter as `\u00…`; for any other key, yes.
 */
function mayRecur(text: string, keys: readonly string[], from: number): boolean {
  if (text.indexOf("\\u00", from) !== -1) return true;
  return keys.some((key) => !/^\w+$/.test(key) || text.indexOf(`"${key}"`, from) !== -1);
}

/**
 * Finds members of the outermost object without parsing it. Of duplicate keys the last one counts, as for `JSON.parse`.
 * @param text a valid JSON object (else a `SyntaxError` or a wrong span: parse first).
 */
export function locateTopLevelMembers(text: string, keys: readonly string[]): ReadonlyMap<string, MemberSpan> {
  const found = new Map<string, MemberSpan>();
  let at = skipSpace(text, openObject(text) + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const keyEnd = skipString(text, at);
    const key = readKey(text, at, keyEnd);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const valueEnd = skipValue(text, valueStart);
    if (keys.includes(key)) {
      found.set(key, { valueStart, valueEnd });
      if (found.size === keys.length && !mayRecur(text, keys, valueEnd)) return found;
    }
    const separator = skipSpace(text, valueEnd);
    if (text.charCodeAt(separator) !== COMMA) return found;
    at = skipSpace(text, separator + 1);
  }
  return found;
}

function splice(text: string, span: MemberSpan, jsonText: string): string {
  return text.slice(0, span.valueStart) + jsonText + text.slice(span.valueEnd);
}

/** The text with the value of a top-level member exchanged, every other byte as it was; unchanged when there is no such member. */
export function replaceTopLevelMember(text: string, key: string, jsonText: string): string {
  const span = locateTopLevelMembers(text, [key]).get(key);
  return span === undefined ? text : splice(text, span, jsonText);
}

/** As {@link replaceTopLevelMember}, but a missing member is appended as the last one. */
export function setTopLevelMember(text: string, key: string, jsonText: string): string {
  const span = locateTopLevelMembers(text, [key]).get(key);
  if (span !== undefined) return splice(text, span, jsonText);
  const close = text.lastIndexOf("}");
  const isEmpty = skipSpace(text, openObject(text) + 1) === close;
  return `${text.slice(0, close)}${isEmpty ? "" : ","}${JSON.stringify(key)}:${jsonText}${text.slice(close)}`;
}
