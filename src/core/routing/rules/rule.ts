import type { NanoUsd } from "../../money.ts";
import type { Turn } from "../signals.ts";

/** Patterns of which one must match (`*` stands for any characters); one that begins with `!` must not. Empty asks for nothing. */
export type Patterns = readonly string[];

/** A half-open span: `atLeast <= value < below`; null leaves that side open. */
export interface Span {
  readonly atLeast: number | null;
  readonly below: number | null;
}

/** What is left of a budget: a share from 0 to 1, or an amount. */
export interface BudgetMark {
  readonly unit: "share" | "nano-usd";
  readonly amount: number;
}

/** The days of a week as rules name them, Monday first. */
export const WEEK_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/**
 * Hours of the day by the clocks of a time zone. Minutes since local midnight, `from` inclusive, `to` exclusive; a window whose
 * `to` is no later than its `from` runs over midnight. `days` are those on which it begins, 0 for Monday; empty means every day.
 */
export interface TimeWindow {
  readonly days: readonly number[];
  readonly fromMinute: number;
  readonly toMinute: number;
  /** IANA name; null for the one of the configuration. */
  readonly zone: string | null;
}

/** How a provider or a model does: asked as ever, some of it left out, or all of it left out. */
export const HEALTH_WORDS = ["ok", "degraded", "down"] as const;

/** One of {@link HEALTH_WORDS}. */
export type HealthWord = (typeof HEALTH_WORDS)[number];

/** Every kind of turn that a rule may ask for. */
export const TURN_KINDS = ["user", "tool-result", "housekeeping"] as const satisfies readonly Turn[];

/** What must hold for a rule, all of it. What is left out asks for nothing. */
export interface RuleConditions {
  readonly task?: Patterns;
  readonly project?: Patterns;
  /** Names of keys. */
  readonly key?: Patterns;
  readonly tag?: Patterns;
  readonly client?: Patterns;
  /** By the header's name in lower case. */
  readonly header?: Readonly<Record<string, Patterns>>;
  /** Globs of files that the request mentions. */
  readonly path?: Patterns;
  readonly language?: Patterns;
  readonly turn?: readonly Turn[];
  /** Whether the agent is in its plan mode. */
  readonly plan?: boolean;
  /** Estimated tokens of the prompt. */
  readonly tokens?: Span;
  /** Whether there are any, or patterns of their names. */
  readonly tools?: boolean | Patterns;
  readonly images?: boolean;
  readonly time?: readonly TimeWindow[];
  readonly budgetLeft?: { readonly atLeast: BudgetMark | null; readonly below: BudgetMark | null };
  /** Models that are in the memory of a local engine, as `provider/model` or by the model's name. */
  readonly loaded?: Patterns;
  /** By provider or `provider/model`. */
  readonly health?: Readonly<Record<string, readonly HealthWord[]>>;
}

/** Limits that a request is brought within. */
export interface ParameterClamps {
  readonly maxOutputTokens: number | null;
  /** A request without a temperature counts as 1. */
  readonly maxTemperature: number | null;
  readonly maxEffort: ClampedEffort | null;
}

/** Efforts of thinking that a rule may set as the most, least first. */
export const CLAMPED_EFFORTS = ["none", "minimal", "low", "medium", "high"] as const;

/** One of {@link CLAMPED_EFFORTS}. */
export type ClampedEffort = (typeof CLAMPED_EFFORTS)[number];

/** What a rule says of the response cache. */
export interface RuleCache {
  /** `off`: left out; `on`: whatever the temperature; null: as ever. */
  readonly switch: "off" | "on" | null;
  /** Oldest answer that is given again, in milliseconds; null as configured. */
  readonly maxAgeMs: number | null;
}

/** A share of the conversations that a rule matches, and where they go. */
export interface RuleShare {
  /** Above 0, up to 100. */
  readonly percent: number;
  /** How its file says it. */
  readonly via: "target" | "chain";
  readonly names: readonly string[];
}

/** Where a rule sends a request: names as clients use them, in order; nowhere at all; or wherever the policy would. */
export type RuleDestination =
  | { readonly kind: "names"; readonly via: "target" | "chain"; readonly names: readonly string[] }
  /** Shares of the conversations it matches, together at most 100; those that are left over go on to the next rule. */
  | { readonly kind: "split"; readonly shares: readonly RuleShare[] }
  | { readonly kind: "deny"; readonly message: string }
  | { readonly kind: "policy" };

/** What a rule does with what it matches. */
export interface RuleActions {
  readonly to: RuleDestination;
  /** Least expected quality, from 0 to 1. */
  readonly floor: number | null;
  /** Most that one request may be expected to cost. */
  readonly ceilingNanoUsd: NanoUsd | null;
  readonly cache: RuleCache | null;
  readonly clamps: ParameterClamps | null;
  /** A conversation need not stay with its model. */
  readonly isStickyOff: boolean;
}

/** One rule, as a configuration or a project's file says it. */
export interface Rule {
  readonly name: string;
  /** The higher comes first; of equals the one that stands first in the file. */
  readonly priority: number;
  /** Labels of the rule itself, for people and reports. */
  readonly tags: readonly string[];
  /** Patterns of the names it holds for; empty means `auto` alone. */
  readonly requested: Patterns;
  readonly when: RuleConditions;
  readonly actions: RuleActions;
}
