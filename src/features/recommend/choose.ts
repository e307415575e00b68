import { type Change, type Contender, type ContenderVerdict, WANTED_PROBABILITY } from "../../core/recommend-view.ts";
import { badAnswersBorne, floorReached, goodAnswersNeeded } from "../../core/routing/quality.ts";

/** What a recommended model must be, beside good enough. */
export interface Limits {
  readonly floor: number;
  /** Of a thousand requests; null for no limit. */
  readonly budgetNanoUsd: number | null;
  readonly latencyMs: number | null;
}

/** A model before it was judged. */
export type Unjudged = Omit<Contender, "verdict">;

/** What a choice among models comes to. */
export interface Choice {
  readonly choice: Contender | null;
  readonly nearest: Contender | null;
  readonly contenders: readonly Contender[];
}

const MOST_CHANGES = 3;

function verdictOf(
  { probability, costNanoUsd, latencyMs }: Unjudged,
  limits: Limits,
): Exclude<ContenderVerdict, "chosen"> {
  if (costNanoUsd === null) return "unpriced";
  if (limits.budgetNanoUsd !== null && costNanoUsd > limits.budgetNanoUsd) return "budget";
  if (limits.latencyMs !== null && latencyMs === null) return "unmeasured-latency";
  if (limits.latencyMs !== null && latencyMs !== null && latencyMs > limits.latencyMs) return "latency";
  return probability >= WANTED_PROBABILITY ? "qualifies" : "quality";
}

/** The cheapest first; of equals the better one. */
function byCost(left: Contender, right: Contender): number {
  const less = (left.costNanoUsd ?? 0) - (right.costNanoUsd ?? 0);
  return less !== 0 ? less : right.quality.mean - left.quality.mean || left.model.localeCompare(right.model);
}

/** The nearest to the floor first; of equals the cheaper one. */
function byNearness(left: Contender, right: Contender): number {
  return right.probability - left.probability || byCost(left, right);
}

/** Judges models and puts them in order: the choice, what else qualifies by cost, the others by how near they are. */
export function choose(models: readonly Unjudged[], limits: Limits): Choice {
  const judged = models.map((model): Contender => ({ ...model, verdict: verdictOf(model, limits) }));
  const qualified = judged.filter(({ verdict }) => verdict === "qualifies").toSorted(byCost);
  const others = judged.filter(({ verdict }) => verdict !== "qualifies").toSorted(byNearness);
  const [first, ...rest] = qualified;
  const choice: Contender | null = first === undefined ? null : { ...first, verdict: "chosen" };
  const nearest = choice === null ? (others.find(({ verdict }) => verdict === "quality") ?? others[0] ?? null) : null;
  return { choice, nearest, contenders: [...(choice === null ? [] : [choice]), ...rest, ...others] };
}

function isCheaper(one: Contender, choice: Contender | null): boolean {
  return choice === null || (one.costNanoUsd ?? Number.POSITIVE_INFINITY) < (choice.costNanoUsd ?? 0);
}

/** Cheaper models that lack good answers, those that lack the fewest first. */
function goodAnswers({ contenders, choice }: Choice, { floor }: Limits): readonly Change[] {
  return contenders
    .filter((one) => one.verdict === "quality" && isCheaper(one, choice))
    .flatMap(({ model, quality }) => {
      const count = goodAnswersNeeded(quality, floor, WANTED_PROBABILITY);
      return count === null ? [] : [{ kind: "good-answers" as const, model, count }];
    })
    .toSorted((left, right) => left.count - right.count)
    .slice(0, MOST_CHANGES);
}

/** What a limit keeps out although it is good enough. */
function loosened({ contenders, choice }: Choice): readonly Change[] {
  const kept = contenders
    .filter(({ verdict, probability }) => ["budget", "latency"].includes(verdict) && probability >= WANTED_PROBABILITY)
    .find((one) => isCheaper(one, choice));
  if (kept?.verdict === "budget") return [{ kind: "budget", model: kept.model, nanoUsd: kept.costNanoUsd ?? 0 }];
  if (kept?.verdict === "latency") return [{ kind: "latency", model: kept.model, latencyMs: kept.latencyMs ?? 0 }];
  return [];
}

/** What would lead to another choice. */
export function changesOf(result: Choice, limits: Limits): readonly Change[] {
  const { choice, nearest, contenders } = result;
  const common = [...goodAnswers(result, limits), ...loosened(result)];
  if (choice === null) {
    if (nearest === null || nearest.verdict !== "quality") return common;
    const floor = floorReached(nearest.quality, WANTED_PROBABILITY);
    return [...common, { kind: "floor", model: nearest.model, floor }];
  }
  const runnerUp = contenders.find(({ verdict, isLocal }) => verdict === "qualifies" && !isLocal);
  const bad = badAnswersBorne(choice.quality, limits.floor, WANTED_PROBABILITY) + 1;
  const price: readonly Change[] =
    runnerUp === undefined || (choice.costNanoUsd ?? 0) === 0
      ? []
      : [{ kind: "price", model: runnerUp.model, belowNanoUsd: choice.costNanoUsd ?? 0 }];
  return [...common, { kind: "bad-answers", model: choice.model, count: bad }, ...price];
}
