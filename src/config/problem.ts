/** One thing that is wrong with the configuration, told so that a person can mend it without looking anything up. */
export interface ConfigProblem {
  /** Stable machine code, e.g. `unknown_key`. */
  readonly code:
    | "unreadable"
    | "syntax"
    | "unsafe_key"
    | "duplicate_key"
    | "unknown_key"
    | "invalid_value"
    | "unknown_provider"
    | "unknown_target"
    | "cycle"
    | "conflict"
    | "bad_key"
    | "loop";
  /** Where it was given: a file's path, a variable's name (`LODESTAR_PORT`) or a flag (`--port`). */
  readonly origin: string;
  /** In a file: the line and column of the offending key or value, both from 1. */
  readonly line?: number;
  readonly column?: number;
  /** Path of the value, e.g. `providers.lab.baseUrl`; empty for the whole file. */
  readonly path: string;
  /** What and why. Never holds a secret. */
  readonly message: string;
  /** What to do. */
  readonly fix: string;
}

/** A place in the configuration. */
export interface Place {
  readonly origin: string;
  readonly line?: number;
  readonly column?: number;
}

/** `file:line:column`, or the name of the variable or flag. */
export function formatPlace(place: Place): string {
  return place.line === undefined ? place.origin : `${place.origin}:${place.line}:${place.column ?? 1}`;
}

/** A problem as one line, `file:line:column: path message. Fix`, as compilers and editors know it. */
export function formatProblem(problem: ConfigProblem): string {
  const subject = problem.path === "" ? "" : `${problem.path} `;
  const fix = problem.fix.charAt(0).toUpperCase() + problem.fix.slice(1);
  return `${formatPlace(problem)}: ${subject}${problem.message}. ${fix}`;
}
