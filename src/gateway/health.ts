import {
  afterFault,
  afterSuccess,
  type Breaker,
  type BreakerPolicy,
  cooldownMs,
  HEALTHY,
  stateAt,
} from "../core/breaker.ts";
import type { HealthState } from "../core/event.ts";
import { FAULT_RULES, type Fault } from "../core/fault.ts";
import type { Target } from "../core/target.ts";
import type { Clock } from "../host/clock.ts";
import type { Bus } from "./bus.ts";

/** Health of one account, for `status` and the admin API. Times are Unix ms. */
export interface AccountHealth {
  readonly provider: string;
  readonly account: string;
  readonly state: HealthState;
  readonly coolingUntil: number | null;
  readonly lastError: string | null;
  readonly lastErrorAt: number | null;
  readonly successes: number;
  readonly failures: number;
}

/** Passive health of every account, learnt from real traffic only. */
export interface HealthBook {
  succeeded(target: Target): void;
  /** `group` names the accounts that share the target's quota. */
  failed(target: Target, group: string, fault: Fault): void;
  /** Until when an account is not to be asked, or null. A half-open breaker is asked by one request at a time. */
  coolingUntil(provider: string, account: string): number | null;
  snapshot(): readonly AccountHealth[];
  /** Forgets everything: after a reload a mended key is asked again at once. */
  reset(): void;
}

interface Entry {
  breaker: Breaker;
  group: string;
  pausedUntil: number;
  probeUntil: number;
}

/** While one probe of a half-open breaker is out, others wait this long for its outcome. */
const PROBE_MS = 2_000;

/** Makes an empty book. */
export function createHealthBook(clock: Clock, bus: Bus, policy: () => BreakerPolicy): HealthBook {
  const entries = new Map<string, Entry>();
  const keyOf = (provider: string, account: string): string => `${provider}\n${account}`;

  function entryOf(provider: string, account: string, group = account): Entry {
    const key = keyOf(provider, account);
    const known = entries.get(key);
    if (known !== undefined) return known;
    const fresh: Entry = { breaker: HEALTHY, group, pausedUntil: 0, probeUntil: 0 };
    entries.set(key, fresh);
    return fresh;
  }

  function announce(target: Target, before: HealthState, entry: Entry, reason: string): void {
    const state = stateAt(entry.breaker, clock.now());
    if (state === before) return;
    bus.emit({ event: "health", at: clock.now(), provider: target.provider, account: target.account, state, reason });
  }

  function pause(target: Target, group: string, fault: Fault): void {
    const until = clock.now() + cooldownMs(fault);
    const isGroupWide = FAULT_RULES[fault.kind].coolsDown === "group";
    for (const [key, entry] of entries) {
      const isSame = key === keyOf(target.provider, target.account);
      const isSibling = key.startsWith(`${target.provider}\n`) && entry.group === group;
      if (isSame || (isGroupWide && isSibling)) entry.pausedUntil = Math.max(entry.pausedUntil, until);
    }
  }

  return {
    succeeded(target) {
      const entry = entryOf(target.provider, target.account);
      const before = stateAt(entry.breaker, clock.now());
      entry.breaker = afterSuccess(entry.breaker);
      entry.pausedUntil = 0;
      announce(target, before, entry, "answered");
    },
    failed(target, group, fault) {
      const entry = entryOf(target.provider, target.account, group);
      entry.group = group;
      const before = stateAt(entry.breaker, clock.now());
      entry.breaker = afterFault(entry.breaker, fault, clock.now(), policy());
      if (cooldownMs(fault) > 0) pause(target, group, fault);
      announce(target, before, entry, fault.message);
    },
    coolingUntil(provider, account) {
      const entry = entries.get(keyOf(provider, account));
      if (entry === undefined) return null;
      const now = clock.now();
      if (entry.pausedUntil > now) return entry.pausedUntil;
      const state = stateAt(entry.breaker, now);
      if (state === "closed") return null;
      if (state === "open") return entry.breaker.openUntil;
      if (entry.probeUntil > now) return entry.probeUntil;
      entry.probeUntil = now + PROBE_MS;
      return null;
    },
    snapshot: () => [...entries].map(([key, entry]) => describe(key, entry, clock.now())),
    reset: () => entries.clear(),
  };
}

function describe(key: string, entry: Entry, now: number): AccountHealth {
  const [provider = "", account = ""] = key.split("\n");
  const state = stateAt(entry.breaker, now);
  const until = Math.max(entry.pausedUntil, state === "open" ? entry.breaker.openUntil : 0);
  return {
    provider,
    account,
    state,
    coolingUntil: until > now ? until : null,
    lastError: entry.breaker.lastFault,
    lastErrorAt: entry.breaker.lastFaultAt,
    successes: entry.breaker.successes,
    failures: entry.breaker.failures,
  };
}
