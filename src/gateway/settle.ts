import type { Fault } from "../core/fault.ts";
import type { AttemptIntent, AttemptOutcome } from "../core/ledger.ts";
import { toNanoUsd } from "../core/money.ts";
import { type Cost, costOf, type PriceRow } from "../core/price.ts";
import type { CostStamp } from "../core/stamp.ts";
import { checkUsage, NO_USAGE, type Usage, type UsageSource } from "../core/usage.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import type { PriceBook } from "../host/prices.ts";
import type { Ledger } from "../stores/ports.ts";
import type { Bus } from "./bus.ts";

/** How an attempt ended, before it is priced. */
export interface Ending {
  readonly state: AttemptOutcome["state"];
  readonly usage: Usage;
  readonly usageSource: UsageSource;
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

/** What the settler needs. */
export interface SettlerParts {
  readonly ledger: Ledger;
  readonly prices: PriceBook;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly isLocal: (provider: string) => boolean;
  /** `provider/model` that savings are measured against. */
  readonly baselineModel: () => string;
  /** Whether the account's cost is covered by the client's own subscription. */
  readonly isSubscription: (provider: string) => boolean;
}

/** The only place that prices, writes the ledger and emits: exactly one call per attempt, whatever the exit. */
export type Settle = (intent: AttemptIntent, ending: Ending) => CostStamp;

interface Pricing {
  readonly price: PriceRow | null;
  readonly cost: Cost | null;
  readonly reason: string | null;
}

function hasTokens(usage: Usage): boolean {
  const { input, output } = usage;
  return (
    input.uncached + input.cacheRead + input.cacheWrite5m + input.cacheWrite1h + output.text + output.reasoning > 0
  );
}

/** Images that came without counts were sold by the piece, and no price data here says for how much: never a silent 0. */
function isPaidByImage({ endpoint }: AttemptIntent, state: Ending["state"]): boolean {
  return endpoint === "images" && (state === "final" || state === "estimated");
}

/** Makes the settler. */
export function createSettler(parts: SettlerParts): Settle {
  const { ledger, prices, bus, clock } = parts;

  function priceOf(intent: AttemptIntent, usage: Usage, state: Ending["state"]): Pricing {
    if (!hasTokens(usage) && !isPaidByImage(intent, state)) {
      return { price: null, cost: costOf(NO_USAGE, {}), reason: "no-tokens" };
    }
    const price = prices.priceOf(intent.provider, intent.model, intent.startedAt);
    if (parts.isLocal(intent.provider)) return { price, cost: costOf(NO_USAGE, {}), reason: "local" };
    if (parts.isSubscription(intent.provider)) return { price, cost: costOf(NO_USAGE, {}), reason: "subscription" };
    if (!hasTokens(usage)) return { price, cost: null, reason: "paid-by-image" };
    if (price === null) return { price, cost: null, reason: "no-price" };
    return { price, cost: costOf(usage, price.rates), reason: null };
  }

  function savedBy(intent: AttemptIntent, usage: Usage): number | null {
    if (!parts.isLocal(intent.provider) || !hasTokens(usage)) return null;
    const [provider = "", ...model] = parts.baselineModel().split("/");
    const baseline = prices.priceOf(provider, model.join("/"), intent.startedAt);
    return baseline === null ? null : costOf(usage, baseline.rates).nanoUsd;
  }

  return (intent, ending) => {
    const { usage, problems } = checkUsage(ending.usage);
    if (problems.length > 0) {
      parts.log.write("warn", "a provider stated absurd usage; it was repaired", {
        requestId: intent.requestId,
        problems,
      });
    }
    const { price, cost, reason } = priceOf(intent, usage, ending.state);
    const savedNanoUsd = savedBy(intent, usage);
    const outcome: AttemptOutcome = {
      requestId: intent.requestId,
      attempt: intent.attempt,
      state: ending.state,
      usage,
      usageSource: ending.usageSource,
      costNanoUsd: cost?.nanoUsd ?? null,
      costReason: reason,
      priceId: price?.id ?? null,
      savedNanoUsd,
      endedAt: clock.now(),
      firstTokenMs: ending.firstTokenMs,
      fault: ending.fault === null ? null : faultRecord(ending.fault),
      upstreamStatus: ending.upstreamStatus,
    };
    ledger.settle(outcome, price);
    bus.emit({ event: "settled", at: outcome.endedAt, intent, outcome });
    return {
      costNanoUsd: outcome.costNanoUsd,
      reason,
      inputNanoUsd: cost === null ? null : toNanoUsd(cost.inputUsd),
      outputNanoUsd: cost === null ? null : toNanoUsd(cost.outputUsd),
      savedNanoUsd,
      usageSource: ending.usageSource,
      priceId: outcome.priceId,
      target: `${intent.provider}/${intent.model}`,
      requestId: intent.requestId,
    };
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
