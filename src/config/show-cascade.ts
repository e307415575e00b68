import type { CascadeSettings } from "../core/routing/verify/cascade-settings.ts";
import { formatDuration } from "./units.ts";

/** The verified cascade in the words of the configuration file. */
export function shownCascade(cascade: CascadeSettings): Readonly<Record<string, unknown>> {
  const { mode, names, first, checks, judge, maxEscalations, maxMs, capUsd, streams, tellsEvidence } = cascade;
  return {
    mode,
    names: [...names],
    first,
    checks: [...checks],
    judge: judge ?? undefined,
    maxEscalations,
    maxTime: formatDuration(maxMs),
    capUsd: capUsd ?? undefined,
    streams,
    evidence: tellsEvidence,
  };
}
