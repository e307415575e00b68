import type { ReasoningEffort } from "../core/request.ts";

const EFFORTS: readonly unknown[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** Whether OpenAI's dialects have this word for an effort. */
export function isEffort(value: unknown): value is ReasoningEffort {
  return EFFORTS.includes(value);
}

/** Upper bounds of thinking budgets for the efforts below `high`. */
const BUDGET_EFFORTS = [
  { effort: "low", maxTokens: 2048 },
  { effort: "medium", maxTokens: 8192 },
] as const;

/** The effort for a request that only names a thinking budget, for dialects that have no budgets. */
export function effortForBudget(tokens: number): ReasoningEffort {
  return BUDGET_EFFORTS.find(({ maxTokens }) => tokens <= maxTokens)?.effort ?? "high";
}
