import { afterFault, afterSuccess, type Breaker, type BreakerPolicy, HEALTHY, stateAt } from "../core/breaker.ts";
import type { Fault } from "../core/fault.ts";
import type { PausedModelView } from "../core/health-view.ts";
import type { Target } from "../core/target.ts";
import type { Clock } from "../host/clock.ts";
import type { Bus } from "./bus.ts";

/** Breakers of single models, where a server loads each by itself: one that cannot be loaded says nothing of the others. */
export interface ModelBreakers {
  asked(target: Target, trialUntil: number): void;
  /** A call that nothing was learnt from. */
  spared(target: Target): void;
  succeeded(target: Target): void;
  failed(target: Target, fault: Fault): void;
  /**
   * Another model of the account failed as well, within the window, and none has answered since: then it is the server that
   * fails, and not one model.
   */
  hasCompany(target: Target): boolean;
  /** Until when (Unix ms) a model is not to be asked; 0 where it may be. */
  until(target: Target): number;
  /** The models of an account that are left out now. */
  pauses(provider: string, account: string): readonly PausedModelView[];
  reset(): void;
}

interface Entry {
  readonly target: Target;
  breaker: Breaker;
  trialUntil: number;
  /** No model of its account has answered since it failed. */
  isUnanswered: boolean;
}

/** Names come from clients, and only those that fail are kept: the one that failed first is forgotten. */
const MOST_MODELS = 256;

function keyOf({ provider, account, model }: Target): string {
  return `${provider}\n${account}\n${model}`;
}

function isSameAccount(left: Target, right: Target): boolean {
  return left.provider === right.provider && left.account === right.account;
}

function untilOf({ breaker, trialUntil }: Entry, now: number): number {
  const state = stateAt(breaker, now);
  return state === "open" ? breaker.openUntil : state === "half-open" ? trialUntil : 0;
}

/** No model has failed yet. A model that opens or closes is told to the bus. */
export function createModelBreakers(clock: Clock, bus: Bus, policy: () => BreakerPolicy): ModelBreakers {
  const entries = new Map<string, Entry>();
  // Mostly none has failed, and every call asks several times.
  const find = (target: Target): Entry | undefined => (entries.size === 0 ? undefined : entries.get(keyOf(target)));
  function turn(entry: Entry, reason: string, step: (breaker: Breaker) => Breaker): void {
    const before = stateAt(entry.breaker, clock.now());
    Object.assign(entry, { breaker: step(entry.breaker), trialUntil: 0 });
    const state = stateAt(entry.breaker, clock.now());
    if (state !== before) bus.emit({ event: "health", at: clock.now(), ...entry.target, state, reason });
  }
  return {
    asked(target, trialUntil) {
      const entry = find(target);
      if (entry !== undefined && stateAt(entry.breaker, clock.now()) === "half-open") entry.trialUntil = trialUntil;
    },
    spared(target) {
      const entry = find(target);
      if (entry !== undefined) entry.trialUntil = 0;
    },
    succeeded(target) {
      for (const entry of entries.values()) if (isSameAccount(entry.target, target)) entry.isUnanswered = false;
      const entry = find(target);
      if (entry !== undefined) turn(entry, "answered", afterSuccess);
    },
    failed(target, fault) {
      const { provider, account, model } = target;
      const named = { provider, account, model };
      const entry = find(target) ?? { target: named, breaker: HEALTHY, trialUntil: 0, isUnanswered: true };
      entry.isUnanswered = true;
      entries.set(keyOf(target), entry);
      turn(entry, fault.message, (breaker) => afterFault(breaker, fault, clock.now(), policy()));
      const [oldest] = entries.keys();
      if (entries.size > MOST_MODELS && oldest !== undefined) entries.delete(oldest);
    },
    hasCompany(target) {
      const since = clock.now() - policy().windowMs;
      return [...entries.values()].some(
        ({ target: other, breaker, isUnanswered }) =>
          isUnanswered &&
          isSameAccount(other, target) &&
          other.model !== target.model &&
          (breaker.lastFaultAt ?? 0) > since,
      );
    },
    until(target) {
      const entry = find(target);
      return entry === undefined ? 0 : untilOf(entry, clock.now());
    },
    pauses(provider, account) {
      const now = clock.now();
      return [...entries.values()].flatMap((entry) => {
        const { target, breaker } = entry;
        const untilMs = untilOf(entry, now);
        const isOwn = target.provider === provider && target.account === account;
        return isOwn && untilMs > now ? [{ model: target.model, untilMs, reason: breaker.lastFault }] : [];
      });
    },
    reset: () => entries.clear(),
  };
}
