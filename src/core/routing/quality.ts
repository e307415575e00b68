/** What the router knows of a model before anybody judged an answer of it. */
export interface ModelFacts {
  readonly provider: string;
  readonly model: string;
  readonly isLocal: boolean;
  /** In billions; null where neither the file nor the name tells. */
  readonly parametersBillions: number | null;
  /** USD per million tokens of output; 0 for a local model, null where no price is known. */
  readonly outputUsdPerMillion: number | null;
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
