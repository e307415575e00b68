import type { Candidate } from "./candidates.ts";
import { isMeasured } from "./candidates.ts";
import type { Turn } from "./signals.ts";
import type { TaskClass } from "./task-class.ts";

/** Why the order is what it is. `default`: the chain as it would be without a router. */
export type RouteWhy =
  | "cheapest"
  | "best-there-is"
  | "conversation"
  | "same-turn"
  | "housekeeping"
  | "stalled"
  | "explored"
  | "default";

/** Why a router leaves the order alone: that of the default chain, or of what decides before it. */
export type DefaultWhy =
  | "abstained"
  | "no-evidence"
  | "nothing-ready"
  | "one-model"
  | "empty"
  | "rule"
  | "name"
  | "chain";

/** All that a choice follows from. */
export interface PolicyInput {
  /** In the order of the default chain; those of one name only once. */
  readonly candidates: readonly Candidate[];
  /** Null where nobody could tell. */
  readonly taskClass: TaskClass | null;
  readonly turn: Turn;
  readonly isPlan: boolean;
  readonly hasTools: boolean;
  /** Least expected quality. */
  readonly floor: number;
  /** Somebody set a floor or moved the dial: then guesses by size and price are enough to leave the default chain. */
  readonly isWished: boolean;
  /** The model that the conversation was answered by last, `provider/model`; null at its start. */
  readonly current: string | null;
  readonly isSticky: boolean;
  /** The same call failed three times in a row. */
  readonly isStalled: boolean;
  /** Nano-dollars that trying another model may still cost today, and a number in [0, 1) from chance; null: no trying. */
  readonly explore: { readonly share: number; readonly leftNanoUsd: number; readonly chance: number } | null;
}

/** What became of one candidate. */
export interface Judged {
  readonly candidate: Candidate;
  /** Null for the chosen one. */
  readonly lost: string | null;
}

/** The order in which models are to be asked, and why. */
export interface PolicyChoice {
  /** Best first; empty leaves the default chain as it is. */
  readonly order: readonly string[];
  readonly why: RouteWhy;
  readonly defaultWhy: DefaultWhy | null;
  /** Of the chosen one; null where the default chain stays. */
  readonly chosen: Candidate | null;
  readonly judged: readonly Judged[];
}

const UNKNOWN_COST = Number.POSITIVE_INFINITY;
/** Classes in which an answer of another model does no harm: nothing is edited by it. */
const TRIABLE: readonly TaskClass[] = ["general", "documentation", "architecture"];

function costOf({ costNanoUsd }: Candidate): number {
  return costNanoUsd ?? UNKNOWN_COST;
}

/** Loaded first, then sooner, then better, then as the chain has them. */
function byCost(left: Candidate, right: Candidate): number {
  const cost = costOf(left) - costOf(right);
  if (cost !== 0 && !Number.isNaN(cost)) return cost;
  const latency = (left.latencyMs ?? UNKNOWN_COST) - (right.latencyMs ?? UNKNOWN_COST);
  if (latency !== 0 && !Number.isNaN(latency)) return latency;
  return right.expected - left.expected;
}

function byQuality(left: Candidate, right: Candidate): number {
  return right.expected - left.expected || byCost(left, right);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function lossOf(candidate: Candidate, chosen: Candidate, { floor }: PolicyInput): string | null {
  if (candidate.name === chosen.name) return null;
  if (candidate.block !== null) return candidate.block.words;
  if (candidate.expected < floor)
    return `expected quality ${percent(candidate.expected)} is below the floor ${percent(floor)}`;
  if (costOf(candidate) > costOf(chosen)) return "dearer";
  if (costOf(candidate) < costOf(chosen)) return "leaving the conversation's model does not pay";
  return (candidate.latencyMs ?? UNKNOWN_COST) > (chosen.latencyMs ?? UNKNOWN_COST) ? "as dear, slower" : "as dear";
}

/** The chosen first, then the good enough by cost, then the others by quality; what is blocked comes last, as the chain had it. */
function orderAfter(chosen: Candidate, { candidates, floor }: PolicyInput): readonly string[] {
  const ready = candidates.filter(({ block, name }) => block === null && name !== chosen.name);
  const good = ready.filter(({ expected }) => expected >= floor).sort(byCost);
  const lesser = ready.filter(({ expected }) => expected < floor).sort(byQuality);
  const blocked = candidates.filter(({ block, name }) => block !== null && name !== chosen.name);
  return [chosen, ...good, ...lesser, ...blocked].map(({ name }) => name);
}

function choose(input: PolicyInput, chosen: Candidate, why: RouteWhy): PolicyChoice {
  const judged = input.candidates.map((candidate) => ({ candidate, lost: lossOf(candidate, chosen, input) }));
  return { order: orderAfter(chosen, input), why, defaultWhy: null, chosen, judged };
}

const DEFAULT_WORDS: Readonly<Record<DefaultWhy, string>> = {
  abstained: "the class is not known, so the default chain decides",
  "no-evidence": "nothing measured says that another is better, so the default chain decides",
  "nothing-ready": "nothing can be asked now",
  "one-model": "there is nothing to choose from",
  empty: "there is nothing to judge by",
  rule: "comes later in the rule's order",
  name: "another was asked for by name",
  chain: "comes later in the class's own chain",
};

/** The default chain as it is, which is never worse than no router. */
export function leaveAsIs(candidates: readonly Candidate[], defaultWhy: DefaultWhy): PolicyChoice {
  const first = candidates.find(({ block }) => block === null);
  const judged = candidates.map((candidate) => ({
    candidate,
    lost: candidate === first ? null : (candidate.block?.words ?? DEFAULT_WORDS[defaultWhy]),
  }));
  return { order: [], why: "default", defaultWhy, chosen: null, judged };
}

/** The next stronger one than what stalled: the least that is better, so that not every stall costs the most. */
function strongerThan(current: Candidate, ready: readonly Candidate[]): Candidate | undefined {
  const [next] = ready
    .filter(({ expected, name }) => name !== current.name && expected > current.expected)
    .sort((left, right) => left.expected - right.expected || byCost(left, right));
  return next;
}

/**
 * Leaving a conversation's model pays where what is saved by this request is more than its cached prompt is worth: that is lost,
 * and has to be paid again on the way back.
 */
function isWorthLeaving(current: Candidate, better: Candidate): boolean {
  return costOf(current) - costOf(better) > current.cacheNanoUsd;
}

/** One that could be good enough, as far as is known, and of which least is known. */
function trial(ready: readonly Candidate[], chosen: Candidate, input: PolicyInput): Candidate | undefined {
  const { explore, taskClass, isPlan, hasTools, floor, turn } = input;
  if (explore === null || explore.chance >= explore.share) return undefined;
  if (hasTools || isPlan || turn !== "user" || taskClass === null || !TRIABLE.includes(taskClass)) return undefined;
  const [widest] = ready
    .filter(({ name, belief }) => name !== chosen.name && belief.high >= floor)
    .filter((candidate) => costOf(candidate) - costOf(chosen) <= explore.leftNanoUsd)
    .sort((left, right) => right.belief.high - right.belief.low - (left.belief.high - left.belief.low));
  return widest;
}

/**
 * Nobody pays more, and nobody gets less, because of a guess: a dearer model takes the place of the usual one where that one was
 * measured, a cheaper one where it was measured itself.
 */
function isTold(usual: Candidate, chosen: Candidate, { isWished }: PolicyInput): boolean {
  if (isWished || usual.name === chosen.name) return true;
  return isMeasured(costOf(chosen) > costOf(usual) ? usual.belief : chosen.belief);
}

function chooseByClass(input: PolicyInput, ready: readonly Candidate[], current: Candidate | undefined): PolicyChoice {
  const good = ready.filter(({ expected }) => expected >= input.floor).sort(byCost);
  const [cheapest] = good;
  const [best] = [...ready].sort(byQuality);
  const chosen = cheapest ?? best;
  const [usual] = ready;
  if (chosen === undefined || usual === undefined) return leaveAsIs(input.candidates, "nothing-ready");
  if (current !== undefined && input.isSticky && good.includes(current) && !isWorthLeaving(current, chosen))
    return choose(input, current, "conversation");
  if (!isTold(usual, chosen, input)) return leaveAsIs(input.candidates, "no-evidence");
  const tried = cheapest === undefined ? undefined : trial(ready, chosen, input);
  if (tried !== undefined) return choose(input, tried, "explored");
  return choose(input, chosen, cheapest === undefined ? "best-there-is" : "cheapest");
}

/**
 * The cheapest model whose expected quality reaches the floor; the best there is where none does. A turn goes on where it began,
 * a conversation stays unless leaving pays, housekeeping takes the cheapest of all, and what stalls gets the next stronger
 * model. Where the class is unknown, or nothing that was measured tells the models apart, the default chain stays as it is.
 */
export function choosePolicy(input: PolicyInput): PolicyChoice {
  const { candidates, turn } = input;
  const ready = candidates.filter(({ block }) => block === null);
  if (ready.length === 0) return leaveAsIs(candidates, "nothing-ready");
  const current = ready.find(({ name }) => name === input.current);
  if (input.isStalled && current !== undefined) {
    const stronger = strongerThan(current, ready);
    if (stronger !== undefined) return choose(input, stronger, "stalled");
  }
  if (candidates.length === 1) return leaveAsIs(candidates, "one-model");
  if (turn === "tool-result" && current !== undefined) return choose(input, current, "same-turn");
  if (turn === "housekeeping") {
    const [cheapest] = [...ready].sort(byCost);
    if (cheapest !== undefined) return choose({ ...input, floor: 0 }, cheapest, "housekeeping");
  }
  if (input.taskClass === null) {
    if (current !== undefined && input.isSticky) return choose(input, current, "conversation");
    return leaveAsIs(candidates, "abstained");
  }
  return chooseByClass(input, ready, current);
}
