import type { JsonObject, JsonValue } from "../../core/json.ts";
import type { ChatRequest, ReasoningEffort, Warning } from "../../core/request.ts";
import { dropped } from "./extra.ts";
import type { FieldReader } from "./field.ts";

/** `think` for each effort. `true` is a model's default, which is the middle; a level it does not know counts as `true`. */
const THINK: Readonly<Record<ReasoningEffort, JsonValue>> = {
  none: false,
  minimal: "low",
  low: "low",
  medium: true,
  high: "high",
  xhigh: "high",
  max: "high",
};

const EFFORT: ReadonlyMap<JsonValue, ReasoningEffort> = new Map<JsonValue, ReasoningEffort>([
  [true, "medium"],
  [false, "none"],
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
  ["max", "max"],
]);

/** Reads `think`, a boolean or a level. */
export function decodeThink(body: JsonObject, fields: FieldReader): Pick<ChatRequest, "reasoning"> {
  const { think } = body;
  if (think === undefined || think === null || think === "") return {};
  const effort = EFFORT.get(think);
  if (effort !== undefined) return { reasoning: { effort } };
  fields.note("think", '`think` must be true, false, "low", "medium" or "high"');
  return {};
}

/** Writes `think`. A token budget alone turns it on. */
export function encodeThink(reasoning: ChatRequest["reasoning"]): {
  fields: JsonObject;
  warnings: readonly Warning[];
} {
  if (reasoning === undefined) return { fields: {}, warnings: [] };
  const { effort, budgetTokens } = reasoning;
  const isChanged = effort === "minimal" || effort === "xhigh" || effort === "max";
  const change: Warning = { field: "reasoning.effort", action: "changed", reason: "ollama has low, medium and high" };
  const warnings = [
    ...(isChanged ? [change] : []),
    ...(budgetTokens === undefined ? [] : [dropped("reasoning.budget_tokens", "ollama has no thinking budget")]),
  ];
  if (effort !== undefined) return { fields: { think: THINK[effort] }, warnings };
  return { fields: budgetTokens === undefined ? {} : { think: true }, warnings };
}
