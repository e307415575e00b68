import type { Finding, HunkFacts, Reason } from "./finding.ts";

/** How far a reason alone takes the risk from 0 towards 1; several add up as independent chances do. */
const WEIGHTS: Readonly<Record<Reason, number>> = {
  "format-only": 0,
  "comment-only": 0,
  "import-only": 0.03,
  rename: 0.05,
  move: 0.05,
  test: 0,
  docs: 0,
  generated: 0,
  "dependency-major": 0.5,
  "dependency-minor": 0.2,
  "dependency-patch": 0.08,
  "dependency-new": 0.35,
  "dependency-removed": 0.3,
  "signature-change": 0.3,
  "operator-flip": 0.5,
  "boundary-change": 0.5,
  "constant-change": 0.25,
  "error-handling-removed": 0.5,
  "check-removed": 0.45,
  auth: 0.3,
  crypto: 0.35,
  sql: 0.3,
  shell: 0.35,
  deserialise: 0.5,
  secret: 0.8,
  migration: 0.45,
  pipeline: 0.3,
  concurrency: 0.25,
  "large-deletion": 0.35,
  "mode-change": 0.2,
  "code-without-tests": 0.05,
};

/** What settles a hunk by itself: the highest risk that it can have then. */
const CEILINGS: Readonly<Partial<Record<Reason, number>>> = {
  "format-only": 0.02,
  "comment-only": 0.04,
  "import-only": 0.15,
  rename: 0.2,
  move: 0.2,
  docs: 0.06,
  generated: 0.15,
  test: 0.2,
};

/** What a change of code is worth before anything is found: more lines, more that can go wrong. */
function baseOf({ removed, added, language, kind }: HunkFacts): number {
  const lines = removed.length + added.length;
  const size = 1 - Math.exp(-lines / 60);
  if (kind === "docs" || language.kind === "prose") return 0.02;
  if (kind === "config" || language.kind === "data") return 0.1 + 0.1 * size;
  if (language.kind === "markup") return 0.05 + 0.1 * size;
  const isNew = removed.length === 0;
  return (isNew ? 0.08 : 0.12) + 0.25 * size;
}

/** The risk of a hunk, 0 (nothing can happen) to 100, by what was found in it. A credential counts wherever it stands. */
export function riskOf(facts: HunkFacts, findings: readonly Finding[]): number {
  const reasons = [...new Set(findings.map(({ reason }) => reason))];
  const safe = reasons.reduce((rest, reason) => rest * (1 - WEIGHTS[reason]), 1 - baseOf(facts));
  const ceiling = reasons.includes("secret") ? 1 : Math.min(1, ...reasons.map((reason) => CEILINGS[reason] ?? 1));
  return Math.round(100 * Math.min(ceiling, 1 - safe));
}
