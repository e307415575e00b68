import { isJsonObject, type JsonObject, without } from "../../core/json.ts";
import type { ChatRequest, ReasoningEffort } from "../../core/request.ts";
import type { EncodeTarget } from "../dialect.ts";
import { type WarningSink, warn } from "../extra.ts";
import { traitsOf } from "./claude.ts";

type Reasoning = NonNullable<ChatRequest["reasoning"]>;

/** The smallest budget Anthropic accepts. */
const LEAST_BUDGET_TOKENS = 1024;

/** Thinking tokens for an effort on models that know only budgets: the steps that OpenRouter and LiteLLM users are used to. */
const BUDGET_TOKENS: Readonly<Record<Exclude<ReasoningEffort, "none">, number>> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_768,
};

const OWN_EFFORTS: readonly string[] = ["low", "medium", "high", "xhigh", "max"];

function isEffort(value: unknown): value is ReasoningEffort {
  return typeof value === "string" && OWN_EFFORTS.includes(value);
}

/** What of `thinking` and `output_config` the model has a name for, and the rest of both. */
interface ReadThinking {
  readonly reasoning?: Reasoning;
  readonly thinkingRest: JsonObject | undefined;
  readonly isEffortRead: boolean;
}

/** Reads `thinking` and `output_config.effort`; a `thinking.type` nobody knows stays whole in the rest. */
export function readThinking(thinking: unknown, effort: unknown): ReadThinking {
  const named = isEffort(effort) ? { effort } : {};
  const isEffortRead = isEffort(effort);
  if (!isJsonObject(thinking)) {
    const reasoning: Reasoning = { ...named, shape: "absent" };
    return { ...(isEffortRead ? { reasoning } : {}), thinkingRest: undefined, isEffortRead };
  }
  const { type, budget_tokens: budgetTokens } = thinking;
  if (type === "enabled" && typeof budgetTokens === "number") {
    const thinkingRest = without(thinking, ["type", "budget_tokens"]);
    return { reasoning: { ...named, budgetTokens, shape: "enabled" }, thinkingRest, isEffortRead };
  }
  const thinkingRest = without(thinking, ["type"]);
  if (type === "adaptive") return { reasoning: { ...named, shape: "adaptive" }, thinkingRest, isEffortRead };
  if (type === "disabled") {
    return { reasoning: { effort: "none", shape: "disabled" }, thinkingRest, isEffortRead: false };
  }
  return {
    ...(isEffortRead ? { reasoning: { ...named, shape: "absent" } } : {}),
    thinkingRest: thinking,
    isEffortRead,
  };
}

/** `thinking` and `output_config.effort` for a target. */
export interface WrittenThinking {
  readonly thinking?: JsonObject;
  readonly effort?: string;
}

function clampEffort(effort: ReasoningEffort, hasExtraHigh: boolean): string {
  if (effort === "minimal" || effort === "none") return "low";
  return effort === "xhigh" && !hasExtraHigh ? "high" : effort;
}

function effortOfBudget(budgetTokens: number): ReasoningEffort {
  if (budgetTokens <= BUDGET_TOKENS.low) return "low";
  return budgetTokens <= BUDGET_TOKENS.medium ? "medium" : "high";
}

function writeBudget(wanted: number, maxTokens: number, sink: WarningSink): WrittenThinking {
  const budget = Math.min(Math.max(wanted, LEAST_BUDGET_TOKENS), maxTokens - 1);
  if (budget < LEAST_BUDGET_TOKENS) {
    warn(sink, "reasoning", "dropped", `max_tokens ${maxTokens} leaves no room for the least thinking budget of 1024`);
    return {};
  }
  return { thinking: { type: "enabled", budget_tokens: budget } };
}

function writeForeign(
  reasoning: { readonly effort?: ReasoningEffort | undefined; readonly budgetTokens?: number },
  target: EncodeTarget,
  maxTokens: number,
  sink: WarningSink,
): WrittenThinking {
  const { effort, budgetTokens } = reasoning;
  if (effort === "none" || budgetTokens === 0) return { thinking: { type: "disabled" } };
  if (effort === undefined && budgetTokens === undefined) return {};
  const traits = traitsOf(target);
  if (traits.hasAdaptiveThinking) {
    const wanted = effort ?? effortOfBudget(budgetTokens ?? 0);
    return { thinking: { type: "adaptive" }, effort: clampEffort(wanted, traits.hasExtraHighEffort) };
  }
  return writeBudget(budgetTokens ?? BUDGET_TOKENS[effort ?? "medium"], maxTokens, sink);
}

/** What came in this dialect goes out as it was, as far as the model still, or already, takes it. */
function writeOwn(reasoning: Reasoning, target: EncodeTarget, maxTokens: number, sink: WarningSink): WrittenThinking {
  const traits = traitsOf(target);
  const { shape, effort, budgetTokens } = reasoning;
  if (shape === "disabled") return { thinking: { type: "disabled" } };
  const isNamed = effort !== undefined && effort !== "none";
  if (isNamed && !traits.hasEffort) warn(sink, "output_config.effort", "dropped", `not at ${target.model}`);
  const named = isNamed && traits.hasEffort ? { effort } : {};
  if (shape === "absent") return named;
  if (shape === "adaptive" && traits.hasAdaptiveThinking) return { thinking: { type: "adaptive" }, ...named };
  if (shape === "enabled" && budgetTokens !== undefined && traits.hasThinkingBudget) {
    return { thinking: { type: "enabled", budget_tokens: budgetTokens }, ...named };
  }
  const kind = traits.hasThinkingBudget ? "a thinking budget" : "adaptive thinking";
  warn(sink, "thinking", "changed", `${target.model} takes ${kind} only`);
  return writeForeign(
    { ...reasoning, effort: effort ?? (budgetTokens === undefined ? "medium" : undefined) },
    target,
    maxTokens,
    sink,
  );
}

/**
 * Writes `request.reasoning`. What came in this dialect goes out as it was where the model takes it; an effort or budget of another
 * dialect becomes adaptive thinking with an effort, or a budget on models before 4.6.
 */
export function writeThinking(
  reasoning: Reasoning | undefined,
  target: EncodeTarget,
  maxTokens: number,
  sink: WarningSink,
): WrittenThinking {
  if (reasoning === undefined) return {};
  if (reasoning.shape !== undefined) return writeOwn(reasoning, target, maxTokens, sink);
  return writeForeign(reasoning, target, maxTokens, sink);
}
