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
  /** A call to the target goes out: while it probes a half-open breaker, others stay away. */
  asked(target: Target): void;
  succeeded(target: Target): void;
  failed(target: Target, fault: Fault): void;
  /** Until when an account is not to be asked, or null. Looking changes nothing. */
  coolingUntil(provider: string, account: string): number | null;
  /** The fault that an account is paused for, or null: a breaker that is open is no pause. */
  pausedBy(provider: string, account: string): Fault | null;
  snapshot(): readonly AccountHealth[];
  /** Forgets everything: after a reload a mended key is asked again at once. */
  reset(): void;
}

interface Entry {
  breaker: Breaker;
  probeUntil: number;
}

/** While one probe of a half-open breaker is out, others wait this long for its outcome. */
const PROBE_MS = 2_000;

function keyOf(provider: string, name: string): string {
  return `${provider}\n${name}`;
}

interface Pause {
  readonly untilMs: number;
  readonly fault: Fault;
}

/** Pauses by what they are about: one account, or the group that shares its quota. A pause always runs its time. */
function createPauses(groupOf: (provider: string, account: string) => string) {
  const accounts = new Map<string, Pause>();
  const groups = new Map<string, Pause>();
  function longest(provider: string, account: string): Pause | null {
    const own = accounts.get(keyOf(provider, account));
    const shared = groups.get(keyOf(provider, groupOf(provider, account)));
    if (own === undefined || shared === undefined) return own ?? shared ?? null;
    return own.untilMs > shared.untilMs ? own : shared;
  }
  return {
    start({ provider, account }: Target, fault: Fault, now: number): void {
      const isGroupWide = FAULT_RULES[fault.kind].coolsDown === "group";
      const pauses = isGroupWide ? groups : accounts;
      const key = keyOf(provider, isGroupWide ? groupOf(provider, account) : account);
      const untilMs = now + cooldownMs(fault);
      if (untilMs > (pauses.get(key)?.untilMs ?? 0)) pauses.set(key, { untilMs, fault });
    },
    until: (provider: string, account: string): number => longest(provider, account)?.untilMs ?? 0,
    cause(provider: string, account: string, now: number): Fault | null {
      const pause = longest(provider, account);
      return pause !== null && pause.untilMs > now ? pause.fault : null;
    },
    reset(): void {
      accounts.clear();
      groups.clear();
    },
  };
}

/** Makes an empty book. `groupOf` names the group of accounts that an account shares its quota with. */
export function createHealthBook(
  clock: Clock,
  bus: Bus,
  policy: () => BreakerPolicy,
  groupOf: (provider: string, account: string) => string,
): HealthBook {
  const entries = new Map<string, Entry>();
  const pauses = createPauses(groupOf);

  function entryOf({ provider, account }: Target): Entry {
    const key = keyOf(provider, account);
    const known = entries.get(key) ?? { breaker: HEALTHY, probeUntil: 0 };
    entries.set(key, known);
    return known;
  }

  function announce(target: Target, before: HealthState, entry: Entry, reason: string): void {
    const state = stateAt(entry.breaker, clock.now());
    if (state === before) return;
    bus.emit({ event: "health", at: clock.now(), provider: target.provider, account: target.account, state, reason });
  }

  return {
    asked({ provider, account }) {
      const entry = entries.get(keyOf(provider, account));
      if (entry === undefined || stateAt(entry.breaker, clock.now()) !== "half-open") return;
      entry.probeUntil = clock.now() + PROBE_MS;
    },
    succeeded(target) {
      const entry = entryOf(target);
      const before = stateAt(entry.breaker, clock.now());
      entry.breaker = afterSuccess(entry.breaker);
      announce(target, before, entry, "answered");
    },
    failed(target, fault) {
      const entry = entryOf(target);
      const before = stateAt(entry.breaker, clock.now());
      entry.breaker = afterFault(entry.breaker, fault, clock.now(), policy());
      if (FAULT_RULES[fault.kind].coolsDown !== "none") pauses.start(target, fault, clock.now());
      announce(target, before, entry, fault.message);
    },
    coolingUntil(provider, account) {
      const now = clock.now();
      const entry = entries.get(keyOf(provider, account));
      const untilMs = Math.max(pauses.until(provider, account), entry === undefined ? 0 : openUntil(entry, now));
      return untilMs > now ? untilMs : null;
    },
    pausedBy: (provider, account) => pauses.cause(provider, account, clock.now()),
    snapshot: () =>
      [...entries].map(([key, entry]) => {
        const [provider = "", account = ""] = key.split("\n");
        return describe(provider, account, entry, pauses.until(provider, account), clock.now());
      }),
    reset() {
      entries.clear();
      pauses.reset();
    },
  };
}

/** Until when an account's breaker keeps it from being asked; in the past when it does not. */
function openUntil({ breaker, probeUntil }: Entry, now: number): number {
  switch (stateAt(breaker, now)) {
    case "closed":
      return 0;
    case "open":
      return breaker.openUntil;
    case "half-open":
      return probeUntil;
  }
}

function describe(provider: string, account: string, entry: Entry, pausedUntil: number, now: number): AccountHealth {
  const state = stateAt(entry.breaker, now);
  const until = Math.max(pausedUntil, state === "open" ? entry.breaker.openUntil : 0);
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
