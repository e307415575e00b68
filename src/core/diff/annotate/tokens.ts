import type { Language } from "./language.ts";

/** A piece of a program's text that means one thing. */
export interface Token {
  readonly kind: "word" | "number" | "string" | "operator" | "comment";
  readonly text: string;
}

const WORD = String.raw`[\p{L}_$@][\p{L}\p{N}_$]*`;
const NUMBER = String.raw`\d[\w.]*`;
/** Longest first. */
const OPERATOR = String.raw`===|!==|>>>=?|<<=|>>=|\*\*=|\?\?=|&&=|\|\|=|\.\.\.|=>|->|::|:=|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+\+|--|\+=|-=|\*=|/=|%=|&=|\|=|\^=|<<|>>|\*\*|<-|[^\s\w]`;
const KINDS = ["comment", "string", "word", "number", "operator"] as const;

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/** A quoted text; one that is not closed ends with its line, or with all where it may have many. */
function quoted(quote: string): string {
  const sign = literally(quote);
  if (quote.length > 1) return String.raw`${sign}(?:[^\\]|\\[^])*?(?:${sign}|$)`;
  const more = quote === "`" ? "" : String.raw`\n`;
  return String.raw`${sign}(?:[^${sign}\\${more}]|\\[^])*${sign}?`;
}

/** A group that matches nothing where a language has no such thing. */
function group(parts: readonly string[]): string {
  return parts.length === 0 ? "((?!))" : `(${parts.join("|")})`;
}

function patternOf({ lineComments, blockComment, quotes }: Language): RegExp {
  const lines = lineComments.map((start) => `${literally(start)}[^\\n]*`);
  const blocks = blockComment === null ? [] : [`${literally(blockComment[0])}[^]*?(?:${literally(blockComment[1])}|$)`];
  const groups = [group([...lines, ...blocks]), group(quotes.map(quoted)), `(${WORD})`, `(${NUMBER})`, `(${OPERATOR})`];
  return new RegExp(`\\s+|${groups.join("|")}|[^]`, "uy");
}

const patterns = new Map<Language, RegExp>();

function kindOf(match: RegExpExecArray): Token["kind"] | null {
  for (const [index, kind] of KINDS.entries()) if (match[index + 1] !== undefined) return kind;
  return null;
}

/** Reads the tokens of a text in order, until `take` says that it has enough. */
function read(text: string, language: Language, take: (token: Token) => boolean): void {
  const pattern = patterns.get(language) ?? patternOf(language);
  patterns.set(language, pattern);
  for (let at = 0; at < text.length; ) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return;
    const kind = kindOf(match);
    if (kind !== null && !take({ kind, text: match[0] })) return;
    at += match[0].length;
  }
}

/**
 * The tokens of a few lines of a program, by its comments and quotes only: no grammar, since a hunk is a piece of one. Never
 * throws, whatever the text is; white space is left out.
 */
export function tokensOf(text: string, language: Language): readonly Token[] {
  const tokens: Token[] = [];
  read(text, language, (token) => tokens.push(token) > 0);
  return tokens;
}

/** Whether there is more in a text than comments. */
export function hasCode(text: string, language: Language): boolean {
  let isFound = false;
  read(text, language, ({ kind }) => {
    isFound = kind !== "comment";
    return !isFound;
  });
  return isFound;
}
