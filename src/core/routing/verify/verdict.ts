import type { Reply } from "../../reply.ts";
import type { ChatRequest } from "../../request.ts";

/** Everything that an answer can be checked for, in the order in which evidence is told: the plainest first. */
export const CHECK_NAMES = [
  "empty",
  "cut-off",
  "repetition",
  "json",
  "json-schema",
  "tool-calls",
  "edits",
  "code",
  "lazy",
  "refusal",
  "language",
] as const;

/** The name of one check, as configurations and headers say it. */
export type CheckName = (typeof CHECK_NAMES)[number];

/** What came of one check that had something to say of the answer. */
export interface CheckResult {
  readonly name: CheckName | "judge";
  readonly isPassed: boolean;
  /** What is wrong, in words for a person or the next model; null where nothing is. */
  readonly evidence: string | null;
}

/** What is known of an answer. Checks that had nothing to look at (no code, no tools…) are not in it. */
export interface Verdict {
  readonly isGood: boolean;
  readonly checks: readonly CheckResult[];
}

/** A parser that the pure core cannot bring itself. */
export interface SyntaxCheck {
  /** Why a piece of JavaScript, TypeScript, JSX or TSX does not parse; null where it does. */
  script(code: string): string | null;
}

/** One fenced block of an answer. */
export interface Fence {
  /** The first word after the opening fence, in lower case; empty for none. */
  readonly language: string;
  readonly code: string;
  /** Of the answer, from 1: where its opening fence stands. */
  readonly line: number;
  readonly isClosed: boolean;
}

/** An answer and its request, read once for all checks. */
export interface Subject {
  readonly request: ChatRequest;
  readonly reply: Reply;
  /** All text of the answer. */
  readonly text: string;
  readonly fences: readonly Fence[];
  /** The text of the answer outside its fences. */
  readonly prose: string;
  /** Text of the last turn of the user. */
  readonly userText: string;
  /** All text that the model was given: system prompt, turns, results of tools. */
  readonly givenText: string;
  readonly syntax: SyntaxCheck;
}

/** What is wrong; null where nothing is; undefined where there is nothing to look at. */
export type Finding = string | null | undefined;

/** One check. */
export type Check = (subject: Subject) => Finding;
