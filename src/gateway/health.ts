import {
  afterFault,
  afterProbe,
  afterSuccess,
  type Breaker,
  type BreakerPolicy,
  HEALTHY,
  noteFault,
  pauseAfter,
  stateAt,
} from "../core/breaker.ts";
import type { HealthState } from "../core/event.ts";
import type { Fault } from "../core/fault.ts";
import type { PausedModelView } from "../core/health-view.ts";
import type { Target } from "../core/target.ts";
import type { Clock } from "../host/clock.ts";
import type { Bus } from "./bus.ts";
import { createModelBreakers } from "./model-breakers.ts";

/** Health of one account, for `status` and the admin API. Times are Unix ms. */
export interface AccountHealth {
  readonly provider: string;
  readonly account: string;
  readonly state: HealthState;
  readonly coolingUntil: number | null;
  /** Why it is not asked until then; null when it is. */
  readonly coolingReason: string | null;
  readonly lastError: string | null;
  readonly lastErrorAt: number | null;
  readonly successes: number;
  readonly failures: number;
  /** Models that are left out although the account is asked. */
  readonly models: readonly PausedModelView[];
}

/** Health of every account, learnt from real traffic, and from free probes where there is none. */
export interface HealthBook {
  /** A call to the target goes out: while it is the trial of a half-open breaker, others stay away. */
  asked(target: Target): void;
  succeeded(target: Target): void;
  /** A call that was to go out needed no answer of the target: nothing was learnt. */
  spared(target: Target): void;
  failed(target: Target, fault: Fault): void;
  /** A free probe of an account came back; `fault` is null where the server answered. */
  probed(provider: string, account: string, fault: Fault | null): void;
  /** Until when an account, or a model of it, is not to be asked, or null. Looking changes nothing. */
  coolingUntil(provider: string, account: string, model?: string): number | null;
  /** The fault that an account is paused for, or null: a breaker that is open is no pause. */
  pausedBy(provider: string, account: string): Fault | null;
  snapshot(): readonly AccountHealth[];
  watched(provider: string, account: string): Watched;
  /** Forgets everything: after a reload a mended key is asked again at once. */
  reset(): void;
}

interface Entry {
  breaker: Breaker;
  trialUntil: number;
  /** Since when calls wait of which none was answered; null where none waits. */
  silentSince: number | null;
  /** Of the last end of a call, whatever it was. */
  lastSeenAt: number | null;
}

const UNKNOWN: Readonly<Entry> = { breaker: HEALTHY, trialUntil: 0, silentSince: null, lastSeenAt: null };

/** What decides when an account is worth a free probe. Times are Unix ms. */
export interface Watched extends Pick<Entry, "silentSince" | "lastSeenAt"> {
  readonly state: HealthState;
  readonly openUntil: number;
  /** It is not to be asked until then whatever a probe says: a wrong key, a limit, an empty account. */
  readonly pausedUntil: number;
}

/**
 * While the trial of a half-open breaker is out, others stay away until it is over; for one that hangs so long at most, since
 * a server that was gone may take its time at first.
 */
const TRIAL_MS = 30_000;

function keyOf(provider: string, name: string): string {
  return `${provider}\n${name}`;
}

interface RunningPause {
  readonly untilMs: number;
  readonly fault: Fault;
}

/** Pauses by what they are about: one account, or the group that shares its quota. A pause always runs its time. */
function createPauses(groupOf: (provider: string, account: string) => string) {
  const accounts = new Map<string, RunningPause>();
  const groups = new Map<string, RunningPause>();
  function longest(provider: string, account: string): RunningPause | null {
    const own = accounts.get(keyOf(provider, account));
    const shared = groups.get(keyOf(provider, groupOf(provider, account)));
    if (own === undefined || shared === undefined) return own ?? shared ?? null;
    return own.untilMs > shared.untilMs ? own : shared;
  }
  return {
    start({ provider, account }: Target, fault: Fault, now: number): void {
      const { scope, pauseMs } = pauseAfter(fault);
      if (scope === "none") return;
      const isGroupWide = scope === "group";
      const pauses = isGroupWide ? groups : accounts;
      const key = keyOf(provider, isGroupWide ? groupOf(provider, account) : account);
      const untilMs = now + pauseMs;
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

type Who = Pick<Target, "provider" | "account">;

/** What is known of each account, and how it changes. */
function createEntries(clock: Clock, bus: Bus) {
  const entries = new Map<string, Entry>();
  function entryOf({ provider, account }: Who): Entry {
    const key = keyOf(provider, account);
    const known = entries.get(key);
    if (known !== undefined) return known;
    const entry = { ...UNKNOWN };
    entries.set(key, entry);
    return entry;
  }
  return {
    entryOf,
    find: (provider: string, account: string): Entry | undefined => entries.get(keyOf(provider, account)),
    /** Takes the next state of an account, and says so where it is another one. */
    turn({ provider, account }: Who, reason: string, step: (breaker: Breaker) => Breaker): void {
      const entry = entryOf({ provider, account });
      const before = stateAt(entry.breaker, clock.now());
      entry.breaker = step(entry.breaker);
      const state = stateAt(entry.breaker, clock.now());
      if (state !== before) bus.emit({ event: "health", at: clock.now(), provider, account, state, reason });
    },
    /** No call waits that anything is to be learnt from. */
    release(who: Who): Entry {
      return Object.assign(entryOf(who), { silentSince: null, trialUntil: 0 });
    },
    /** Those of which anything was learnt. */
    learnt: () => [...entries].filter(([, { breaker }]) => breaker !== HEALTHY),
    reset: () => entries.clear(),
  };
}

/** Several models of a server failed and none answered: the fault of the last one is the server's. */
function noModelAnswers({ model }: Target, fault: Fault): Fault {
  return { ...fault, message: `no model answers there; ${model}: ${fault.message}` };
}

/**
 * Makes an empty book. `groupOf` names the group of accounts that an account shares its quota with; `failsAlone` tells which
 * faults of a provider are those of one model, and say nothing of its others, unless those fail as well.
 */
export function createHealthBook(
  clock: Clock,
  bus: Bus,
  policy: () => BreakerPolicy,
  groupOf: (provider: string, account: string) => string,
  failsAlone: (provider: string, fault: Fault) => boolean = () => false,
): HealthBook {
  const { entryOf, find, turn, release, learnt, reset } = createEntries(clock, bus);
  const pauses = createPauses(groupOf);
  const models = createModelBreakers(clock, bus, policy);
  return {
    asked(target) {
      models.asked(target, clock.now() + TRIAL_MS);
      const entry = entryOf(target);
      entry.silentSince ??= clock.now();
      if (stateAt(entry.breaker, clock.now()) === "half-open") entry.trialUntil = clock.now() + TRIAL_MS;
    },
    spared(target) {
      models.spared(target);
      release(target);
    },
    succeeded(target) {
      release(target).lastSeenAt = clock.now();
      models.succeeded(target);
      turn(target, "answered", afterSuccess);
    },
    failed(target, fault) {
      release(target).lastSeenAt = clock.now();
      if (failsAlone(target.provider, fault)) {
        models.failed(target, fault);
        const whole = models.hasCompany(target) ? noModelAnswers(target, fault) : null;
        turn(target, whole?.message ?? "answered", (breaker) =>
          whole === null ? noteFault(breaker, fault, clock.now()) : afterFault(breaker, whole, clock.now(), policy()),
        );
        return;
      }
      models.spared(target);
      pauses.start(target, fault, clock.now());
      turn(target, fault.message, (breaker) => afterFault(breaker, fault, clock.now(), policy()));
    },
    probed(provider, account, fault) {
      const who = { provider, account };
      if (fault === null && find(provider, account) === undefined) return;
      turn(who, fault?.message ?? "reachable again", (breaker) => afterProbe(breaker, fault, clock.now(), policy()));
    },
    coolingUntil(provider, account, model) {
      const now = clock.now();
      const entry = find(provider, account);
      const modelUntil = model === undefined ? 0 : models.until({ provider, account, model });
      const ownUntil = entry === undefined ? 0 : openUntil(entry, now);
      const untilMs = Math.max(pauses.until(provider, account), ownUntil, modelUntil);
      return untilMs > now ? untilMs : null;
    },
    pausedBy: (provider, account) => pauses.cause(provider, account, clock.now()),
    snapshot() {
      const now = clock.now();
      return learnt().map(([key, entry]) => {
        const [provider = "", account = ""] = key.split("\n");
        const pausedUntil = pauses.until(provider, account);
        const cause = pauses.cause(provider, account, now);
        return {
          ...describe({ provider, account, entry, pausedUntil, now, cause }),
          models: models.pauses(provider, account),
        };
      });
    },
    watched(provider, account) {
      const { breaker, silentSince, lastSeenAt } = find(provider, account) ?? UNKNOWN;
      const state = stateAt(breaker, clock.now());
      const pausedUntil = pauses.until(provider, account);
      return { state, openUntil: breaker.openUntil, pausedUntil, silentSince, lastSeenAt };
    },
    reset() {
      reset();
      pauses.reset();
      models.reset();
    },
  };
}

/** Until when an account's breaker keeps it from being asked; in the past when it does not. */
function openUntil({ breaker, trialUntil }: Entry, now: number): number {
  switch (stateAt(breaker, now)) {
    case "closed":
      return 0;
    case "open":
      return breaker.openUntil;
    case "half-open":
      return trialUntil;
  }
}

interface Known {
  readonly provider: string;
  readonly account: string;
  readonly entry: Entry;
  readonly pausedUntil: number;
  readonly cause: Fault | null;
  readonly now: number;
}

function describe({ provider, account, entry, pausedUntil, cause, now }: Known): Omit<AccountHealth, "models"> {
  const { breaker } = entry;
  const state = stateAt(breaker, now);
  const brokenUntil = state === "open" ? breaker.openUntil : 0;
  const until = Math.max(pausedUntil, brokenUntil);
  const pausedFor = cause === null || brokenUntil > pausedUntil ? breaker.lastFault : `${cause.kind}: ${cause.message}`;
  return {
    provider,
    account,
    state,
    coolingUntil: until > now ? until : null,
    coolingReason: until > now ? pausedFor : null,
    lastError: breaker.lastFault,
    lastErrorAt: breaker.lastFaultAt,
    successes: breaker.successes,
    failures: breaker.failures,
  };
}
