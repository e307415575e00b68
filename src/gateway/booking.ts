import type { Fault } from "../core/fault.ts";
import type { ChatRequest } from "../core/request.ts";
import type { CostStamp } from "../core/stamp.ts";
import type { Usage } from "../core/usage.ts";
import type { Attempt } from "./attempt.ts";
import { estimateUsage } from "./estimate.ts";
import { type Ending, isOwnDoing } from "./settle.ts";
import type { Observation } from "./translator.ts";

/** A booked answer: the usage it was booked with, and what it cost. */
export interface Booked {
  readonly usage: Usage;
  readonly cost: CostStamp;
}

function book(
  attempt: Attempt,
  ending: Pick<Ending, "state" | "usage" | "usageSource" | "fault" | "estimate">,
): CostStamp {
  const { firstTokenMs, upstreamStatus } = attempt;
  return attempt.settle({ ...ending, firstTokenMs, upstreamStatus });
}

/**
 * Books a whole answer by the provider's own counts, or where it stated none by an estimate, which the ledger then says. `fault`
 * where the client does not get it: it is paid for all the same.
 */
export function bookAnswer(
  attempt: Attempt,
  stated: Usage | undefined,
  estimate: () => Usage,
  fault: Fault | null = null,
): Booked {
  const isStated = stated !== undefined;
  const usage = stated ?? estimate();
  const state = isStated ? "final" : "estimated";
  const usageSource = isStated ? "provider" : "estimated";
  const ending = { state: fault === null ? state : "failed", usage, usageSource, fault, estimate } as const;
  return { usage, cost: book(attempt, ending) };
}

/** Books a stream: by the provider's counts when it ended whole (though `fault` may have rejected it), else with the output that was really streamed. */
export function bookStream(attempt: Attempt, request: ChatRequest, seen: Observation, fault: Fault | null): CostStamp {
  if (seen.hasContent) attempt.noteContent();
  if (seen.finish === "length") attempt.noteLength();
  const estimate = (): Usage => estimateUsage(request, seen.streamed.tokens());
  if (fault === null || seen.isFinished) return bookAnswer(attempt, seen.usage ?? undefined, estimate, fault).cost;
  const estimated = estimate();
  const usage = seen.usage === null ? estimated : { ...seen.usage, output: estimated.output };
  const state = isOwnDoing(fault) ? "aborted" : "failed";
  return book(attempt, { state, usage, usageSource: "estimated", fault });
}
