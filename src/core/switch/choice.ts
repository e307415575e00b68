import {
  LOCAL_PRIORITIES,
  type Loading,
  type LocalPriority,
  type Resident,
  type SwitchLimits,
  type SwitchState,
  type Waiter,
} from "./state.ts";

/** How long each class waits before it is owed its model, as a part of `maxWaitMs`. */
const PATIENCE: Readonly<Record<LocalPriority, number>> = { completion: 0.25, chat: 1, batch: 4 };

/** A model in use has answered at least so many requests since it was loaded. */
const IN_USE = 2;

/** What any pause is allowed to differ by. */
const PAUSE_SLACK_MS = 100;

/** Loads are to take at most one part in so many of an engine's time. */
const LOADS_A_STAY = 4;

/** A stay is at most this part of `maxWaitMs`: the load's price is learned, and a machine that was busy for a while made it dear. */
const STAY_SHARE = 0.5;

/** Until when (monotonic ms) a request waits for its turn; from then on it is owed the next one. */
function deadlineOf({ arrivedAt, priority }: Waiter, { maxWaitMs }: SwitchLimits): number {
  return arrivedAt + PATIENCE[priority] * maxWaitMs;
}

/** Whether a request has waited longer than its class should. */
function isOverdue(waiter: Waiter, limits: SwitchLimits, nowMs: number): boolean {
  return nowMs >= deadlineOf(waiter, limits);
}

/** Whether what is in memory can answer a request: its model, with enough context. */
export function isServable(state: SwitchState, { model, contextTokens }: Waiter): boolean {
  return state.residents.some(
    (resident) =>
      resident.model === model && resident.contextTokens !== null && resident.contextTokens >= contextTokens,
  );
}

function hasFreeSlot({ running, slots }: SwitchState, model: string): boolean {
  return running.filter((entry) => entry.model === model).length < slots;
}

/** Whether a request could begin at once. */
export function answersNow(state: SwitchState, waiter: Waiter): boolean {
  return isServable(state, waiter) && hasFreeSlot(state, waiter.model);
}

/** Whether a model was seen in memory beside every other of a list, so that loading it drives none of them out. */
function fitsBeside({ companions }: SwitchState, model: string, others: readonly string[]): boolean {
  return others.every((other) => other !== model && companions.includes([model, other].sort().join(" ")));
}

function rank({ priority }: Waiter): number {
  return LOCAL_PRIORITIES.indexOf(priority);
}

/** The first by: overdue (in the order of their deadlines), class, arrival. */
function firstOf(waiters: readonly Waiter[], limits: SwitchLimits, nowMs: number): Waiter | null {
  const overdue = waiters.filter((waiter) => isOverdue(waiter, limits, nowMs));
  const pool = overdue.length > 0 ? overdue : waiters;
  const key = (waiter: Waiter): number => (overdue.length > 0 ? deadlineOf(waiter, limits) : rank(waiter));
  return pool.reduce<Waiter | null>((best, waiter) => (best === null || key(waiter) < key(best) ? waiter : best), null);
}

/** A model that was loaded for those who had waited too long keeps its turn for a while, as long as more of them wait. */
function hasTurn(resident: Resident, state: SwitchState, limits: SwitchLimits, nowMs: number): boolean {
  const { model, isOwed, sinceMs, served } = resident;
  if (!isOwed || (nowMs - sinceMs >= limits.minResidencyMs && served >= limits.minServed)) return false;
  return state.waiting.some(
    (waiter) => waiter.model === model && isServable(state, waiter) && isOverdue(waiter, limits, nowMs),
  );
}

/** Whose model must be loaded before any later request begins: one that waited too long, or needs more of a model's context. */
function findClaim(state: SwitchState, limits: SwitchLimits, nowMs: number): Waiter | null {
  const unserved = state.waiting.filter((waiter) => !isServable(state, waiter));
  if (unserved.length === 0) return null;
  if (state.residents.some((resident) => hasTurn(resident, state, limits, nowMs))) return null;
  const first = firstOf(
    unserved.filter((waiter) => isOverdue(waiter, limits, nowMs)),
    limits,
    nowMs,
  );
  return first ?? unserved.find(({ model }) => state.residents.some((resident) => resident.model === model)) ?? null;
}

/** Whether loading a model would have to wait for what runs. */
function mustDrain(state: SwitchState, model: string): boolean {
  const running = state.running.map((entry) => entry.model);
  return running.length > 0 && !fitsBeside(state, model, running);
}

/** The request that begins now; null where none can or may. */
export function nextDispatch(state: SwitchState, limits: SwitchLimits, nowMs: number): Waiter | null {
  const { loading, residents } = state;
  const others = residents.map(({ model }) => model);
  // A load that should go on beside the others may have to wait for them in the engine all the same.
  const isDriven =
    loading !== null && (nowMs - loading.sinceMs >= limits.maxWaitMs || !fitsBeside(state, loading.model, others));
  if (isDriven) return null;
  const claim = loading === null ? findClaim(state, limits, nowMs) : null;
  const ready = state.waiting.filter((waiter) => answersNow(state, waiter));
  if (claim === null || fitsBeside(state, claim.model, others)) {
    return firstOf(ready, limits, nowMs);
  }
  const isNoLater = (waiter: Waiter): boolean => deadlineOf(waiter, limits) <= deadlineOf(claim, limits);
  return firstOf(
    ready.filter((waiter) => isOverdue(waiter, limits, nowMs) && isNoLater(waiter)),
    limits,
    nowMs,
  );
}

/** Until when the next request of a model that is in use may be expected: a little more than its clients' pause. */
function lingersUntil(state: SwitchState, { model, served, lastUsedAt }: Resident, { lingerMs }: SwitchLimits): number {
  const pauseMs = state.pauses[model];
  if (served < IN_USE || pauseMs === undefined || pauseMs > lingerMs) return Number.NEGATIVE_INFINITY;
  return lastUsedAt + Math.min(lingerMs, 2 * pauseMs + PAUSE_SLACK_MS);
}

/** How long a model stays before an idle engine changes it: what a load is worth, but never so long that others come to be owed. */
function stayMsFor({ loadMs }: Waiter, { maxWaitMs }: SwitchLimits): number {
  return Math.min(LOADS_A_STAY * loadMs, STAY_SHARE * maxWaitMs);
}

/**
 * Whether a model in use is kept for its next request although the engine is idle: for a moment, and until its stay is long
 * enough for the load that the switch costs.
 */
function isKept(waiter: Waiter, state: SwitchState, limits: SwitchLimits, nowMs: number): boolean {
  if (waiter.priority === "completion") return false;
  const stayMs = stayMsFor(waiter, limits);
  return state.residents.some(
    (resident) => nowMs < Math.min(lingersUntil(state, resident, limits), resident.sinceMs + stayMs),
  );
}

/** The model to load now, once for all who wait for it; null where none is, or what runs must end before. */
export function nextLoad(state: SwitchState, limits: SwitchLimits, nowMs: number): Omit<Loading, "sinceMs"> | null {
  if (state.loading !== null) return null;
  const claim = findClaim(state, limits, nowMs);
  const unserved = state.waiting.filter((waiter) => !isServable(state, waiter));
  const chosen = claim ?? firstOf(unserved, limits, nowMs);
  if (chosen === null || mustDrain(state, chosen.model)) return null;
  const isProtected = state.residents.some((resident) => hasTurn(resident, state, limits, nowMs));
  if (claim === null && (isProtected || isKept(chosen, state, limits, nowMs))) return null;
  const { model, loadMs: expectedMs } = chosen;
  const sharers = state.waiting.filter((waiter) => waiter.model === model);
  const contextTokens = Math.max(...sharers.map((waiter) => waiter.loadContextTokens));
  if (state.residents.some((resident) => resident.model === model)) {
    return { model, contextTokens, expectedMs, cause: "context" };
  }
  return { model, contextTokens, expectedMs, cause: isOverdue(chosen, limits, nowMs) ? "overdue" : "idle" };
}

/** When (monotonic ms) time alone changes what is to be done; null for never. */
export function nextMoment(state: SwitchState, limits: SwitchLimits, nowMs: number): number | null {
  if (state.waiting.length === 0) return null;
  const moments = [
    ...state.waiting.map((waiter) => deadlineOf(waiter, limits)),
    ...state.waiting.flatMap(({ arrivedAt, overflowMs }) => (overflowMs === null ? [] : [arrivedAt + overflowMs + 1])),
    ...state.residents.map(({ sinceMs }) => sinceMs + limits.minResidencyMs),
    ...state.waiting.flatMap((waiter) => state.residents.map(({ sinceMs }) => sinceMs + stayMsFor(waiter, limits))),
    ...state.residents.map((resident) => lingersUntil(state, resident, limits)),
  ].filter((moment) => moment > nowMs);
  const first = Math.min(...moments);
  return Number.isFinite(first) ? first : null;
}
