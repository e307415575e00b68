import type { NanoUsd } from "../../core/money.ts";
import type { PlannedTarget } from "../../core/plan.ts";
import { badness, evidenceFor, failedNames } from "../../core/routing/verify/evidence-note.ts";
import type { Verdict } from "../../core/routing/verify/verdict.ts";
import { targetName } from "../../core/target.ts";
import type { Attempt } from "../attempt.ts";
import type { RejectedAnswer } from "./gate.ts";

/** A rejected answer that may yet be given. */
interface Kept {
  readonly answer: RejectedAnswer;
  readonly attempt: Attempt;
  readonly verdict: Verdict;
}

/** The answers of one request that were rejected so far. */
export interface Rejections {
  readonly count: number;
  /** What the rejected answers and those who judged them cost; null once nobody knows. */
  readonly spentNanoUsd: NanoUsd | null;
  /** The one to give if none is good; null while there is none. */
  readonly best: Kept | null;
  add(planned: PlannedTarget, verdict: Verdict): void;
  spend(nanoUsd: NanoUsd | null): void;
  keep(kept: Kept): void;
  /** Whether this model's answer was rejected already: another account of it would say the same. */
  has(planned: PlannedTarget): boolean;
  /** What the next model is told; null for nothing. */
  evidence(): string | null;
  /** For a header: `; rejected=ollama/qwen3:8b:json-schema+lazy`; empty for none. */
  told(): string;
}

/** No answer was rejected yet. */
export function createRejections(): Rejections {
  const all: { readonly name: string; readonly verdict: Verdict }[] = [];
  let spentNanoUsd: NanoUsd | null = 0;
  let best: Kept | null = null;
  return {
    get count() {
      return all.length;
    },
    get spentNanoUsd() {
      return spentNanoUsd;
    },
    get best() {
      return best;
    },
    add: ({ target }, verdict) => void all.push({ name: targetName(target), verdict }),
    spend(nanoUsd) {
      spentNanoUsd = spentNanoUsd === null || nanoUsd === null ? null : spentNanoUsd + nanoUsd;
    },
    keep(kept) {
      if (best === null || badness(kept.verdict) <= badness(best.verdict)) best = kept;
    },
    has: ({ target }) => all.some(({ name }) => name === targetName(target)),
    evidence() {
      const told = all.flatMap(({ verdict }) => evidenceFor(verdict) ?? []);
      return told.length === 0 ? null : [...new Set(told)].join("; ");
    },
    told() {
      if (all.length === 0) return "";
      const names = all.map(({ name, verdict }) => `${name}:${failedNames(verdict).join("+")}`);
      return `; rejected=${names.join(",")}`.replace(/[^\x20-\x7e]/g, "?").slice(0, 500);
    },
  };
}
