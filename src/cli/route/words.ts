import type { Interval } from "../../core/learn/metrics.ts";
import type { ExplainedCandidate } from "../../core/route-view.ts";
import type { Replay } from "../../core/routing/policy-replay.ts";
import { formatCost, formatDuration } from "../../terminal/format.ts";

/** A share from 0 to 1 as `83 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** A figure with its 95 % interval. */
function withInterval({ value, low, high }: Interval, format: (value: number) => string): string {
  return `${format(value)} (${format(low)} to ${format(high)})`;
}

/** Whether a model can be asked now, and how soon. */
export function stateOf({ blocked, isLoaded, latencyMs, isLocal }: ExplainedCandidate): string {
  if (blocked !== null) return blocked;
  const loaded = isLocal && isLoaded !== null ? (isLoaded ? "loaded" : "not loaded") : "ready";
  return latencyMs === null ? loaded : `${loaded}, about ${formatDuration(Math.round(latencyMs))}`;
}

/** What two ways of answering come to, a line each. */
export function replayFacts(replay: Replay, before: string, after: string): readonly (readonly [string, string])[] {
  const { n, unknown, changed, measured, savedNanoUsd, qualityChange } = replay;
  const rest = unknown === 0 ? "" : `, ${unknown} left out (no price, or a model that was not looked at)`;
  const guess =
    measured === n ? "all by measured models" : `${n - measured} of ${n} by models guessed from size or price`;
  const side = (which: "before" | "after"): string => {
    const { costNanoUsd, quality, localShare } = replay[which];
    const local = `${percent(localShare.value)} local`;
    return `${withInterval(costNanoUsd, formatCost)}, quality ${withInterval(quality, percent)}, ${local}`;
  };
  return [
    ["requests", `n = ${n}${rest}; another model for ${changed}`],
    [before, side("before")],
    [after, side("after")],
    ["saved", withInterval(savedNanoUsd, formatCost)],
    ["quality", `${withInterval(qualityChange, percent)} expected change, ${guess}`],
  ];
}
