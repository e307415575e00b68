import type { FilePatch, Hunk } from "../patch.ts";
import { findDependencies } from "./dependencies.ts";
import { factsOf } from "./facts.ts";
import type { Finding, HunkFacts } from "./finding.ts";
import { findFlips } from "./flips.ts";
import { findLosses } from "./lost.ts";
import { indexMoves, type MoveIndex } from "./moves.ts";
import { kindOfPath } from "./path-kind.ts";
import { findSameness } from "./sameness.ts";
import { riskOf } from "./score.ts";
import { findSensitive } from "./sensitive.ts";

/** What a hunk is for, in a word. */
export type Intent =
  | "format"
  | "comment"
  | "import"
  | "rename"
  | "move"
  | "test"
  | "docs"
  | "generated"
  | "dependency"
  | "config"
  | "feature"
  | "removal"
  | "change";

/** What is said of one hunk without asking a model. */
export interface Annotation {
  readonly intent: Intent;
  /** 0 to 100. */
  readonly risk: number;
  /** The weightiest first is not promised: in the order in which they are looked for. */
  readonly findings: readonly Finding[];
}

const INTENT_BY_REASON = [
  ["format-only", "format"],
  ["comment-only", "comment"],
  ["import-only", "import"],
  ["rename", "rename"],
  ["move", "move"],
  ["test", "test"],
  ["docs", "docs"],
  ["generated", "generated"],
] as const;

function intentOf({ kind, removed, added }: HunkFacts, findings: readonly Finding[]): Intent {
  const known = INTENT_BY_REASON.find(([reason]) => findings.some((finding) => finding.reason === reason));
  if (known !== undefined) return known[1];
  if (kind === "manifest") return "dependency";
  if (kind === "config" || kind === "pipeline") return "config";
  if (removed.length === 0) return "feature";
  return added.length === 0 ? "removal" : "change";
}

function kindFindings({ kind, language }: HunkFacts): readonly Finding[] {
  if (kind === "test") return [{ reason: "test", detail: "a test" }];
  if (kind === "generated") return [{ reason: "generated", detail: "written by a program" }];
  const isDocs = kind === "docs" || (language.kind === "prose" && kind !== "manifest");
  return isDocs ? [{ reason: "docs", detail: "prose" }] : [];
}

function moveFinding({ removed, added }: HunkFacts, moves: MoveIndex): Finding | null {
  const isOut = removed.length === 0 || moves.isMoved(removed, "removed");
  const isIn = added.length === 0 || moves.isMoved(added, "added");
  return isOut && isIn && removed.length + added.length > 0
    ? { reason: "move", detail: "the same lines elsewhere" }
    : null;
}

function annotateHunk(file: FilePatch, hunk: Hunk, moves: MoveIndex, hasTests: boolean): Annotation {
  const facts = factsOf(file, hunk);
  const same = findSameness(facts) ?? moveFinding(facts, moves);
  const isQuiet = same !== null && same.reason !== "rename" && same.reason !== "import-only";
  const changes = isQuiet ? [] : [...findFlips(facts), ...findLosses(facts)];
  const isBare = facts.kind === "source" && facts.language.kind === "code" && same === null && !hasTests;
  const findings: readonly Finding[] = [
    ...(same === null ? [] : [same]),
    ...kindFindings(facts),
    ...findDependencies(facts),
    ...(same?.reason === "rename" ? [] : changes),
    ...(isQuiet ? [] : findSensitive(facts)),
    ...(isBare ? [{ reason: "code-without-tests", detail: "no test changed with it" } as const] : []),
  ];
  return { intent: intentOf(facts, findings), risk: riskOf(facts, findings), findings };
}

/** A file's annotations, one for each of its hunks, in order. */
export interface AnnotatedFile {
  readonly file: FilePatch;
  readonly annotations: readonly Annotation[];
}

/**
 * Says of every hunk of a patch what it is for, how risky it is, and why, by its lines alone: no model, no repository, the
 * same answer every time. Files whose content did not change have no hunks and none.
 */
export function annotatePatch(files: readonly FilePatch[]): readonly AnnotatedFile[] {
  const moves = indexMoves(files);
  const hasTests = files.some((file) => kindOfPath(file.newPath ?? file.oldPath ?? "") === "test");
  return files.map((file) => ({
    file,
    annotations: file.hunks.map((hunk) => annotateHunk(file, hunk, moves, hasTests)),
  }));
}
