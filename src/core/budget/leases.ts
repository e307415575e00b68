import type { NanoUsd } from "../money.ts";
import { type HeldIn, isWithin } from "./cells.ts";
import type { BudgetMatch, BudgetSubject } from "./match.ts";
import { matchBudget } from "./match.ts";

/** What a call holds of every budget that counts it, until it is settled. */
export interface Reservation {
  readonly subject: BudgetSubject;
  readonly nanoUsd: NanoUsd;
  /** The limit of output that makes it enough; null where the call stands as it is. */
  readonly outputCap: number | null;
  /** Unix ms: the window in which this lies pays for it. */
  readonly startedAt: number;
}

/** A reservation that is open. */
interface Lease {
  untilMs: number;
  isExpired: boolean;
}

/** The open reservations. Time here is monotonic, in ms: a wall clock that is set ends no lease. */
export interface BudgetLeases {
  add(reservation: Reservation, nowMs: number): void;
  renew(reservation: Reservation, nowMs: number): void;
  /** Says whether it had expired; null where it was not open. */
  end(reservation: Reservation): { readonly isExpired: boolean } | null;
  /** Those that nobody renewed in time: they stay open, and are named once. */
  expire(nowMs: number): readonly Reservation[];
  readonly heldIn: HeldIn;
}

/** Longer than any attempt is silent: one that settles or renews in time is never taken for dead. */
export const LEASE_MS = 3_600_000;

function isHeldBy({ subject, startedAt }: Reservation, match: BudgetMatch, window: Parameters<HeldIn>[1]): boolean {
  return isWithin(startedAt, window) && matchBudget(match.budget, subject)?.id === match.id;
}

/** No reservation yet. */
export function createBudgetLeases(): BudgetLeases {
  const leases = new Map<Reservation, Lease>();
  let nextMs = Number.POSITIVE_INFINITY;

  return {
    add(reservation, nowMs) {
      leases.set(reservation, { untilMs: nowMs + LEASE_MS, isExpired: false });
      nextMs = Math.min(nextMs, nowMs + LEASE_MS);
    },
    renew(reservation, nowMs) {
      const lease = leases.get(reservation);
      if (lease !== undefined && !lease.isExpired) lease.untilMs = nowMs + LEASE_MS;
    },
    end(reservation) {
      const lease = leases.get(reservation) ?? null;
      leases.delete(reservation);
      return lease;
    },
    expire(nowMs) {
      if (nowMs < nextMs) return [];
      const living = [...leases].filter(([, { isExpired }]) => !isExpired);
      const dead = living.filter(([, { untilMs }]) => untilMs <= nowMs);
      for (const [, lease] of dead) lease.isExpired = true;
      const rest = living.filter(([, { isExpired }]) => !isExpired).map(([, { untilMs }]) => untilMs);
      nextMs = rest.reduce((least, untilMs) => Math.min(least, untilMs), Number.POSITIVE_INFINITY);
      return dead.map(([reservation]) => reservation);
    },
    heldIn(match, window) {
      const held = { live: 0, expired: 0 };
      for (const [reservation, { isExpired }] of leases) {
        if (isHeldBy(reservation, match, window)) held[isExpired ? "expired" : "live"] += reservation.nanoUsd;
      }
      return held;
    },
  };
}
