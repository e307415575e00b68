import type { Language } from "./language.ts";

/** A piece of a program's text that means one thing. */
export interface Token {
  readonly kind: "word" | "number" | "string" | "operator" | "comment";
  readonly text: string;
}

const WORD = /[\p{L}_$@][\p{L}\p{N}_$]*/uy;
const NUMBER = /\d[\w.]*/y;
/** Longest first. */
const OPERATOR =
  /===|!==|>>>=?|<<=|>>=|\*\*=|\?\?=|&&=|\|\|=|\.\.\.|=>|->|::|:=|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|\*\*|<-|[^\s\w]/y;

/** Where a quoted text that begins at `start` ends; the end of the text where it is not closed. */
function endOfString(text: string, start: number, quote: string): number {
  for (let at = start + quote.length; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text.startsWith(quote, at)) return at + quote.length;
    else if (text[at] === "\n" && quote.length === 1 && quote !== "`") return at;
  }
  return text.length;
}

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

function commentAt(text: string, at: number, { lineComments, blockComment }: Language): string | null {
  if (lineComments.some((start) => text.startsWith(start, at))) {
    const end = text.indexOf("\n", at);
    return text.slice(at, end < 0 ? text.length : end);
  }
  if (blockComment === null || !text.startsWith(blockComment[0], at)) return null;
  const end = text.indexOf(blockComment[1], at + blockComment[0].length);
  return text.slice(at, end < 0 ? text.length : end + blockComment[1].length);
}

function tokenAt(text: string, at: number, language: Language): Token {
  const comment = commentAt(text, at, language);
  if (comment !== null) return { kind: "comment", text: comment };
  const quote = language.quotes.find((start) => text.startsWith(start, at));
  if (quote !== undefined) return { kind: "string", text: text.slice(at, endOfString(text, at, quote)) };
  const word = matchAt(WORD, text, at);
  if (word !== null) return { kind: "word", text: word };
  const number = matchAt(NUMBER, text, at);
  if (number !== null) return { kind: "number", text: number };
  return { kind: "operator", text: matchAt(OPERATOR, text, at) ?? text.slice(at, at + 1) };
}

/**
 * The tokens of a few lines of a program, by its comments and quotes only: no grammar, since a hunk is a piece of one. Never
 * throws, whatever the text is; white space is left out.
 */
export function tokensOf(text: string, language: Language): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at] ?? "")) {
      at += 1;
      continue;
    }
    const token = tokenAt(text, at, language);
    tokens.push(token);
    at += Math.max(1, token.text.length);
  }
  return tokens;
}
