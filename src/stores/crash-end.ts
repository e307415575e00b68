import type { LedgerRow } from "../core/ledger.ts";

/** Whether calls of a model of a provider cost nothing, whatever they use. */
export type FreeTargets = (provider: string, model: string) => boolean;

/** How an attempt ends that a crash had left open. Its tokens are unknown; so is its cost, unless nothing there costs anything. */
export function crashEnd(
  isFree: boolean,
): Pick<LedgerRow, "costNanoUsd" | "costReason"> & { readonly message: string } {
  const what = isFree ? "its tokens" : "its tokens and cost";
  const message = `Lodestar ended before this attempt did: ${what} are unknown.`;
  return isFree
    ? { costNanoUsd: 0, costReason: "crashed-local", message }
    : { costNanoUsd: null, costReason: "crashed", message };
}
