import type { CostGroup, Totals } from "../../core/ledger.ts";
import type { TypicalRequest } from "../../core/recommend-view.ts";
import { addTotals, NO_TOTALS } from "../../core/totals.ts";
import type { Usage } from "../../core/usage.ts";
import type { LedgerReader } from "../../stores/ports.ts";

/** Fewer requests say little of the next. */
const LEAST_REQUESTS = 20;
const LOOK_BACK_MS = 30 * 86_400_000;

/**
 * What a request of each class takes where nothing was measured: prompt with its context, and answer. Assumed, and shown as such:
 * a coding agent sends ten times as much.
 */
const ASSUMED: Readonly<Record<string, readonly [inputTokens: number, outputTokens: number]>> = {
  code_generation: [1_500, 800],
  code_review: [4_000, 600],
  bug_fix: [3_000, 700],
  architecture: [1_500, 1_200],
  documentation: [2_000, 900],
  refactor: [3_000, 1_000],
  general: [800, 500],
};

function meanOf(totals: Totals, basis: TypicalRequest["basis"]): TypicalRequest {
  const per = (tokens: number): number => Math.round(tokens / totals.requests);
  return {
    inputTokens: per(totals.inputTokens),
    cacheReadTokens: per(totals.cacheReadTokens),
    cacheWriteTokens: per(totals.cacheWriteTokens),
    outputTokens: per(totals.outputTokens),
    requests: totals.requests,
    basis,
  };
}

function assumed(taskClass: string): TypicalRequest {
  const [inputTokens, outputTokens] = ASSUMED[taskClass] ?? [800, 500];
  return { inputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens, requests: 0, basis: "assumed" };
}

/** Answered requests of the last 30 days, by model. */
export interface MeasuredRequests {
  /** What one request of a class takes at a model (`provider/model`), by the nearest that enough were measured of. */
  typical(taskClass: string, model: string): TypicalRequest;
  /** Unix ms. */
  readonly from: number;
}

function sum(groups: readonly CostGroup[]): Totals {
  return groups.reduce<Totals>(addTotals, NO_TOTALS);
}

/** Reads the ledger's sums of the last 30 days. */
export function measureRequests(
  ledger: Pick<LedgerReader, "groups">,
  taskClasses: readonly string[],
  now: number,
): MeasuredRequests {
  const from = now - LOOK_BACK_MS;
  const hasEnough = (totals: Totals | undefined): totals is Totals =>
    totals !== undefined && totals.requests >= LEAST_REQUESTS && totals.outputTokens > 0;
  // What never answers with tokens, such as an embedding model, says nothing of a chat.
  const all = ledger.groups({ from }, "model").filter(({ outputTokens }) => outputTokens > 0);
  const byClass = new Map(taskClasses.map((task) => [task, ledger.groups({ from, task }, "model")]));
  return {
    from,
    typical(taskClass, model) {
      const groups = byClass.get(taskClass) ?? [];
      const own = groups.find(({ name }) => name === model);
      if (hasEnough(own)) return meanOf(own, "model");
      const ofClass = sum(groups);
      if (hasEnough(ofClass)) return meanOf(ofClass, "class");
      const ofAll = sum(all);
      return hasEnough(ofAll) ? meanOf(ofAll, "all") : assumed(taskClass);
    },
  };
}

/** The same as a provider would count it. */
export function usageOf({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens }: TypicalRequest): Usage {
  const uncached = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens);
  return {
    input: { uncached, cacheRead: cacheReadTokens, cacheWrite5m: cacheWriteTokens, cacheWrite1h: 0 },
    output: { text: outputTokens, reasoning: 0 },
    raw: null,
  };
}
