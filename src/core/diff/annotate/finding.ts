import type { FilePatch, Hunk } from "../patch.ts";
import type { Language } from "./language.ts";
import type { PathKind } from "./path-kind.ts";
import type { Token } from "./tokens.ts";

/** Why a hunk is more or less risky than a plain change of as many lines. */
export const REASONS = [
  "format-only",
  "comment-only",
  "import-only",
  "rename",
  "move",
  "test",
  "docs",
  "generated",
  "dependency-major",
  "dependency-minor",
  "dependency-patch",
  "dependency-new",
  "dependency-removed",
  "signature-change",
  "operator-flip",
  "boundary-change",
  "constant-change",
  "error-handling-removed",
  "check-removed",
  "auth",
  "crypto",
  "sql",
  "shell",
  "deserialise",
  "secret",
  "migration",
  "pipeline",
  "concurrency",
  "large-deletion",
  "mode-change",
  "code-without-tests",
] as const;
export type Reason = (typeof REASONS)[number];

/** One reason that was found, with the words that show it. */
export interface Finding {
  readonly reason: Reason;
  readonly detail: string;
}

/** What finders look at: a hunk with its lines apart and their tokens. Lines without markers and line ends. */
export interface HunkFacts {
  readonly path: string;
  readonly kind: PathKind;
  readonly language: Language;
  readonly file: FilePatch;
  readonly hunk: Hunk;
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** Tokens are read only where there are lines on both sides. */
  readonly allRemoved: readonly Token[];
  readonly allAdded: readonly Token[];
  /** Without comments. */
  readonly removedTokens: readonly Token[];
  readonly addedTokens: readonly Token[];
}
