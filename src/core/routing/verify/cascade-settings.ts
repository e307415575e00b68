import type { CheckName } from "./verdict.ts";

/** The checks that are made where nothing is configured: those that hardly ever find fault with a good answer. */
export const DEFAULT_CHECKS: readonly CheckName[] = [
  "empty",
  "cut-off",
  "repetition",
  "json",
  "json-schema",
  "tool-calls",
  "edits",
  "code",
];

/** The verified cascade, with every default filled in. */
export interface CascadeSettings {
  /** `shadow` checks and tells, and asks nobody else. */
  readonly mode: "on" | "shadow" | "off";
  /** Names, as clients ask for them, whose answers are checked. */
  readonly names: readonly string[];
  /** `local`: only where the first target is a local model. */
  readonly first: "local" | "any";
  readonly checks: readonly CheckName[];
  /** The model that is asked about answers that passed every check; null asks none. */
  readonly judge: string | null;
  readonly maxEscalations: number;
  /** From the start of the first attempt: after it nothing more is asked, and what there is is given. */
  readonly maxMs: number;
  /** What a request may cost in all once an answer was rejected, USD; null leaves it to budgets. */
  readonly capUsd: number | null;
  /** Which streams are kept back until they are checked: those whose answer is JSON by request, all, or none. */
  readonly streams: "structured" | "hold" | "pass";
  /** Whether the next model is told what was wrong. */
  readonly tellsEvidence: boolean;
}
