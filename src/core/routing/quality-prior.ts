/** What a model is guessed by while nobody judged an answer of it. */
export interface ModelTraits {
  readonly model: string;
  readonly isLocal: boolean;
  /** In billions; null where neither the file nor the name tells. */
  readonly parametersBillions: number | null;
  /** USD per million tokens of output; 0 for a local model, null where no price is known. */
  readonly outputUsdPerMillion: number | null;
}

/** A figure that somebody published of a model, with where and when. */
export interface PublishedFigure {
  /** Names of the model, as {@link plainName} writes them. */
  readonly names: readonly string[];
  readonly taskClasses: readonly string[];
  /** What was measured, e.g. `SWE-bench Verified, resolved`. */
  readonly metric: string;
  /** The share of its tasks that were solved, from 0 to 1. */
  readonly value: number;
  /** How many tasks. */
  readonly n: number;
  readonly source: string;
  /** Day of the source, `YYYY-MM-DD`. */
  readonly date: string;
}

/** What is believed before any own evidence: a Beta distribution by its mean and what it counts as in answers. */
export interface QualityPrior {
  readonly mean: number;
  readonly weight: number;
  /** The citation; null: unmeasured. */
  readonly source: string | null;
  /** Why this mean, in words: the metric, or the tier. */
  readonly basis: string;
}

/** A guess counts as two answers, so that the middle 90 % of it is wider than half of all there is. */
const GUESS_WEIGHT = 2;
/** Solving a public task set says something of own tasks, but not more than some answers to those would. */
const PUBLISHED_WEIGHT = 6;
/** No share of a task set, 0 or 100 % either, makes a certainty of own tasks. */
const LEAST_MEAN = 0.02;

interface Tier {
  readonly below: number;
  readonly mean: number;
  readonly words: string;
}

/**
 * Our guesses, not measurements: the order (larger and dearer models answer better) is common, the steps are not. Each is
 * wide enough that a few own answers outweigh it.
 */
const SIZE_TIERS: readonly Tier[] = [
  { below: 4, mean: 0.3, words: "local, below 4 B parameters" },
  { below: 10, mean: 0.45, words: "local, 4 to 10 B parameters" },
  { below: 25, mean: 0.55, words: "local, 10 to 25 B parameters" },
  { below: 60, mean: 0.6, words: "local, 25 to 60 B parameters" },
  { below: Number.POSITIVE_INFINITY, mean: 0.65, words: "local, 60 B parameters or more" },
];
const PRICE_TIERS: readonly Tier[] = [
  { below: 1, mean: 0.6, words: "paid, below 1 USD per million output tokens" },
  { below: 5, mean: 0.68, words: "paid, 1 to 5 USD per million output tokens" },
  { below: 15, mean: 0.73, words: "paid, 5 to 15 USD per million output tokens" },
  { below: Number.POSITIVE_INFINITY, mean: 0.77, words: "paid, 15 USD or more per million output tokens" },
];
const UNKNOWN_LOCAL: Tier = { below: 0, mean: 0.45, words: "local, of unknown size" };
const UNKNOWN_PAID: Tier = { below: 0, mean: 0.6, words: "of unknown price" };

function tierOf({ isLocal, parametersBillions, outputUsdPerMillion }: ModelTraits): Tier {
  const size = isLocal ? parametersBillions : outputUsdPerMillion;
  const tiers = isLocal ? SIZE_TIERS : PRICE_TIERS;
  return tiers.find(({ below }) => size !== null && size < below) ?? (isLocal ? UNKNOWN_LOCAL : UNKNOWN_PAID);
}

/**
 * A model's name without what does not change what it is: whose it is, `instruct`, the quantisation, a release day. So
 * `Qwen/Qwen2.5-Coder-7B-Instruct-GGUF` and `qwen2.5-coder:7b-instruct-q4_K_M` are both `qwen2.5-coder-7b`.
 */
export function plainName(model: string): string {
  return model
    .slice(model.lastIndexOf("/") + 1)
    .toLowerCase()
    .replace(/:/g, "-")
    .replace(/-(?:20\d{2}-?[01]\d-?[0-3]\d|latest|preview)$/, "")
    .replace(/-(?:i?q\d[a-z0-9_]*|f16|fp16|bf16|gguf|awq|gptq|fp8)(?=-|$)/g, "")
    .replace(/-(?:instruct|it|chat)(?=-|$)/g, "");
}

/** The prior of a model for a task class: a published figure where there is one, else a wide guess by size or price. */
export function priorOf(facts: ModelTraits, taskClass: string, figures: readonly PublishedFigure[]): QualityPrior {
  const name = plainName(facts.model);
  const figure = figures.find(({ names, taskClasses }) => names.includes(name) && taskClasses.includes(taskClass));
  if (figure === undefined) {
    const tier = tierOf(facts);
    return { mean: tier.mean, weight: GUESS_WEIGHT, source: null, basis: tier.words };
  }
  return {
    mean: Math.min(Math.max(figure.value, LEAST_MEAN), 1 - LEAST_MEAN),
    weight: Math.min(PUBLISHED_WEIGHT, figure.n),
    source: `${figure.source} (${figure.date})`,
    basis: `${figure.metric}, n = ${figure.n}`,
  };
}
