import { CODE_RULES, type FailureRule } from "./code-rules.ts";
import { ENVIRONMENT_RULES } from "./environment-rules.ts";
import type { Failure } from "./failure-kind.ts";
import { plainOutput } from "./plain-output.ts";

/** How a command ended. */
export interface CommandEnd {
  readonly exitCode: number;
  /** Ended because its time was up. */
  readonly isTimedOut: boolean;
  /** What it wrote, standard output and error together. */
  readonly output: string;
}

/** Only so much of the end is searched: what made a command fail stands there. Characters. */
const SEARCHED = 200_000;

interface Found {
  readonly rule: FailureRule;
  readonly subject: string;
  readonly line: string;
}

function lineAt(text: string, index: number): string {
  const start = text.lastIndexOf("\n", index - 1) + 1;
  const end = text.indexOf("\n", index);
  return text.slice(start, end < 0 ? undefined : end).trim();
}

function find(rules: readonly FailureRule[], text: string): Found | null {
  for (const rule of rules) {
    const match = rule.pattern.exec(text);
    if (match === null) continue;
    const shown = match[0].search(/\S/);
    return {
      rule,
      subject:
        match
          .slice(1)
          .find((group) => group !== undefined)
          ?.trim() ?? "",
      line: lineAt(text, match.index + shown),
    };
  }
  return null;
}

function failureOf({ rule, subject, line }: Found, isEnvironment: boolean): Failure {
  return { kind: rule.kind, subject, line, isEnvironment, fix: rule.fix?.(subject) ?? "" };
}

function timedOut(): Failure {
  return { kind: "timeout", subject: "", line: "", isEnvironment: false, fix: "" };
}

const BY_EXIT_CODE: Readonly<Record<number, Omit<Failure, "line" | "subject">>> = {
  126: { kind: "permission", isEnvironment: true, fix: "chmod +x the program, or name its interpreter" },
  127: { kind: "missing-command", isEnvironment: true, fix: "install it, or correct the PATH" },
  137: {
    kind: "out-of-memory",
    isEnvironment: true,
    fix: "something killed it (SIGKILL), mostly for its memory: give it more, or less to do",
  },
};

/**
 * What made a command fail, by its end and output alone. `isOwn` says whether a module that was not found is one of the
 * project's own, perhaps misspelt: then the code is at fault, else the machine, where it is not installed.
 */
export function classify(end: CommandEnd, isOwn: (module: string) => boolean = () => false): Failure {
  if (end.isTimedOut) return timedOut();
  const text = plainOutput(end.output).slice(-SEARCHED);
  const environment = find(ENVIRONMENT_RULES, text);
  if (environment !== null) {
    const isCode = environment.rule.kind === "missing-module" && isOwn(environment.subject);
    return { ...failureOf(environment, !isCode), ...(isCode ? { fix: "" } : {}) };
  }
  const code = find(CODE_RULES, text);
  if (code !== null) return failureOf(code, false);
  const byCode = BY_EXIT_CODE[end.exitCode];
  if (byCode !== undefined) return { subject: "", line: "", ...byCode };
  return { kind: "unknown", subject: "", line: "", isEnvironment: false, fix: "" };
}
