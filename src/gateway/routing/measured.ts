import type { LodestarEvent } from "../../core/event.ts";
import type { CostGroup } from "../../core/ledger.ts";
import { TASK_CLASSES } from "../../core/routing/task-class.ts";
import { targetName } from "../../core/target.ts";
import { totalOutput } from "../../core/usage.ts";
import type { Ledger } from "../../stores/ports.ts";

/** How long answers are, and how long they take. */
export interface MeasuredRun {
  readonly outputTokens: number;
  /** From the start of an attempt to its end; null where only the sums of the ledger are known. */
  readonly durationMs: number | null;
  readonly basis: "class" | "model";
}

/** What the ledger knows of answers by class and model. */
export interface MeasuredRuns {
  /** Null where too few answers were seen. */
  of(name: string, taskClass: string | null): MeasuredRun | null;
  note(event: LodestarEvent): void;
  /** Reads the ledger's sums, once. */
  learn(now: number): void;
}

interface Mean {
  readonly count: number;
  readonly outputTokens: number;
  readonly durationMs: number | null;
}

/** Fewer answers than this say nothing of the next. */
const LEAST_ANSWERS = 5;
/** The newest answer counts at least this much: models and prompts change. */
const LEAST_WEIGHT = 0.02;
const LOOK_BACK_MS = 30 * 86_400_000;
const MOST_KEYS = 2_000;

function mixed(known: number, measured: number, count: number): number {
  return known + Math.max(LEAST_WEIGHT, 1 / count) * (measured - known);
}

function afterRun(known: Mean | undefined, outputTokens: number, durationMs: number): Mean {
  const count = (known?.count ?? 0) + 1;
  if (known === undefined) return { count, outputTokens, durationMs };
  return {
    count,
    outputTokens: mixed(known.outputTokens, outputTokens, count),
    durationMs: known.durationMs === null ? durationMs : mixed(known.durationMs, durationMs, count),
  };
}

/** Means over a ledger's past and what is settled from now on. */
export function createMeasuredRuns(ledger: Pick<Ledger, "groups">): MeasuredRuns {
  const means = new Map<string, Mean>();
  let isLearnt = false;

  function add(key: string, outputTokens: number, durationMs: number): void {
    if (means.size >= MOST_KEYS && !means.has(key)) return;
    means.set(key, afterRun(means.get(key), outputTokens, durationMs));
  }

  function learnGroups(groups: readonly CostGroup[], taskClass: string): void {
    for (const { name, attempts, failed, outputTokens } of groups) {
      const count = attempts - failed;
      const key = `${name}\n${taskClass}`;
      const known = means.get(key);
      if (count <= 0 || outputTokens <= 0) continue;
      means.set(key, { count, outputTokens: outputTokens / count, durationMs: known?.durationMs ?? null });
    }
  }

  return {
    of(name, taskClass) {
      const ofClass = taskClass === null ? undefined : means.get(`${name}\n${taskClass}`);
      if (ofClass !== undefined && ofClass.count >= LEAST_ANSWERS) return { ...ofClass, basis: "class" };
      const ofModel = means.get(`${name}\n`);
      return ofModel !== undefined && ofModel.count >= LEAST_ANSWERS ? { ...ofModel, basis: "model" } : null;
    },
    note(event) {
      // What came before is learnt from the ledger at the first request for `auto`.
      if (!isLearnt || event.event !== "settled") return;
      const { intent, outcome } = event;
      if (outcome.state !== "final" || intent.endpoint !== "chat") return;
      const name = targetName(intent);
      const tokens = totalOutput(outcome.usage);
      const durationMs = outcome.endedAt - intent.startedAt;
      add(`${name}\n`, tokens, durationMs);
      if (intent.task !== null) add(`${name}\n${intent.task}`, tokens, durationMs);
    },
    learn(now) {
      if (isLearnt) return;
      isLearnt = true;
      const from = now - LOOK_BACK_MS;
      learnGroups(ledger.groups({ from }, "model"), "");
      for (const task of TASK_CLASSES) learnGroups(ledger.groups({ from, task }, "model"), task);
    },
  };
}
