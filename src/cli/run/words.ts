import { FAILURE_WORDS, type Failure } from "../../core/repair/failure-kind.ts";
import type { RunEvent } from "../../features/repair/event.ts";
import { formatDuration, formatPlural } from "../../terminal/format.ts";
import { plainText } from "../../terminal/table.ts";
import type { Colours, Terminal } from "../../terminal/terminal.ts";

/** Longest piece of a program's own words that is repeated. */
const LONGEST = 200;

function cut(text: string): string {
  return plainText(text).trim().slice(0, LONGEST);
}

/** A failure in a line or two. */
export function failureWords({ kind, line, fix }: Failure): string {
  const said = line === "" ? "" : `: ${cut(line)}`;
  return `${FAILURE_WORDS[kind]}${said}${fix === "" ? "" : `\n  fix: ${cut(fix)}`}`;
}

/** What a person is told of an event while a repair goes on; null for what need not be said. */
export function eventWords(event: RunEvent): string | null {
  switch (event.event) {
    case "rerun":
      return `ran it again: exit code ${event.exitCode} after ${formatDuration(event.tookMs)}`;
    case "reproduced":
      return event.exitCode === 0
        ? null
        : `fails in a copy of the project too (${formatPlural(event.files, "file")} copied); the copy is repaired, not your tree`;
    case "asked":
      return `attempt ${event.attempt}: asking ${plainText(event.model)} (shown: ${event.shown.map(plainText).join(", ") || "no file"})`;
    case "skipped":
      return `${plainText(event.model)} cannot be asked: ${cut(event.message)}`;
    case "refused":
      return `attempt ${event.attempt}: the edits are not taken: ${cut(event.message)}`;
    case "tried": {
      const files = event.files.map(plainText).join(", ");
      if (event.lost !== null) return `attempt ${event.attempt}: ${files} edited; it ends well, but ${event.lost}`;
      return event.exitCode === 0
        ? `attempt ${event.attempt}: ${files} edited; it passes`
        : `attempt ${event.attempt}: ${files} edited; it still fails`;
    }
    default:
      return null;
  }
}

/** What a repair cost, and of how many answers. */
export function costWords(costUsd: number, isKnown: boolean, attempts: number, tookMs: number): string {
  const cost =
    costUsd === 0
      ? isKnown
        ? "$0"
        : "cost unknown"
      : `$${Number(costUsd.toPrecision(3))}${isKnown ? "" : " and what has no price"}`;
  return `${formatPlural(attempts, "attempt")}, ${cost}, ${formatDuration(tookMs)}`;
}

/** A patch for the screen: coloured, and with no character that could steer a terminal. */
export function patchLines(patch: string, style: Colours): readonly string[] {
  return patch
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      const text = line.split("\t").map(plainText).join("\t");
      if (line.startsWith("+")) return style.green(text);
      if (line.startsWith("-")) return style.red(text);
      return line.startsWith("@@") ? style.cyan(text) : text;
    });
}

/** A line of ours among those of the program. */
export function say(terminal: Terminal, words: string): void {
  terminal.talk(`${terminal.talkStyle.dim("lodestar run:")} ${words}`);
}
