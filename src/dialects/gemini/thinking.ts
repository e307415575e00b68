import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { ChatRequest, ReasoningEffort } from "../../core/request.ts";
import type { EncodeTarget } from "../dialect.ts";
import { type WarningSink, warn } from "../extra.ts";
import { inCamelCase } from "./fields.ts";
import { traitsOf } from "./traits.ts";

type Reasoning = NonNullable<ChatRequest["reasoning"]>;

/** `thinkingLevel` for an effort, the nearest there is. */
const LEVELS: Readonly<Record<ReasoningEffort, string>> = {
  none: "MINIMAL",
  minimal: "MINIMAL",
  low: "LOW",
  medium: "MEDIUM",
  high: "HIGH",
  xhigh: "HIGH",
  max: "HIGH",
};

const EFFORTS: ReadonlyMap<string, ReasoningEffort> = new Map<string, ReasoningEffort>([
  ["MINIMAL", "minimal"],
  ["LOW", "low"],
  ["MEDIUM", "medium"],
  ["HIGH", "high"],
]);

/**
 * Budgets for an effort, as Google's own compatibility endpoint maps them; above `high` the most that all 2.5 models take.
 * Source: ai.google.dev/gemini-api/docs/openai#thinking.
 */
const BUDGETS: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

/** The least budget of a Pro model, and the most of any 2.5 model. */
const LEAST_PRO_BUDGET = 128;
const MOST_BUDGET = 24_576;

const THINKING_FIELDS = ["thinkingBudget", "thinkingLevel", "includeThoughts"];

/** Reads `thinkingConfig`. A budget of -1 leaves the size to the model, and says no more than that it may think. */
export function readThinking(given: JsonValue): Reasoning | undefined {
  if (!isJsonObject(given)) return undefined;
  const { thinkingBudget: budget, thinkingLevel: level, includeThoughts } = inCamelCase(given, THINKING_FIELDS);
  const effort = typeof level === "string" ? EFFORTS.get(level.toUpperCase()) : undefined;
  const isOff = budget === 0;
  return {
    ...(isOff ? { effort: "none" } : effort === undefined ? {} : { effort }),
    ...(typeof budget === "number" && budget > 0 ? { budgetTokens: budget } : {}),
    ...(includeThoughts === true ? { summary: "auto" } : {}),
  };
}

function effortOfBudget(budgetTokens: number): ReasoningEffort {
  if (budgetTokens <= BUDGETS.low) return "low";
  return budgetTokens <= BUDGETS.medium ? "medium" : "high";
}

function levelOf(effort: ReasoningEffort, target: EncodeTarget, sink: WarningSink): string {
  const { mustThink } = traitsOf(target);
  const level = mustThink && LEVELS[effort] === "MINIMAL" ? "LOW" : LEVELS[effort];
  if (level !== effort.toUpperCase()) warn(sink, "reasoning", "changed", `${effort} is ${level} at ${target.model}`);
  return level;
}

function budgetOf(reasoning: Reasoning, target: EncodeTarget, sink: WarningSink): number {
  const { effort = "medium", budgetTokens } = reasoning;
  const wanted = effort === "none" ? 0 : (budgetTokens ?? BUDGETS[effort]);
  const least = traitsOf(target).mustThink ? LEAST_PRO_BUDGET : 0;
  const budget = Math.min(Math.max(wanted, least), MOST_BUDGET);
  if (budget !== wanted)
    warn(sink, "reasoning", "changed", `a thinking budget of ${wanted} is ${budget} at ${target.model}`);
  return budget;
}

/**
 * Writes `thinkingConfig` for an effort or budget of another dialect: a level from Gemini 3 on, a budget at 2.5. The thoughts are
 * asked for whenever the model thinks, since every other dialect shows them.
 */
export function writeThinking(
  reasoning: Reasoning | undefined,
  target: EncodeTarget,
  sink: WarningSink,
): JsonObject | undefined {
  if (reasoning === undefined) return undefined;
  const { effort, budgetTokens } = reasoning;
  const { thinking } = traitsOf(target);
  const isOff = effort === "none" || budgetTokens === 0;
  if (thinking === "none") {
    if (!isOff) warn(sink, "reasoning", "dropped", `${target.model} does not think`);
    return undefined;
  }
  const includeThoughts = isOff ? {} : { includeThoughts: true };
  if (effort === undefined && budgetTokens === undefined) return includeThoughts;
  const asked: Reasoning = isOff ? { effort: "none" } : reasoning;
  if (thinking === "budget") return { thinkingBudget: budgetOf(asked, target, sink), ...includeThoughts };
  const wanted = asked.effort ?? effortOfBudget(budgetTokens ?? 0);
  return { thinkingLevel: levelOf(wanted, target, sink), ...includeThoughts };
}
