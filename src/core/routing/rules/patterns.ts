import { matchesPattern } from "../../expand.ts";
import type { Patterns } from "./rule.ts";

/** Asks one text. */
type TextTest = (text: string) => boolean;

/** A list of patterns, ready to be asked. */
export interface PatternTest {
  /** One value; null where the request has none, which only a list of exceptions lets pass. */
  one(value: string | null): boolean;
  /** Several values at once: at least one is wanted, none of the exceptions. */
  some(values: readonly string[]): boolean;
}

/** Patterns that begin with `!` are exceptions. */
export function isException(pattern: string): boolean {
  return pattern.startsWith("!");
}

/** The pattern of an exception. */
export function exceptionOf(pattern: string): string {
  return pattern.slice(1);
}

/** A pattern in which `*` stands for any characters. */
export function starTest(pattern: string): TextTest {
  if (!pattern.includes("*")) return (text) => text === pattern;
  return (text) => matchesPattern(text, pattern);
}

/** The same, whatever the case. It remembers the last text, since folding takes longer than comparing. */
export function foldedStarTest(pattern: string): TextTest {
  const test = starTest(pattern.toLowerCase());
  let known = "";
  let isMatch = test("");
  return function testFolded(text) {
    if (text === known) return isMatch;
    known = text;
    isMatch = test(text.toLowerCase());
    return isMatch;
  };
}

/** Makes a list of patterns askable; `toTest` reads one of them. */
export function compilePatterns(patterns: Patterns, toTest: (pattern: string) => TextTest = starTest): PatternTest {
  const wanted = patterns.filter((pattern) => !isException(pattern)).map(toTest);
  const unwanted = patterns.filter(isException).map((pattern) => toTest(exceptionOf(pattern)));
  const [only] = wanted;
  if (only !== undefined && wanted.length === 1 && unwanted.length === 0) {
    return { one: (value) => value !== null && only(value), some: (values) => values.some(only) };
  }
  const isWanted = (text: string): boolean => wanted.length === 0 || wanted.some((test) => test(text));
  const isUnwanted = (text: string): boolean => unwanted.some((test) => test(text));
  return {
    one: (value) => (value === null ? wanted.length === 0 : !isUnwanted(value) && isWanted(value)),
    some: (values) => !values.some(isUnwanted) && (wanted.length === 0 || values.some(isWanted)),
  };
}
