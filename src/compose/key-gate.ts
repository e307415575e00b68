import { type ClientError, refusal } from "../core/fault.ts";
import type { KeyLimits } from "../core/key-limits.ts";
import { createConcurrencyBook, createRateBook, type RateBook } from "../core/rate.ts";
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

/** What one key is counted by. */
interface Counters {
  readonly limits: KeyLimits;
  readonly requests: RateBook | null;
  readonly tokens: RateBook | null;
}

/** A book has one key here. */
const ONE = "";

function bookOf(perMinute: number | null, atOnce: number | null): RateBook | null {
  return perMinute === null ? null : createRateBook({ burst: atOnce ?? perMinute, intervalMs: MINUTE_MS / perMinute });
}

/** Counters for these limits; a rate that is as before counts on. */
function countersFor(limits: KeyLimits, before: Counters | undefined): Counters {
  const { requestsPerMinute, burst, tokensPerMinute } = limits;
  const hasSameRequests = before?.limits.requestsPerMinute === requestsPerMinute && before.limits.burst === burst;
  const hasSameTokens = before?.limits.tokensPerMinute === tokensPerMinute;
  if (before !== undefined && hasSameRequests && hasSameTokens) return before;
  return {
    limits,
    requests: hasSameRequests ? before.requests : bookOf(requestsPerMinute, burst),
    tokens: hasSameTokens ? before.tokens : bookOf(tokensPerMinute, null),
  };
}

/** A span as OpenAI's rate limit headers write it: `17ms`, `1.5s`, `6m0s`. */
export function formatReset(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.ceil(milliseconds)}ms`;
  if (milliseconds < 59_900) return `${Math.ceil(milliseconds / 100) / 10}s`;
  const seconds = Math.ceil(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
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
  const inFlight = createConcurrencyBook(IN_FLIGHT_PER_CALLER);
  const counted = new Map<string, Counters>();
  bus.subscribe((event) => {
    if (event.event !== "settled" || event.intent.keyId === null) return;
    const tokens = counted.get(event.intent.keyId)?.tokens ?? null;
    const used = tokens === null ? 0 : totalInput(event.outcome.usage) + totalOutput(event.outcome.usage);
    if (used > 0) tokens?.count(ONE, clock.monotonic(), used);
  });
  const take = (who: string, limits: KeyLimits): Entry["outcome"] => {
    const isFull = limits.concurrent !== null && inFlight.open(who) >= limits.concurrent;
    const leave = isFull ? null : inFlight.take(who);
    return leave === null ? failure(crowded(limits)) : success(leave);
  };
  return {
    enter({ keyId, limits }, address): Entry {
      if (keyId === null) return { outcome: take(address, limits), headers: {} };
      const now = clock.monotonic();
      const counters = countersFor(limits, counted.get(keyId));
      counted.set(keyId, counters);
      const refused = rateRefusal(counters, now);
      if (refused !== null) return { outcome: failure(refused), headers: headersOf(counters, now) };
      const outcome = take(keyId, limits);
      if (outcome.ok) counters.requests?.count(ONE, now);
      return { outcome, headers: headersOf(counters, now) };
    },
  };
}
