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

/**
 * The tokens of a few lines of a program, by its comments and quotes only: no grammar, since a hunk is a piece of one. Never
 * throws, whatever the text is; white space is left out.
 */
export function tokensOf(text: string, language: Language): readonly Token[] {
  const pattern = patterns.get(language) ?? patternOf(language);
  patterns.set(language, pattern);
  pattern.lastIndex = 0;
  const tokens: Token[] = [];
  for (let match = pattern.exec(text); match !== null && match[0] !== ""; match = pattern.exec(text)) {
    const group = match.findIndex((part, index) => index > 0 && part !== undefined);
    const kind = KINDS[group - 1];
    if (kind !== undefined) tokens.push({ kind, text: match[0] });
  }
  return tokens;
}
