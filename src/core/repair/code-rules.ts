import type { FailureKind } from "./failure-kind.ts";

/** How one kind of failure shows in the output of a tool. */
export interface FailureRule {
  readonly kind: FailureKind;
  /** Its first group that took part is what the failure is about. */
  readonly pattern: RegExp;
  /** What to do about it. */
  readonly fix?: (subject: string) => string;
}

/** Faults of the code, by the output of Python, JavaScript, TypeScript, Go, Rust, Java, C and make. The first match wins. */
export const CODE_RULES: readonly FailureRule[] = [
  // A file that does not parse.
  { kind: "syntax", pattern: /(?:^|\n)(?:E\s+)?(?:SyntaxError|IndentationError|TabError): ([^\n]+)/ },
  {
    kind: "syntax",
    pattern: /(?:^|\n)[^\n]*\b(?:error TS1\d{3}|Parse error|Parsing error|Unterminated string)[: ]([^\n]*)/,
  },
  {
    kind: "syntax",
    pattern: /(?:^|\n)[^\n]*(?:: syntax error:? ([^\n]*)|error: (?:Unexpected|Expected) ([^\n]*) (?:but )?found[^\n]*)/,
  },
  {
    kind: "syntax",
    pattern:
      /(?:^|\n)error: (?:expected (?:one of|expression|item|identifier)|this file contains an unclosed|mismatched closing|unclosed)([^\n]*)/,
  },
  {
    kind: "syntax",
    pattern:
      /(?:^|\n)[^\n]*\.java:\d+: error: ((?:'.' |class, interface|reached end of file|illegal start|<identifier>|unclosed|not a statement)[^\n]*)/,
  },
  {
    kind: "syntax",
    pattern: /(?:^|\n)[^\n]*\.(?:c|cc|cpp|h):\d+:\d+: error: (expected [^\n]+|stray [^\n]+|missing terminating[^\n]+)/,
  },
  { kind: "syntax", pattern: /(?:^|\n)[^\n]*Makefile:\d+: \*\*\* (missing separator[^\n]*)/ },
  // Types, names, and whatever else a compiler refuses.
  { kind: "type", pattern: /\berror TS\d+: ([^\n]+)/ },
  { kind: "type", pattern: /(?:^|\n)error\[E\d{4}\]: ([^\n]+)/ },
  { kind: "type", pattern: /(?:^|\n)[^\n]*\.java:\d+: error: ([^\n]+)/ },
  { kind: "type", pattern: /(?:^|\n)[^\n]*\.(?:c|cc|cpp|h):\d+:\d+: (?:fatal )?error: ([^\n]+)/ },
  { kind: "type", pattern: /(?:^|\n)[^\n]*undefined reference to [`'"‘]?([\w:]+)/ },
  { kind: "type", pattern: /(?:^|\n)(?:vet: )?(?:\.\/)?[\w./-]+\.go:\d+:\d+: ([^\n]+)/ },
  { kind: "type", pattern: /(?:^|\n)[^\n]*\.py:\d+(?::\d+)?: error: ([^\n]+)/ },
  // A test that found something else.
  { kind: "assertion", pattern: /(?:^|\n)(?:E\s+)?(AssertionError[^\n]*|assert [^\n]+)/ },
  { kind: "assertion", pattern: /(?:^|\n)\s*(?:✗|✕|×|●|\(fail\)|not ok \d+ -|--- FAIL:|FAILED|FAIL)\s+([^\n]+)/ },
  { kind: "assertion", pattern: /(?:^|\n)\s*(?:error: )?(expect\([^\n]*\)[^\n]*|ERR_ASSERTION[^\n]*)/ },
  { kind: "assertion", pattern: /(?:^|\n)thread '[^\n]*' (?:\(\d+\) )?panicked at [^\n]*\n(assertion [^\n]*)/ },
  { kind: "assertion", pattern: /(?:^|\n)(test \S+ \.\.\. FAILED)/ },
  {
    kind: "assertion",
    pattern:
      /(?:^|\n)[^\n]*(Tests run: \d+, Failures: [1-9][^\n]*|org\.opentest4j\.AssertionFailedError[^\n]*|java\.lang\.AssertionError[^\n]*)/,
  },
  { kind: "assertion", pattern: /(?:^|\n)[^\n]*: (Assertion [`'‘][^\n]*failed\.)/ },
  // A linter: place, then rule.
  { kind: "lint", pattern: /(?:^|\n)\s*\d+:\d+\s+(?:error|warning)\s+([^\n]+)/ },
  { kind: "lint", pattern: /(?:^|\n)[\w./-]+:\d+:\d+:? (?:[A-Z]{1,4}\d{2,4}\b|lint\/)([^\n]*)/ },
  // Anything else that was thrown.
  { kind: "runtime", pattern: /(?:^|\n)(?:E\s+)?((?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)\b[^\n]*)/ },
  { kind: "runtime", pattern: /(?:^|\n)(?:panic: |thread '[^\n]*' (?:\(\d+\) )?panicked at )([^\n]*)/ },
  {
    kind: "runtime",
    pattern: /(?:^|\n)[^\n]*(Segmentation fault|AddressSanitizer[^\n]*|double free[^\n]*|stack smashing[^\n]*|Aborted)/,
  },
];
