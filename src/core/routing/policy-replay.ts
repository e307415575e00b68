import { bootstrap, type Interval } from "../learn/metrics.ts";
import type { SavingsQuality } from "../savings.ts";
import type { Candidate } from "./candidates.ts";
import { choosePolicy } from "./policy.ts";
import { floorOf, isWished } from "./policy-dial.ts";
import type { RoutingSettings } from "./policy-settings.ts";
import type { CompiledRules } from "./rules/compile.ts";
import { evaluateRules } from "./rules/evaluate.ts";
import type { RuleFacts } from "./rules/verdict.ts";
import type { StoredCandidate, StoredRoute } from "./stored-route.ts";

/** Another policy to try past requests against. */
export interface OtherPolicy extends Pick<RoutingSettings, "dial" | "floors"> {
  readonly calibrated: readonly number[] | null;
  readonly rules: CompiledRules | null;
}

/** One way of answering past requests, by what was expected of each model. Money in nano-dollars, quality and share from 0 to 1. */
export interface ReplaySide {
  readonly costNanoUsd: Interval;
  readonly quality: Interval;
  readonly localShare: Interval;
}

/** Two ways of answering the same requests. */
export interface Replay {
  /** Requests that both sides could price. */
  readonly n: number;
  /** Left out: a model of either side has no known price, or was not among those that were looked at. */
  readonly unknown: number;
  readonly before: ReplaySide;
  readonly after: ReplaySide;
  readonly savedNanoUsd: Interval;
  readonly qualityChange: Interval;
  /** Requests that another model would answer. */
  readonly changed: number;
  /** Requests whose models' quality was measured, on both sides: of the others it is a guess by size or price. */
  readonly measured: number;
}

interface Pair {
  readonly before: StoredCandidate;
  readonly after: StoredCandidate;
}

const SEED = 6;
const OWN_WEIGHT = 10;

/** A stored candidate as the policy wants it. */
function revived(stored: StoredCandidate): Candidate {
  const { name, isLocal, mean, low, high, isMeasured, block, ...rest } = stored;
  return {
    ...rest,
    name,
    isLocal,
    belief: { mean, low, high, priorWeight: 0, ownWeight: isMeasured ? OWN_WEIGHT : 0, source: null },
    outputTokens: 0,
    tokens: "estimate",
    isLoaded: null,
    block: block === null ? null : { kind: block, words: block },
  };
}

/** What the log tells rules; of what it does not keep (paths, headers, whose request it was) nothing matches. */
function factsOf({ signals, at, taskClass, conversation }: StoredRoute): RuleFacts {
  const told = { ...signals, paths: [], conversationKey: conversation };
  return {
    requested: "auto",
    isAuto: true,
    project: null,
    key: null,
    tag: null,
    client: null,
    now: at,
    header: () => null,
    signals: () => told,
    toolNames: () => [],
    task: () => taskClass,
    budgetLeft: () => null,
    loaded: () => [],
    health: () => null,
  };
}

/** What another policy would have chosen for a past request; null where that cannot be told. */
export function replayOne(route: StoredRoute, policy: OtherPolicy): string | null {
  const { signals, candidates, taskClass } = route;
  const rules = policy.rules === null ? null : evaluateRules(policy.rules, factsOf(route));
  if (rules?.denied != null) return null;
  if (rules !== null && rules.names !== null)
    return rules.names.find((name) => candidates.some((one) => one.name === name)) ?? null;
  const { isPlan } = signals;
  const floor = floorOf(policy, taskClass, { rule: rules?.floor ?? null, isPlan, calibrated: policy.calibrated });
  const choice = choosePolicy({
    candidates: candidates.map(revived),
    taskClass,
    turn: signals.turn,
    isPlan,
    hasTools: signals.toolCount > 0,
    floor: floor.value,
    isWished: isWished(floor, policy.dial),
    current: route.current,
    isSticky: rules?.isStickyOff !== true,
    isStalled: route.why === "stalled",
    explore: null,
  });
  return choice.chosen?.name ?? route.usual;
}

function pairOf({ candidates }: StoredRoute, before: string | null, after: string | null): Pair | null {
  const find = (name: string | null): StoredCandidate | undefined => candidates.find((one) => one.name === name);
  const left = find(before);
  const right = find(after);
  if (left === undefined || right === undefined) return null;
  return left.costNanoUsd === null || right.costNanoUsd === null ? null : { before: left, after: right };
}

/** Holds two choices for the same requests against one another, with 95 % intervals by drawing the requests again. */
export function compareChoices(
  routes: readonly StoredRoute[],
  before: (route: StoredRoute) => string | null,
  after: (route: StoredRoute) => string | null,
): Replay {
  const pairs = routes.flatMap((route) => pairOf(route, before(route), after(route)) ?? []);
  const mean = (read: (pair: Pair) => number): Interval => {
    const values = Float64Array.from(pairs, read);
    const figure = (rows: Uint32Array): number =>
      rows.length === 0 ? 0 : rows.reduce((sum, row) => sum + (values[row] ?? 0), 0) / rows.length;
    return bootstrap(values.length, figure, { seed: SEED });
  };
  const total = (read: (pair: Pair) => number): Interval => {
    const { value, low, high } = mean(read);
    const sum = (part: number): number => Math.round(part * pairs.length);
    return { value: sum(value), low: sum(low), high: sum(high) };
  };
  const side = (which: keyof Pair): ReplaySide => ({
    costNanoUsd: total((pair) => pair[which].costNanoUsd ?? 0),
    quality: mean((pair) => pair[which].expected),
    localShare: mean((pair) => (pair[which].isLocal ? 1 : 0)),
  });
  return {
    n: pairs.length,
    unknown: routes.length - pairs.length,
    before: side("before"),
    after: side("after"),
    savedNanoUsd: total((pair) => (pair.before.costNanoUsd ?? 0) - (pair.after.costNanoUsd ?? 0)),
    qualityChange: mean((pair) => pair.after.expected - pair.before.expected),
    changed: pairs.filter((pair) => pair.before.name !== pair.after.name).length,
    measured: pairs.filter((pair) => pair.before.isMeasured && pair.after.isMeasured).length,
  };
}

/** What the default chain would have asked first. */
export function usualChoice({ usual }: StoredRoute): string | null {
  return usual;
}

/** What the router chose, whether it was asked or (in shadow mode) only written down. */
export function routedChoice({ chosen, usual }: StoredRoute): string | null {
  return chosen ?? usual;
}

/** What was really asked first. */
export function madeChoice({ mode, chosen, usual }: StoredRoute): string | null {
  return mode === "shadow" ? usual : (chosen ?? usual);
}

/** What was expected of the local answers among these requests, in words; nothing where the router chose none. */
export function expectedOfLocal(routes: readonly StoredRoute[]): SavingsQuality {
  const served = routes.flatMap(({ candidates, outcome }) =>
    candidates.filter(({ name, isLocal }) => isLocal && name === outcome?.served),
  );
  if (served.length === 0) return "unmeasured";
  const figure = (rows: Uint32Array): number =>
    rows.reduce((sum, row) => sum + (served[row]?.expected ?? 0), 0) / rows.length;
  const { value, low, high } = bootstrap(served.length, figure, { seed: SEED });
  const percent = (share: number): string => (share * 100).toFixed(0);
  const measured = served.filter(({ isMeasured }) => isMeasured).length;
  const basis = measured === served.length ? "all measured" : `${measured} measured, the others guessed`;
  return `expected ${percent(value)} % good (${percent(low)} to ${percent(high)}; n = ${served.length}, ${basis})`;
}
