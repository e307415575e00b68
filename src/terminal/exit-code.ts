import { constants } from "node:os";

/** What a process of ours ends with. Scripts rely on these numbers; the reference is in `docs/cli.md`. */
export const EXIT_CODES = {
  ok: 0,
  failure: 1,
  usage: 2,
  config: 3,
  auth: 4,
  budget: 5,
  upstream: 6,
  notRunning: 7,
  notStartable: 126,
  notInstalled: 127,
  interrupted: 130,
} as const;

/** Name of an exit code. */
export type ExitName = keyof typeof EXIT_CODES;

/** One of the numbers of {@link EXIT_CODES}. */
export type ExitCode = (typeof EXIT_CODES)[ExitName];

/** What each code tells the caller, in the words of the reference. */
export const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  ok: "done",
  failure: "something failed; stderr says what",
  usage: "the command line is wrong: an unknown flag or command, a missing or malformed value",
  config: "the configuration is invalid",
  auth: "a key or credential is missing, wrong or not allowed",
  budget: "a budget or quota is used up",
  upstream: "no provider could answer",
  notRunning: "the daemon is not running",
  notStartable: "the program to run cannot be started",
  notInstalled: "the program to run is not installed",
  interrupted: "interrupted by SIGINT",
};

declare const passed: unique symbol;

/** The exit code of a program that ran in the place of a command: any number, told apart from our own by its type. */
export type PassedExitCode = number & { readonly [passed]: true };

/** Passes on the exit code of another program. */
export function passExitCode(code: number): PassedExitCode {
  return code as PassedExitCode;
}

/** What shells give for how a program ended: its exit code, or 128 and the number of the signal that ended it. */
export function endCode(code: number, signal: string | number | null): number {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return signal === null ? code : 128 + (numbers[String(signal)] ?? 0);
}
