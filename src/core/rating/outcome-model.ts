/** How ties enter: as half a win for either side, or by a likelihood of their own (Davidson 1970). */
export type TieModel = "half" | "davidson";

/** Derivatives of the log likelihood of one vote by the difference of strengths and by the log of the tie parameter. */
export interface VoteSlope {
  readonly logLikelihood: number;
  readonly byDifference: number;
  readonly byTie: number;
  /** Expected information: of the difference, of both, of the tie parameter. */
  readonly information: number;
  readonly crossInformation: number;
  readonly tieInformation: number;
}

function logistic(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** `log(1 + e^value)`, without overflow. */
function softPlus(value: number): number {
  return value > 30 ? value : Math.log1p(Math.exp(value));
}

/** Bradley and Terry (1952): the left one wins with probability σ(difference); a tie is half a win and half a loss. */
function halfTies(difference: number, share: number): VoteSlope {
  const wins = logistic(difference);
  return {
    logLikelihood: -share * softPlus(-difference) - (1 - share) * softPlus(difference),
    byDifference: share - wins,
    byTie: 0,
    information: wins * (1 - wins),
    crossInformation: 0,
    tieInformation: 0,
  };
}

/** Davidson (1970): win, loss and tie are as √(πᵢ/πⱼ), √(πⱼ/πᵢ) and ν. */
function davidson(difference: number, share: number, tieLog: number): VoteSlope {
  const logits = [difference / 2, -difference / 2, tieLog];
  const highest = Math.max(...logits);
  const [win = 0, loss = 0, tie = 0] = logits.map((logit) => Math.exp(logit - highest));
  const sum = win + loss + tie;
  const balance = (win - loss) / sum;
  const ties = tie / sum;
  const isTie = share === 0.5;
  const logitOfDecided = share === 1 ? difference / 2 : -difference / 2;
  return {
    logLikelihood: (isTie ? tieLog : logitOfDecided) - highest - Math.log(sum),
    byDifference: share - 0.5 - balance / 2,
    byTie: (isTie ? 1 : 0) - ties,
    information: (1 - ties - balance * balance) / 4,
    crossInformation: (-balance / 2) * ties,
    tieInformation: ties * (1 - ties),
  };
}

/** What one vote says, under the model of ties. `share` is what the left one got: 1, 0.5 or 0. */
export function slopeOf(model: TieModel, difference: number, share: number, tieLog: number): VoteSlope {
  return model === "half" ? halfTies(difference, share) : davidson(difference, share, tieLog);
}
