import { answersNow, nextDispatch, nextLoad, nextMoment } from "./choice.ts";
import { expectedWaitMs } from "./expectation.ts";
import type { LoadedModel, Resident, SwitchEffect, SwitchEvent, SwitchLimits, SwitchState, Waiter } from "./state.ts";

/** What follows from one event. `wakeAt` (monotonic ms) is when a `tick` is due at the latest; null for never. */
export interface SwitchStep {
  readonly state: SwitchState;
  readonly effects: readonly SwitchEffect[];
  readonly wakeAt: number | null;
}

type Ruling = Pick<SwitchStep, "state" | "effects">;

function unchanged(state: SwitchState): Ruling {
  return { state, effects: [] };
}

function pairsOf(seen: readonly Pick<LoadedModel, "model">[]): readonly string[] {
  const names = seen.map(({ model }) => model).sort();
  return names.flatMap((first, index) => names.slice(index + 1).map((second) => `${first} ${second}`));
}

function unusedSince(nowMs: number): Pick<Resident, "sinceMs" | "served" | "lastUsedAt"> {
  return { sinceMs: nowMs, served: 0, lastUsedAt: nowMs };
}

/** The server's own word on what it holds; what we know of the same model's use is kept. */
function withSeen(state: SwitchState, seen: readonly LoadedModel[], nowMs: number): SwitchState {
  const residents = seen.map((loaded): Resident => {
    const known = state.residents.find(({ model }) => model === loaded.model);
    if (known === undefined) return { ...loaded, ...unusedSince(nowMs), isOwed: false };
    return { ...known, contextTokens: loaded.contextTokens ?? known.contextTokens };
  });
  const companions = [...new Set([...state.companions, ...pairsOf(seen)])];
  return { ...state, residents, companions, seenAt: nowMs };
}

/** What we loaded is there, whatever else the server says: a listing may lag behind. */
function afterLoad(state: SwitchState, seen: readonly LoadedModel[] | null, nowMs: number): SwitchState {
  const { loading } = state;
  if (loading === null) return state;
  const { model, contextTokens, cause } = loading;
  const fresh = { model, ...unusedSince(nowMs), isOwed: cause === "overdue" };
  const told = seen?.find((entry) => entry.model === model)?.contextTokens ?? contextTokens;
  const others = (seen ?? []).filter((entry) => entry.model !== model);
  const before = { ...state, loading: null, residents: state.residents.filter((entry) => entry.model !== model) };
  const known = withSeen(before, others, nowMs);
  const stayed = others.map((entry) => entry.model);
  const gone = seen === null ? [] : before.residents.filter((entry) => !stayed.includes(entry.model));
  const apart = gone.flatMap((entry) => pairsOf([entry, fresh]));
  const pairs = [...known.companions.filter((pair) => !apart.includes(pair)), ...pairsOf([fresh, ...others])];
  const companions = [...new Set(pairs)];
  return { ...known, companions, residents: [...known.residents, { ...fresh, contextTokens: told }] };
}

function afterFinish(state: SwitchState, id: number, nowMs: number): SwitchState {
  const ended = state.running.find((entry) => entry.id === id);
  if (ended === undefined) return state;
  const residents = state.residents.map((resident) =>
    resident.model === ended.model ? { ...resident, served: resident.served + 1, lastUsedAt: nowMs } : resident,
  );
  return { ...state, residents, running: state.running.filter((entry) => entry !== ended), seenAt: nowMs };
}

/** A request waits from now on; how long its model's clients pause before the next one is learned. */
function afterArrival(state: SwitchState, waiter: Waiter, nowMs: number): SwitchState {
  const waiting = [...state.waiting, waiter];
  const { model } = waiter;
  const resident = state.residents.find((entry) => entry.model === model);
  const isBusy = [...state.running, ...state.waiting].some((entry) => entry.model === model);
  if (resident === undefined || resident.served === 0 || isBusy) return { ...state, waiting };
  const pauseMs = nowMs - resident.lastUsedAt;
  const known = state.pauses[model];
  return {
    ...state,
    waiting,
    pauses: { ...state.pauses, [model]: known === undefined ? pauseMs : (known + pauseMs) / 2 },
  };
}

function refuseAll(state: SwitchState, model: string): Ruling {
  const refused = state.waiting.filter((waiter) => waiter.model === model);
  return {
    state: { ...state, loading: null, waiting: state.waiting.filter((waiter) => waiter.model !== model) },
    effects: refused.map(({ id }): SwitchEffect => ({ kind: "refuse", id, reason: "load-failed" })),
  };
}

function warm(state: SwitchState, event: Extract<SwitchEvent, { kind: "warm" }>, nowMs: number): Ruling {
  const { model, contextTokens, expectedMs } = event;
  const isBusy = state.loading !== null || state.waiting.length > 0 || state.running.length > 0;
  if (isBusy || state.residents.some((resident) => resident.model === model)) return unchanged(state);
  const loading = { model, contextTokens, sinceMs: nowMs, expectedMs, cause: "warm-up" as const };
  return { state: { ...state, loading }, effects: [{ kind: "load", model, contextTokens, cause: "warm-up" }] };
}

/** What an event says by itself, before anything is decided. */
function take(state: SwitchState, event: SwitchEvent, nowMs: number): Ruling {
  switch (event.kind) {
    case "arrived":
      return unchanged(afterArrival(state, event.waiter, nowMs));
    case "cancelled":
      return unchanged({ ...state, waiting: state.waiting.filter(({ id }) => id !== event.id) });
    case "finished":
      return unchanged(afterFinish(state, event.id, nowMs));
    case "loaded":
      return unchanged(afterLoad(state, event.seen, nowMs));
    case "load-failed":
      return state.loading === null ? unchanged(state) : refuseAll(state, state.loading.model);
    case "observed": {
      const known = event.seen === null ? { ...state, seenAt: nowMs } : withSeen(state, event.seen, nowMs);
      return unchanged({ ...known, isLooking: false });
    }
    case "warm":
      return warm(state, event, nowMs);
    case "release":
      return unchanged({ ...state, unwanted: [...new Set([...state.unwanted, event.model])] });
    case "slots":
      return unchanged({ ...state, slots: event.slots });
    case "tick":
      return unchanged(state);
  }
}

/** Those for whom it takes too long, by what is expected or because it has. */
function refuseLate(state: SwitchState, limits: SwitchLimits, nowMs: number): Ruling {
  const late = state.waiting.filter((waiter) => {
    if (waiter.overflowMs === null || answersNow(state, waiter)) return false;
    const waitedMs = nowMs - waiter.arrivedAt;
    return waitedMs + expectedWaitMs(state, waiter, limits, nowMs) > waiter.overflowMs;
  });
  if (late.length === 0) return unchanged(state);
  return {
    state: { ...state, waiting: state.waiting.filter((waiter) => !late.includes(waiter)) },
    effects: late.map(({ id }): SwitchEffect => ({ kind: "refuse", id, reason: "busy" })),
  };
}

function abortLoad(state: SwitchState): Ruling {
  const { loading, waiting } = state;
  const isWanted = waiting.length === 0 || waiting.some(({ model }) => model === loading?.model);
  if (loading === null || isWanted) return unchanged(state);
  const residents = state.residents.filter(({ model }) => model !== loading.model);
  return {
    state: { ...state, loading: null, residents, isLooking: true },
    effects: [{ kind: "abort-load" }, { kind: "look" }],
  };
}

function look(state: SwitchState, { staleMs }: SwitchLimits, nowMs: number): Ruling {
  const isDue = state.waiting.length > 0 && state.running.length === 0 && nowMs - state.seenAt > staleMs;
  if (!isDue) return unchanged(state);
  return { state: { ...state, isLooking: true }, effects: [{ kind: "look" }] };
}

function unload(state: SwitchState): Ruling {
  const isUsed = (model: string): boolean =>
    [...state.running, ...state.waiting].some((entry) => entry.model === model);
  const idle = state.unwanted.filter((model) => !isUsed(model));
  if (idle.length === 0) return unchanged(state);
  return {
    state: {
      ...state,
      unwanted: state.unwanted.filter((model) => !idle.includes(model)),
      residents: state.residents.filter(({ model }) => !idle.includes(model)),
    },
    effects: idle.map((model): SwitchEffect => ({ kind: "unload", model })),
  };
}

/** One request onto the engine, or one model into it. */
function proceed(state: SwitchState, limits: SwitchLimits, nowMs: number): Ruling {
  const waiter = nextDispatch(state, limits, nowMs);
  if (waiter !== null) {
    const { id, model, serviceMs, contextTokens } = waiter;
    const resident = state.residents.find((entry) => entry.model === model);
    return {
      state: {
        ...state,
        waiting: state.waiting.filter((entry) => entry !== waiter),
        running: [...state.running, { id, model, serviceMs, startedAt: nowMs }],
      },
      effects: [{ kind: "dispatch", id, contextTokens: resident?.contextTokens ?? contextTokens }],
    };
  }
  const load = nextLoad(state, limits, nowMs);
  if (load === null) return unchanged(state);
  const { model, contextTokens, cause } = load;
  return {
    state: { ...state, loading: { ...load, sinceMs: nowMs } },
    effects: [{ kind: "load", model, contextTokens, cause }],
  };
}

/** Decides until nothing follows any more: each round dispatches, refuses or begins something, so there is an end. */
function decide(from: SwitchState, limits: SwitchLimits, nowMs: number): Ruling {
  let state = from;
  const effects: SwitchEffect[] = [];
  const rules = [
    () => refuseLate(state, limits, nowMs),
    () => abortLoad(state),
    () => (state.loading === null && !state.isLooking ? look(state, limits, nowMs) : unchanged(state)),
    () => (state.isLooking ? unchanged(state) : proceed(state, limits, nowMs)),
    () => unload(state),
  ];
  for (let hasMoved = true; hasMoved; ) {
    hasMoved = false;
    for (const rule of rules) {
      const ruling = rule();
      hasMoved ||= ruling.effects.length > 0;
      effects.push(...ruling.effects);
      state = ruling.state;
    }
  }
  return { state, effects };
}

/**
 * The policy of one engine that holds few models at a time (adr/0022-local-scheduler.md). Requests for what is loaded go
 * on, in the order of their class and arrival; the rest is held, and a model is loaded once for all that wait for it: when
 * the engine is free, or when somebody has waited too long. Pure: time comes in, what is to be done goes out.
 */
export function stepSwitch(state: SwitchState, event: SwitchEvent, limits: SwitchLimits, nowMs: number): SwitchStep {
  const taken = take(state, event, nowMs);
  const decided = decide(taken.state, limits, nowMs);
  return {
    state: decided.state,
    effects: [...taken.effects, ...decided.effects],
    wakeAt: nextMoment(decided.state, limits, nowMs),
  };
}
