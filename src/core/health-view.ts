import type { Availability } from "./availability.ts";
import { type Bucket, overSpan, SPANS, type Span, type SpanAvailability } from "./availability-span.ts";
import type { HealthState } from "./event.ts";
import type { NanoUsd } from "./money.ts";

/** Availability over every span. */
export type Spans = Readonly<Record<Span, SpanAvailability>>;

/** A model of a provider and how it did. */
export interface ModelHealthView {
  readonly provider: string;
  readonly model: string;
  readonly spans: Spans;
}

/** One account as the admin API tells it. Times are Unix ms. */
export interface AccountHealthView {
  readonly provider: string;
  readonly account: string;
  readonly state: HealthState;
  readonly lastError: string | null;
  /** Null when it does not cool down. */
  readonly coolingUntil: number | null;
  /** Why it is not asked until then; null when it is. */
  readonly coolingReason?: string | null;
  /** Models that are left out although the account is asked. */
  readonly models?: readonly PausedModelView[];
}

/** A model that is left out although its server is well. */
export interface PausedModelView {
  readonly model: string;
  /** Unix ms. */
  readonly untilMs: number;
  readonly reason: string | null;
}

/** The last free probe of an account. */
export interface ProbeView {
  readonly provider: string;
  readonly account: string;
  /** Unix ms. */
  readonly at: number;
  readonly tookMs: number;
  /** Null where the server answered. */
  readonly error: string | null;
}

/** A model that is asked for one token now and then, and how that went last. */
export interface PaidProbeView {
  /** `provider/model`. */
  readonly model: string;
  /** When it was asked last, Unix ms; null where it was not since the start. */
  readonly at: number | null;
  readonly tookMs: number | null;
  readonly costNanoUsd: NanoUsd | null;
  /** Why it did not answer, or is not asked; null where it answered, or is not due yet. */
  readonly error: string | null;
}

/** The paid probes of a running daemon. */
export interface PaidProbesView {
  readonly everyMs: number;
  readonly capNanoUsd: NanoUsd;
  /** What they cost today, by the calendar of `timeZone`; null while the ledger cannot be read. */
  readonly spentNanoUsd: NanoUsd | null;
  readonly models: readonly PaidProbeView[];
}

/** `GET /v1/health`. */
export interface HealthView {
  /** Unix ms at which it was read. */
  readonly at: number;
  readonly accounts: readonly AccountHealthView[];
  readonly ledger: { readonly queued: number; readonly lastError: string | null; readonly committedAt: number | null };
  readonly providers: readonly { readonly id: string; readonly spans: Spans }[];
  /** Of the last 90 days, by provider and name. */
  readonly models: readonly ModelHealthView[];
  readonly probes: readonly ProbeView[];
  /** Null where nobody asked for them, or no daemon runs. */
  readonly paidProbes: PaidProbesView | null;
}

/** `GET /v1/health/history`: one span of all that the filters let through. */
export interface HealthHistoryView extends SpanAvailability {
  /** As they were asked for; null where they were not. */
  readonly provider: string | null;
  readonly account: string | null;
  readonly model: string | null;
}

/** Availability without its cells. */
export function figuresOf({ attempts, failed, ratio, faults, latencyMs, firstTokenMs }: Availability): Availability {
  return { attempts, failed, ratio, faults, latencyMs, firstTokenMs };
}

/** Every span of some buckets, of every width together. */
export function spansOf(buckets: readonly Bucket[], now: number): Spans {
  const [hour, day, quarter] = SPANS;
  return {
    [hour]: overSpan(buckets, hour, now),
    [day]: overSpan(buckets, day, now),
    [quarter]: overSpan(buckets, quarter, now),
  };
}
