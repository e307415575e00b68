import type { LedgerFilter } from "../ports.ts";
import { END_OF_TIME } from "../time-pieces.ts";
import type { Bindings } from "./bindings.ts";

/** Values for every parameter of a statement that filters rows; null asks nothing. */
export function filterBindings(filter: LedgerFilter): Bindings {
  return {
    from: filter.from ?? 0,
    to: filter.to ?? END_OF_TIME,
    requestId: filter.requestId ?? null,
    provider: filter.provider ?? null,
    model: filter.model ?? null,
    project: filter.project ?? null,
    keyId: filter.keyId ?? null,
    session: filter.session ?? null,
    tag: filter.tag ?? null,
    task: filter.task ?? null,
    file: filter.file ?? null,
    client: filter.client ?? null,
    state: filter.state ?? null,
    endpoint: filter.endpoint ?? null,
    requestedModel: filter.requestedModel ?? null,
    faultKind: filter.faultKind ?? null,
    minCostNanoUsd: filter.minCostNanoUsd ?? null,
    maxCostNanoUsd: filter.maxCostNanoUsd ?? null,
    minTokens: filter.minTokens ?? null,
    maxTokens: filter.maxTokens ?? null,
    minDurationMs: filter.minDurationMs ?? null,
    maxDurationMs: filter.maxDurationMs ?? null,
  };
}
