import type { Turn } from "../signals.ts";
import type { BudgetMark, HealthWord } from "./rule.ts";
import type { RuleFacts, RuleSignals } from "./verdict.ts";

/** Facts that a person states, to see what the rules make of them. What is left out is not there. */
export interface GivenFacts {
  readonly requested?: string;
  readonly project?: string;
  readonly key?: string;
  readonly tag?: string;
  readonly client?: string;
  /** Unix ms. */
  readonly at?: number;
  /** By name in any case. */
  readonly header?: Readonly<Record<string, string>>;
  readonly task?: string;
  readonly turn?: Turn;
  readonly plan?: boolean;
  readonly tokens?: number;
  readonly images?: number;
  readonly languages?: readonly string[];
  readonly paths?: readonly string[];
  readonly tools?: readonly string[];
  readonly budgetLeft?: BudgetMark;
  readonly loaded?: readonly string[];
  /** By provider or `provider/model`. */
  readonly health?: Readonly<Record<string, HealthWord>>;
  readonly conversation?: string;
  /** What the person says; signals are read from it where they are not stated. */
  readonly prompt?: string;
}

/** Stated in one unit, the other is unknown: a rule that asks for it does not match. */
function leftOf({ unit, amount }: BudgetMark): ReturnType<RuleFacts["budgetLeft"]> {
  return unit === "share" ? { nanoUsd: Number.NaN, share: amount } : { nanoUsd: amount, share: Number.NaN };
}

/** What is stated, over what is known otherwise: the facts of a request that was read, or those of nothing at all. */
export function givenFacts(given: GivenFacts, base: RuleFacts): RuleFacts {
  const headers = new Map(Object.entries(given.header ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const readSignals = (): RuleSignals => {
    const read = base.signals();
    return {
      ...read,
      turn: given.turn ?? read.turn,
      isPlan: given.plan ?? read.isPlan,
      inputTokens: given.tokens ?? read.inputTokens,
      imageCount: given.images ?? read.imageCount,
      languages: given.languages ?? read.languages,
      paths: given.paths ?? read.paths,
      conversationKey: given.conversation ?? read.conversationKey,
    };
  };
  let signals: RuleSignals | null = null;
  const nameOf = (provider: string, model: string | null): string =>
    model === null ? provider : `${provider}/${model}`;
  return {
    requested: given.requested ?? base.requested,
    isAuto: given.requested === undefined ? base.isAuto : given.requested === "auto",
    project: given.project ?? base.project,
    key: given.key ?? base.key,
    tag: given.tag ?? base.tag,
    client: given.client ?? base.client,
    now: given.at ?? base.now,
    header: (name) => headers.get(name) ?? base.header(name),
    signals() {
      signals ??= readSignals();
      return signals;
    },
    toolNames: () => given.tools ?? base.toolNames(),
    task: () => given.task ?? base.task(),
    budgetLeft: () => (given.budgetLeft === undefined ? base.budgetLeft() : leftOf(given.budgetLeft)),
    loaded: () => given.loaded ?? base.loaded(),
    health: (provider, model) => given.health?.[nameOf(provider, model)] ?? base.health(provider, model),
  };
}

/** The facts of a request for `auto` of which nothing else is known. */
export function noFacts(now: number): RuleFacts {
  return {
    requested: "auto",
    isAuto: true,
    project: null,
    key: null,
    tag: null,
    client: null,
    now,
    header: () => null,
    signals: () => ({
      turn: "user",
      isPlan: false,
      inputTokens: 0,
      imageCount: 0,
      languages: [],
      paths: [],
      conversationKey: "",
    }),
    toolNames: () => [],
    task: () => null,
    budgetLeft: () => null,
    loaded: () => [],
    health: () => "ok",
  };
}
