import { isCloudModel } from "../core/cloud-model.ts";
import type { AttemptIntent, AttemptOutcome, SavedKind } from "../core/ledger.ts";
import type { NanoUsd } from "../core/money.ts";
import { type Cost, costOf, type PriceRow } from "../core/price.ts";
import { NO_USAGE, totalInput, totalOutput, type Usage } from "../core/usage.ts";
import type { PriceBook } from "../host/prices/prices.ts";

/** What prices follow from. */
export interface PricingParts {
  readonly prices: PriceBook;
  readonly isLocal: (provider: string) => boolean;
  /** `provider/model` that savings are measured against. */
  readonly baselineModel: () => string;
  /** Whether the account's cost is covered by the client's own subscription. */
  readonly isSubscription: (provider: string) => boolean;
}

/** What an attempt cost: null when nobody knows, and why it is not simply its tokens at their price. */
export interface Pricing {
  readonly price: PriceRow | null;
  readonly cost: Cost | null;
  readonly reason: string | null;
}

const NOTHING = costOf(NO_USAGE, {});

function hasTokens(usage: Usage): boolean {
  return totalInput(usage) + totalOutput(usage) > 0;
}

/** Images that came without counts were sold by the piece, and no price data here says for how much: never a silent 0. */
function isPaidByImage({ endpoint }: AttemptIntent, state: AttemptOutcome["state"]): boolean {
  return endpoint === "images" && (state === "final" || state === "estimated");
}

/** Prices the usage of an attempt that ended in `state`, as of its start. */
export function priceAttempt(
  intent: AttemptIntent,
  usage: Usage,
  state: AttemptOutcome["state"],
  { prices, isLocal, isSubscription }: PricingParts,
): Pricing {
  if (state === "hit") {
    const price = prices.priceOf(intent.provider, intent.model, intent.startedAt, usage.serviceTier);
    return { price, cost: NOTHING, reason: "cache" };
  }
  if (!hasTokens(usage) && !isPaidByImage(intent, state)) return { price: null, cost: NOTHING, reason: "no-tokens" };
  const price = prices.priceOf(intent.provider, intent.model, intent.startedAt, usage.serviceTier);
  if (isLocal(intent.provider) && !isCloudModel(intent.model)) return { price, cost: NOTHING, reason: "local" };
  if (isSubscription(intent.provider)) return { price, cost: NOTHING, reason: "subscription" };
  if (!hasTokens(usage)) return { price, cost: null, reason: "paid-by-image" };
  if (price === null)
    return { price, cost: null, reason: usage.serviceTier === undefined ? "no-price" : "no-tier-price" };
  return { price, cost: costOf(usage, price.rates), reason: null };
}

/** What an answer saved, why, and the price it was reckoned with; null for what costs nothing anyway. */
export interface Saving {
  readonly nanoUsd: NanoUsd;
  readonly kind: SavedKind;
  readonly price: PriceRow | null;
}

/** Route reasons of a model that the client itself named. */
const BY_NAME = /^(explicit|bare-name)\b/;

/** What an answer from the cache would have cost at its own target, by today's price; null without a price. */
export function savedByCache(intent: AttemptIntent, usage: Usage, parts: PricingParts): Saving | null {
  const { cost, price } = priceAttempt(intent, usage, "final", parts);
  return cost === null ? null : { nanoUsd: cost.nanoUsd, kind: "cache", price };
}

/** What a local answer's tokens would have cost at the baseline model; null for other answers and without a price. */
export function savedBy(
  intent: AttemptIntent,
  usage: Usage,
  { prices, isLocal, baselineModel }: PricingParts,
): Saving | null {
  if (!isLocal(intent.provider) || isCloudModel(intent.model) || !hasTokens(usage)) return null;
  const [provider = "", ...model] = baselineModel().split("/");
  const baseline = prices.priceOf(provider, model.join("/"), intent.startedAt);
  if (baseline === null) return null;
  const kind = BY_NAME.test(intent.routeReason) ? "free-tier" : "routing";
  return { nanoUsd: costOf(usage, baseline.rates).nanoUsd, kind, price: baseline };
}
