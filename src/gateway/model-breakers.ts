import { afterFault, afterSuccess, type Breaker, type BreakerPolicy, HEALTHY, stateAt } from "../core/breaker.ts";
import type { Fault } from "../core/fault.ts";
import type { PausedModelView } from "../core/health-view.ts";
import type { Target } from "../core/target.ts";
import type { Clock } from "../host/clock.ts";

/** Breakers of single models, where a server loads each by itself: one that cannot be loaded says nothing of the others. */
export interface ModelBreakers {
  asked(target: Target, trialUntil: number): void;
  /** A call that nothing was learnt from. */
  spared(target: Target): void;
  succeeded(target: Target): void;
  failed(target: Target, fault: Fault): void;
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
}

/** Names come from clients, and only those that fail are kept: the one that failed first is forgotten. */
const MOST_MODELS = 256;

function keyOf({ provider, account, model }: Target): string {
  return `${provider}\n${account}\n${model}`;
}

function untilOf({ breaker, trialUntil }: Entry, now: number): number {
  const state = stateAt(breaker, now);
  return state === "open" ? breaker.openUntil : state === "half-open" ? trialUntil : 0;
}

/** No model has failed yet. */
export function createModelBreakers(clock: Clock, policy: () => BreakerPolicy): ModelBreakers {
  const entries = new Map<string, Entry>();
  // Mostly none has failed, and every call asks several times.
  const find = (target: Target): Entry | undefined => (entries.size === 0 ? undefined : entries.get(keyOf(target)));
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
      const entry = find(target);
      if (entry !== undefined) Object.assign(entry, { breaker: afterSuccess(entry.breaker), trialUntil: 0 });
    },
    failed(target, fault) {
      const entry = find(target) ?? { target, breaker: HEALTHY, trialUntil: 0 };
      const breaker = afterFault(entry.breaker, fault, clock.now(), policy());
      entries.set(keyOf(target), Object.assign(entry, { breaker, trialUntil: 0 }));
      const [oldest] = entries.keys();
      if (entries.size > MOST_MODELS && oldest !== undefined) entries.delete(oldest);
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
