import { type ClientError, refusal } from "../core/fault.ts";
import type { KeyLimits } from "../core/key-limits.ts";
import { type ConcurrencyBook, createConcurrencyBook, createRateBook, type RateBook } from "../core/rate.ts";
import { failure, success } from "../core/result.ts";
import { totalInput, totalOutput } from "../core/usage.ts";
import type { Bus } from "../gateway/bus.ts";
import type { Clock } from "../host/clock.ts";
import type { ApiContext, Entry } from "../http/api-context.ts";

/** Requests that one key, or one address without a key, may have in flight where its limits say nothing. */
const IN_FLIGHT_PER_CALLER = 2_000;
const MINUTE_MS = 60_000;
/** A place comes free when some request ends: nobody knows when. */
const IN_FLIGHT_RETRY_MS = 1_000;

/** What one key is counted by, for as long as its limits stay as they are. */
interface Counters {
  readonly limits: KeyLimits;
  readonly requests: RateBook | null;
  readonly tokens: RateBook | null;
  readonly places: ConcurrencyBook | null;
}

/** A book has one key here. */
const ONE = "";

function createCounters(limits: KeyLimits): Counters {
  const { requestsPerMinute: requests, burst, tokensPerMinute: tokens, concurrent } = limits;
  const bookOf = (perMinute: number | null, atOnce: number | null): RateBook | null =>
    perMinute === null ? null : createRateBook({ burst: atOnce ?? perMinute, intervalMs: MINUTE_MS / perMinute });
  return {
    limits,
    requests: bookOf(requests, burst),
    tokens: bookOf(tokens, null),
    places: concurrent === null ? null : createConcurrencyBook(concurrent),
  };
}

function isSame(left: KeyLimits, right: KeyLimits): boolean {
  return (
    left.requestsPerMinute === right.requestsPerMinute &&
    left.burst === right.burst &&
    left.tokensPerMinute === right.tokensPerMinute &&
    left.concurrent === right.concurrent
  );
}

/** A span as OpenAI's rate limit headers write it: `17ms`, `1.5s`, `6m0s`. */
export function formatReset(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.ceil(milliseconds)}ms`;
  const seconds = Math.ceil(milliseconds / 100) / 10;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${Math.ceil(seconds % 60)}s`;
}

function rateHeaders(kind: "requests" | "tokens", perMinute: number | null, book: RateBook | null, now: number) {
  if (perMinute === null || book === null) return {};
  return {
    [`x-ratelimit-limit-${kind}`]: String(perMinute),
    [`x-ratelimit-remaining-${kind}`]: String(book.left(ONE, now)),
    [`x-ratelimit-reset-${kind}`]: formatReset(book.fullInMs(ONE, now)),
  };
}

function headersOf({ limits, requests, tokens }: Counters, now: number): Readonly<Record<string, string>> {
  return {
    ...rateHeaders("requests", limits.requestsPerMinute, requests, now),
    ...rateHeaders("tokens", limits.tokensPerMinute, tokens, now),
  };
}

function notNow(code: string, message: string, retryAfterMs: number): ClientError {
  const error = refusal(code, message, { status: 429, type: "rate_limit_error" });
  return { ...error, retryAfterMs, shouldRetry: true };
}

/** Why a rate lets nothing through now, or null. */
function rateRefusal({ limits, requests, tokens }: Counters, now: number): ClientError | null {
  const requestWaitMs = requests?.waitMs(ONE, now) ?? 0;
  const tokenWaitMs = tokens?.waitMs(ONE, now) ?? 0;
  const waitMs = Math.max(requestWaitMs, tokenWaitMs);
  if (waitMs === 0) return null;
  const isTokens = tokenWaitMs > requestWaitMs;
  const allowed = isTokens ? `${limits.tokensPerMinute} tokens` : `${limits.requestsPerMinute} requests`;
  const code = isTokens ? "key_token_rate_exceeded" : "key_rate_exceeded";
  const message = `This key may use ${allowed} a minute, and has; try again in ${formatReset(waitMs)}. \`lodestar keys limit\` changes that.`;
  return notNow(code, message, waitMs);
}

function crowded(limits: KeyLimits): ClientError {
  const message =
    limits.concurrent === null
      ? "Too many requests of this client are in flight; wait for one to end."
      : `This key may have ${limits.concurrent} in flight at a time; wait for one to end. \`lodestar keys limit\` changes that.`;
  return notNow("too_many_requests_in_flight", message, IN_FLIGHT_RETRY_MS);
}

/**
 * Holds callers to what their keys may use: requests and tokens a minute (GCRA) and requests in flight. What is refused
 * counts against nothing. Tokens are counted as calls settle, so the last one may go over; the next then waits.
 */
export function createKeyGate(clock: Clock, bus: Pick<Bus, "subscribe">): Pick<ApiContext, "enter"> {
  const everyone = createConcurrencyBook(IN_FLIGHT_PER_CALLER);
  const counted = new Map<string, Counters>();
  const countersOf = (keyId: string, limits: KeyLimits): Counters => {
    const known = counted.get(keyId);
    if (known !== undefined && isSame(known.limits, limits)) return known;
    const counters = createCounters(limits);
    counted.set(keyId, counters);
    return counters;
  };
  bus.subscribe((event) => {
    if (event.event !== "settled" || event.intent.keyId === null) return;
    const tokens = counted.get(event.intent.keyId)?.tokens ?? null;
    const used = tokens === null ? 0 : totalInput(event.outcome.usage) + totalOutput(event.outcome.usage);
    if (used > 0) tokens?.count(ONE, clock.monotonic(), used);
  });
  return {
    enter({ keyId, limits }, address): Entry {
      if (keyId === null) {
        const leave = everyone.take(address);
        return { outcome: leave === null ? failure(crowded(limits)) : success(leave), headers: {} };
      }
      const now = clock.monotonic();
      const counters = countersOf(keyId, limits);
      const refused = rateRefusal(counters, now);
      if (refused !== null) return { outcome: failure(refused), headers: headersOf(counters, now) };
      const leave = counters.places === null ? everyone.take(keyId) : counters.places.take(ONE);
      if (leave === null) return { outcome: failure(crowded(limits)), headers: headersOf(counters, now) };
      counters.requests?.count(ONE, now);
      return { outcome: success(leave), headers: headersOf(counters, now) };
    },
  };
}
