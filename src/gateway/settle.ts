import type { Fault } from "../core/fault.ts";
import type { AttemptIntent, AttemptOutcome } from "../core/ledger.ts";
import { type NanoUsd, toNanoUsd } from "../core/money.ts";
import type { Cost } from "../core/price.ts";
import type { CostStamp } from "../core/stamp.ts";
import { targetName } from "../core/target.ts";
import { checkUsage, isAbsurd, NO_USAGE, type Usage, type UsageSource } from "../core/usage.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log/log.ts";
import type { Ledger } from "../stores/ports.ts";
import type { Bus } from "./bus.ts";
import { type PricingParts, priceAttempt, type Saving, savedBy, savedByCache } from "./pricing.ts";

/** How an attempt ended, before it is priced. */
export interface Ending {
  readonly state: AttemptOutcome["state"];
  readonly usage: Usage;
  readonly usageSource: UsageSource;
  /** What takes the place of counts that cannot be true. */
  readonly estimate?: () => Usage;
  readonly fault: Fault | null;
  readonly firstTokenMs: number | null;
  readonly upstreamStatus: number | null;
}

/** An attempt that never reached a model, or failed there without an answer. */
export function emptyEnding(
  state: "refused" | "failed" | "aborted",
  fault: Fault,
  upstreamStatus: number | null,
): Ending {
  return { state, usage: NO_USAGE, usageSource: "provider", fault, firstTokenMs: null, upstreamStatus };
}

/** An attempt whose answer nobody read: what the request itself used is estimated. */
export function unreadEnding(
  state: "failed" | "aborted",
  usage: Usage,
  fault: Fault,
  upstreamStatus: number | null,
): Ending {
  return { state, usage, usageSource: "estimated", fault, firstTokenMs: null, upstreamStatus };
}

/** What the settler needs. */
export interface SettlerParts extends PricingParts {
  readonly ledger: Ledger;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

/** Counts a cost against budgets; what comes back tells what follows from it, once the attempt is told as settled. */
export type CountCost = (costNanoUsd: NanoUsd | null) => (() => void) | undefined;

/** The only place that prices, writes the ledger and emits: exactly one call per attempt, whatever the exit. */
export type Settle = (intent: AttemptIntent, ending: Ending, count?: CountCost) => CostStamp;

function stampOf(intent: AttemptIntent, outcome: AttemptOutcome, cost: Cost | null): CostStamp {
  const { costNanoUsd, costReason: reason, savedNanoUsd, usageSource, priceId } = outcome;
  return {
    costNanoUsd,
    reason,
    inputNanoUsd: cost === null ? null : toNanoUsd(cost.inputUsd),
    outputNanoUsd: cost === null ? null : toNanoUsd(cost.outputUsd),
    savedNanoUsd,
    usageSource,
    priceId,
    target: targetName(intent),
    requestId: intent.requestId,
  };
}

type Counted = Pick<Ending, "state" | "usage" | "usageSource">;

/** Counts that can be priced: small mistakes of the provider are repaired, what cannot be true gives way to an estimate, which the row says. */
function soundCounts({
  state,
  usage,
  usageSource,
  estimate,
}: Ending): Counted & { readonly problems: readonly string[] } {
  const { usage: repaired, problems } = checkUsage(usage);
  if (problems.length === 0 || estimate === undefined || !isAbsurd(usage)) {
    return { state, usage: repaired, usageSource, problems };
  }
  return {
    state: state === "final" ? "estimated" : state,
    usage: checkUsage(estimate()).usage,
    usageSource: "estimated",
    problems,
  };
}

/** What an answer saved. One that was rejected saved nothing: another was asked in its place. */
function savingOf(
  intent: AttemptIntent,
  { fault }: Ending,
  { usage, state }: Pick<Counted, "usage" | "state">,
  parts: SettlerParts,
): Saving | null {
  if (fault?.kind === "rejected") return null;
  return state === "hit" ? savedByCache(intent, usage, parts) : savedBy(intent, usage, parts);
}

/** Makes the settler. */
export function createSettler(parts: SettlerParts): Settle {
  const { ledger, bus, clock, log } = parts;
  return function settle(intent, ending, count) {
    const { requestId, attempt } = intent;
    const { problems, ...counted } = soundCounts(ending);
    const { usage, state } = counted;
    if (problems.length > 0)
      log.write("warn", "a provider stated absurd usage; it was repaired or estimated", { requestId, problems });
    const { price, cost, reason } = priceAttempt(intent, usage, state, parts);
    const saving = savingOf(intent, ending, { usage, state }, parts);
    const { firstTokenMs, upstreamStatus } = ending;
    const outcome: AttemptOutcome = {
      ...counted,
      firstTokenMs,
      upstreamStatus,
      requestId,
      attempt,
      costNanoUsd: cost?.nanoUsd ?? null,
      costReason: reason,
      priceId: price?.id ?? null,
      savedNanoUsd: saving?.nanoUsd ?? null,
      savedKind: saving?.kind ?? null,
      savedPriceId: saving?.price?.id ?? null,
      endedAt: clock.now(),
      fault: ending.fault === null ? null : faultRecord(ending.fault),
    };
    // One step: whoever asks the ledger or the budgets next finds the cost in both.
    const tellBudgets = count?.(outcome.costNanoUsd);
    ledger.settle(outcome, price, saving?.price ?? null);
    bus.emit({ event: "settled", at: outcome.endedAt, intent, outcome });
    tellBudgets?.();
    return stampOf(intent, outcome, cost);
  };
}

function faultRecord(fault: Fault): NonNullable<AttemptOutcome["fault"]> {
  const status = "status" in fault ? fault.status : undefined;
  const message = fault.message.slice(0, 500);
  return status === undefined ? { kind: fault.kind, message } : { kind: fault.kind, message, status };
}

/** Whether a fault says nothing about the upstream: the client left or we are stopping. */
export function isOwnDoing(fault: Fault): boolean {
  return fault.kind === "client-left" || fault.kind === "shutdown";
}
