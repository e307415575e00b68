import { isServable } from "./choice.ts";
import type { SwitchLimits, SwitchState, Waiter } from "./state.ts";

function sum(waiters: readonly Waiter[]): number {
  return waiters.reduce((total, { serviceMs }) => total + serviceMs, 0);
}

/** What the requests in progress still take, and the load in progress. */
function remainingMs({ running, loading, slots }: SwitchState, nowMs: number): number {
  const rests = running.map(({ startedAt, serviceMs }) => Math.max(0, startedAt + serviceMs - nowMs));
  const load = loading === null ? 0 : Math.max(0, loading.sinceMs + loading.expectedMs - nowMs);
  return load + rests.reduce((total, rest) => total + rest, 0) / slots;
}

/** Those who wait for other models than this one and have waited longer: each model's load, and its requests for one turn. */
function othersMs(state: SwitchState, waiter: Waiter, limits: SwitchLimits): number {
  const before = state.waiting.filter((other) => other.model !== waiter.model && other.arrivedAt <= waiter.arrivedAt);
  const unserved = before.filter((other) => !isServable(state, other) && other.model !== state.loading?.model);
  const models = [...new Set(unserved.map(({ model }) => model))];
  return models.reduce((total, model) => {
    const own = unserved.filter((other) => other.model === model);
    return total + (own[0]?.loadMs ?? 0) + Math.min(limits.maxWaitMs, sum(own) / state.slots);
  }, 0);
}

/**
 * How long (ms) a request that waits is expected to wait from now on, by what everything before it is expected to take. For
 * one whose model must be loaded: the rest of what runs, the turn of the loaded model (at most `maxWaitMs`), the turns of
 * those who came before, its own load, and its own model's queue.
 */
export function expectedWaitMs(state: SwitchState, waiter: Waiter, limits: SwitchLimits, nowMs: number): number {
  const ahead = state.waiting.filter(
    (other) => other.model === waiter.model && other.id !== waiter.id && other.arrivedAt <= waiter.arrivedAt,
  );
  const queueMs = sum(ahead) / state.slots;
  const isLoading = state.loading?.model === waiter.model;
  if (isLoading || isServable(state, waiter)) return remainingMs(state, nowMs) + queueMs;
  const served = state.waiting.filter((other) => isServable(state, other));
  const turnMs = Math.min(limits.maxWaitMs, sum(served) / state.slots);
  return remainingMs(state, nowMs) + turnMs + othersMs(state, waiter, limits) + waiter.loadMs + queueMs;
}
