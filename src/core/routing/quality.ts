import { type Evidence, evidenceWeightOf, isJudgement } from "../evidence.ts";
import { betaCdf, betaQuantile } from "./quality-beta.ts";
import { type ModelTraits, type PublishedFigure, priorOf, type QualityPrior } from "./quality-prior.ts";

/** What the router knows of a model before anybody judged an answer of it. */
export interface ModelFacts extends ModelTraits {
  readonly provider: string;
}

/** What share of a model's answers to a task class is good enough, as far as is known. */
export interface QualityBelief {
  readonly mean: number;
  /** The middle 90 % of the posterior. */
  readonly low: number;
  readonly high: number;
  /** In answers: what the prior counts as, and what is left of own evidence after forgetting and clustering. */
  readonly priorWeight: number;
  readonly ownWeight: number;
  /** Where the prior's figure was published, with its date; null: nobody measured it, the prior is a guess by size or price. */
  readonly source: string | null;
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** After so long a piece of evidence counts half: providers change models behind a name, and a project changes its tasks. */
export const HALF_LIFE_MS = 90 * DAY_MS;
/**
 * How much alike the judgements of one person about one model are: the intraclass correlation of 8,931 votes of 124 people on
 * 59 models (Evalica's `llmfao.csv`; one-way analysis of variance over person and model, 17,862 sides of votes): 0.129.
 */
export const VOTER_CORRELATION = 0.13;
/** Half of what lies outside the interval of a belief. */
const TAIL = 0.05;

interface Cluster {
  good: number;
  bad: number;
  readonly week: number;
  readonly isJudged: boolean;
}

/** Good and bad answers, in effect. */
export interface EvidenceSums {
  readonly good: number;
  readonly bad: number;
}

/** A person's judgements of one week lie together; what a machine found stands alone, as all of a week. */
function clustersOf(evidence: Iterable<Evidence>): Iterable<Cluster> {
  const clusters = new Map<string, Cluster>();
  for (const piece of evidence) {
    const week = Math.floor(piece.at / WEEK_MS);
    const isJudged = isJudgement(piece.kind);
    const key = isJudged ? `${week} ${piece.voter ?? ""}` : `${week}`;
    const cluster = clusters.get(key) ?? { good: 0, bad: 0, week, isJudged };
    const weight = evidenceWeightOf(piece.kind);
    cluster.good += weight * piece.score;
    cluster.bad += weight * (1 - piece.score);
    clusters.set(key, cluster);
  }
  return clusters.values();
}

/**
 * Evidence of one model and class as good and bad answers in effect, at `now` (Unix ms). A cluster of m judgements counts as
 * m / (1 + (m - 1) r) with r = {@link VOTER_CORRELATION} (Kish's design effect), and everything half after each
 * {@link HALF_LIFE_MS} since the week that it is of began.
 */
export function sumEvidence(evidence: Iterable<Evidence>, now: number): EvidenceSums {
  let good = 0;
  let bad = 0;
  for (const cluster of clustersOf(evidence)) {
    const excess = cluster.isJudged ? Math.max(0, cluster.good + cluster.bad - 1) : 0;
    const age = Math.max(0, now - cluster.week * WEEK_MS);
    const factor = 2 ** (-age / HALF_LIFE_MS) / (1 + excess * VOTER_CORRELATION);
    good += cluster.good * factor;
    bad += cluster.bad * factor;
  }
  return { good, bad };
}

/** The posterior of a prior and own evidence: a Beta distribution, by Bayes' rule for shares. */
export function posteriorOf(prior: QualityPrior, { good, bad }: EvidenceSums): QualityBelief {
  const a = prior.mean * prior.weight + good;
  const b = (1 - prior.mean) * prior.weight + bad;
  return {
    mean: a / (a + b),
    low: betaQuantile(TAIL, a, b),
    high: betaQuantile(1 - TAIL, a, b),
    priorWeight: prior.weight,
    ownWeight: good + bad,
    source: prior.source,
  };
}

/** What is believed of a model's answers to a task class, by published figures and own evidence of that model and class. */
export function believe(
  model: ModelFacts,
  taskClass: string,
  known: { readonly figures: readonly PublishedFigure[]; readonly evidence: Iterable<Evidence>; readonly now: number },
): QualityBelief {
  return posteriorOf(priorOf(model, taskClass, known.figures), sumEvidence(known.evidence, known.now));
}

function parametersOf({ mean, priorWeight, ownWeight }: QualityBelief): readonly [number, number] {
  const weight = priorWeight + ownWeight;
  return [mean * weight, (1 - mean) * weight];
}

/** The probability that the share of good answers is at least `floor`. */
export function probabilityAtLeast(belief: QualityBelief, floor: number): number {
  const [a, b] = parametersOf(belief);
  return 1 - betaCdf(floor, a, b);
}

/** The highest floor that is reached with this probability. */
export function floorReached(belief: QualityBelief, probability: number): number {
  const [a, b] = parametersOf(belief);
  return betaQuantile(1 - probability, a, b);
}

/** More good answers than this are not asked of anybody. */
const MOST_GOOD = 10_000;

/**
 * The least number of further good answers, each counting in full, after which `floor` is reached with this probability; 0
 * where it is, null where no sensible number does.
 */
export function goodAnswersNeeded(belief: QualityBelief, floor: number, probability: number): number | null {
  const [a, b] = parametersOf(belief);
  const isReached = (good: number) => 1 - betaCdf(floor, a + good, b) >= probability;
  if (!isReached(MOST_GOOD)) return null;
  let low = 0;
  let high = MOST_GOOD;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isReached(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * How many bad answers, each counting in full, a belief bears before `floor` is no longer reached with this probability: 0 where
 * the next one ends it or it is not reached now.
 */
export function badAnswersBorne(belief: QualityBelief, floor: number, probability: number): number {
  const [a, b] = parametersOf(belief);
  let borne = 0;
  while (borne < MOST_GOOD && 1 - betaCdf(floor, a, b + borne + 1) >= probability) borne += 1;
  return borne;
}
