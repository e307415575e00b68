/** What made a command fail, as far as its output tells. */
export const FAILURE_KINDS = [
  "missing-command",
  "missing-module",
  "port-in-use",
  "permission",
  "out-of-memory",
  "disk-full",
  "network",
  "timeout",
  "syntax",
  "type",
  "assertion",
  "lint",
  "runtime",
  "unknown",
] as const;

/** One of {@link FAILURE_KINDS}. */
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** A failure, told without a model. */
export interface Failure {
  readonly kind: FailureKind;
  /** What it is about: a module, a command, a port, a path; empty where the output names none. */
  readonly subject: string;
  /** The line of output that told it; empty where none did. */
  readonly line: string;
  /** Whether the machine is at fault and not the code: then no edit of code is the answer. */
  readonly isEnvironment: boolean;
  /** What to do about it; empty where only the code can tell. */
  readonly fix: string;
}

/** In words, for people and for models. */
export const FAILURE_WORDS: Readonly<Record<FailureKind, string>> = {
  "missing-command": "a command is not installed",
  "missing-module": "a module cannot be found",
  "port-in-use": "a port is taken",
  permission: "access was denied",
  "out-of-memory": "memory ran out",
  "disk-full": "the disk is full",
  network: "the network failed",
  timeout: "it took too long",
  syntax: "a file does not parse",
  type: "a type or name does not fit",
  assertion: "a test found another result than it expects",
  lint: "a linter objects",
  runtime: "the program threw an error",
  unknown: "the output does not tell why",
};
