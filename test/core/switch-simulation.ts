import { stepSwitch } from "../../src/core/switch/policy.ts";
import {
  initialSwitchState,
  type LoadedModel,
  type LocalPriority,
  type SwitchEffect,
  type SwitchEvent,
  type SwitchLimits,
  type SwitchState,
} from "../../src/core/switch/state.ts";

/** One request of a trace. Times are milliseconds. */
export interface Job {
  readonly at: number;
  readonly model: string;
  readonly serviceMs: number;
  readonly priority?: LocalPriority;
  readonly contextTokens?: number;
  readonly overflowMs?: number;
  /** Its client leaves so long after it came, unless it has begun. */
  readonly leavesAfterMs?: number;
}

/** What became of one. */
export interface Fate {
  readonly job: Job;
  beganAt: number | null;
  endedAt: number | null;
  refusedFor: "busy" | "load-failed" | null;
  leftAt: number | null;
}

export interface World {
  readonly limits?: Partial<SwitchLimits>;
  readonly loadMs?: number;
  /** Models held at a time. */
  readonly capacity?: number;
  readonly slots?: number;
  /** These cannot be loaded. */
  readonly broken?: readonly string[];
  /** Somebody else loads a model, at these times. */
  readonly intrusions?: readonly { readonly at: number; readonly model: string }[];
  /** Called before and after each step. */
  readonly watch?: (state: SwitchState, nowMs: number, effects: readonly SwitchEffect[]) => void;
}

export interface Outcome {
  readonly fates: readonly Fate[];
  /** Models loaded, in order; reloads included. */
  readonly loads: readonly string[];
  readonly endedAt: number;
  /** Requests sent for a model that was not in memory. */
  readonly misses: number;
}

export const LIMITS: SwitchLimits = {
  maxWaitMs: 30_000,
  minResidencyMs: 10_000,
  lingerMs: 5_000,
  minServed: 10,
  staleMs: 5_000,
};

const MAX_EVENTS = 100_000;

/** A pending moment of the simulation; `run` may plan more of them. */
interface Moment {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Plays a trace through the policy, against an engine that does as it is told, in simulated time. */
export function simulate(jobs: readonly Job[], world: World = {}): Outcome {
  const { loadMs = 3_000, capacity = 1, slots = 1, broken = [], intrusions = [], watch } = world;
  const limits = { ...LIMITS, ...world.limits };
  const fates: Fate[] = jobs.map((job) => ({ job, beganAt: null, endedAt: null, refusedFor: null, leftAt: null }));
  const loads: string[] = [];
  const moments: Moment[] = [];
  let state = initialSwitchState(slots);
  let memory: LoadedModel[] = [];
  let now = 0;
  let order = 0;
  let loadNumber = 0;
  let wakeNumber = 0;
  let misses = 0;

  function plan(at: number, run: () => void): void {
    moments.push({ at, order: order++, run });
  }

  function hold(model: LoadedModel): void {
    memory = [...memory.filter((entry) => entry.model !== model.model), model].slice(-capacity);
  }

  function fateOf(id: number): Fate {
    const fate = fates[id];
    if (fate === undefined) throw new Error(`no request ${id}`);
    return fate;
  }

  function dispatch(id: number): void {
    const fate = fateOf(id);
    if (fate.beganAt !== null || fate.refusedFor !== null) throw new Error(`request ${id} decided twice`);
    fate.beganAt = now;
    const { model, serviceMs, contextTokens = 4_096 } = fate.job;
    const isThere = memory.some((entry) => entry.model === model && (entry.contextTokens ?? 0) >= contextTokens);
    if (!isThere) {
      misses += 1;
      loads.push(model);
      hold({ model, contextTokens });
    }
    plan(now + serviceMs + (isThere ? 0 : loadMs), () => {
      fate.endedAt = now;
      send({ kind: "finished", id });
    });
  }

  function load(model: string, contextTokens: number): void {
    const number = ++loadNumber;
    plan(now + loadMs, () => {
      if (number !== loadNumber) return;
      if (broken.includes(model)) return send({ kind: "load-failed" });
      loads.push(model);
      hold({ model, contextTokens });
      send({ kind: "loaded", seen: memory });
    });
  }

  function refuse(id: number, reason: NonNullable<Fate["refusedFor"]>): void {
    const fate = fateOf(id);
    if (fate.beganAt !== null || fate.refusedFor !== null) throw new Error(`request ${id} decided twice`);
    fate.refusedFor = reason;
  }

  function perform(effect: SwitchEffect): void {
    switch (effect.kind) {
      case "dispatch":
        dispatch(effect.id);
        break;
      case "load":
        load(effect.model, effect.contextTokens);
        break;
      case "abort-load":
        loadNumber += 1;
        break;
      case "unload":
        memory = memory.filter(({ model }) => model !== effect.model);
        break;
      case "refuse":
        refuse(effect.id, effect.reason);
        break;
      case "look":
        plan(now + 1, () => send({ kind: "observed", seen: memory }));
    }
  }

  function send(event: SwitchEvent): void {
    const step = stepSwitch(state, event, limits, now);
    state = step.state;
    for (const effect of step.effects) perform(effect);
    watch?.(state, now, step.effects);
    const wake = ++wakeNumber;
    if (step.wakeAt === null) return;
    plan(step.wakeAt, () => {
      if (wake === wakeNumber) send({ kind: "tick" });
    });
  }

  function arrive(id: number): void {
    const { job } = fateOf(id);
    const contextTokens = job.contextTokens ?? 4_096;
    const waiter = {
      id,
      model: job.model,
      contextTokens,
      loadContextTokens: contextTokens,
      priority: job.priority ?? ("chat" as const),
      arrivedAt: now,
      serviceMs: job.serviceMs,
      loadMs,
      overflowMs: job.overflowMs ?? null,
    };
    send({ kind: "arrived", waiter });
    if (job.leavesAfterMs !== undefined) plan(now + job.leavesAfterMs, () => leave(id));
  }

  function leave(id: number): void {
    const fate = fateOf(id);
    if (fate.beganAt !== null || fate.refusedFor !== null) return;
    fate.leftAt = now;
    send({ kind: "cancelled", id });
  }

  for (const [id, job] of jobs.entries()) plan(job.at, () => arrive(id));
  for (const { at, model } of intrusions) plan(at, () => hold({ model, contextTokens: 4_096 }));
  let count = 0;
  for (; moments.length > 0 && count < MAX_EVENTS; count += 1) {
    const next = moments.reduce((first, moment) =>
      moment.at < first.at || (moment.at === first.at && moment.order < first.order) ? moment : first,
    );
    moments.splice(moments.indexOf(next), 1);
    now = next.at;
    next.run();
  }
  if (count === MAX_EVENTS) throw new Error("the policy never comes to rest");
  return { fates, loads, endedAt: now, misses };
}

/** How often consecutive entries differ. */
export function swapsIn(loads: readonly string[]): number {
  return loads.filter((model, index) => index > 0 && model !== loads[index - 1]).length;
}
