import type { NanoUsd } from "../../money.ts";
import type { Signals } from "../signals.ts";
import type { HealthWord, ParameterClamps, RuleCache } from "./rule.ts";

/** What rules read of the request itself. */
export type RuleSignals = Pick<
  Signals,
  "turn" | "isPlan" | "inputTokens" | "imageCount" | "languages" | "paths" | "conversationKey"
>;

/**
 * What rules ask about one request. Whatever costs something is a function: it is called only where some rule asks, and the
 * implementation remembers what it found, since several rules may ask.
 */
export interface RuleFacts {
  /** The name the client asked for. */
  readonly requested: string;
  /** That name is `auto`, or another word for it: rules about `auto` are about it too. */
  readonly isAuto: boolean;
  readonly project: string | null;
  /** The key's name; null on keyless loopback. */
  readonly key: string | null;
  readonly tag: string | null;
  readonly client: string | null;
  /** Unix ms. */
  readonly now: number;
  /** A header of the request, by its name in lower case. */
  header(name: string): string | null;
  signals(): RuleSignals;
  toolNames(): readonly string[];
  /** The class of task: stated by the client, else found by the classifier; null where it abstains. */
  task(): string | null;
  /** Of the tightest budget that counts the request: the amount, and its share of the limit; null where none does. */
  budgetLeft(): { readonly nanoUsd: NanoUsd; readonly share: number } | null;
  /** `provider/model` of everything in the memory of local engines. */
  loaded(): readonly string[];
  /** How a provider, or a model of it, does; null for one that is not configured. */
  health(provider: string, model: string | null): HealthWord | null;
}

/** Who wrote a rule: the user, or the file that came with a project. */
export type RuleOrigin = "configuration" | "project";

/** A rule that holds for a request. */
export interface MatchedRule {
  readonly name: string;
  readonly origin: RuleOrigin;
  /** Place in its file's list, from 0. */
  readonly position: number;
  readonly tags: readonly string[];
}

/** How one rule fared, in words that a person can check. */
export interface RuleTrace extends MatchedRule {
  readonly priority: number;
  /** `shadowed`: everything it asks for holds, but a rule before it decided. */
  readonly outcome: "matched" | "failed" | "shadowed";
  /** The conditions that held, or the one that failed, each with what was seen: `tokens 41 200, wanted at least 32 000`. */
  readonly reasons: readonly string[];
}

/** What the rules say of one request. All of it is to be done, whatever decides where the request goes. */
export interface RuleVerdict {
  /** The rule that decides where the request goes; null where none matched. */
  readonly rule: MatchedRule | null;
  /** The user's rule whose limits hold beside those of a project's file, where that file's rule decides. */
  readonly limitedBy: MatchedRule | null;
  /** The request is refused, with these words and by this rule. */
  readonly denied: { readonly by: MatchedRule; readonly message: string } | null;
  /** Names to try in order, each an alias, a chain or a `provider/model`; null leaves the choice to the policy. */
  readonly names: readonly string[] | null;
  /** Least expected quality, from 0 to 1. */
  readonly floor: number | null;
  /** Most that one request may be expected to cost. */
  readonly ceilingNanoUsd: NanoUsd | null;
  readonly cache: RuleCache | null;
  readonly clamps: ParameterClamps | null;
  /** The conversation need not stay with its model. */
  readonly isStickyOff: boolean;
  /** How every rule fared, in the order in which they are asked. Looks again at the facts. */
  explain(): readonly RuleTrace[];
}
