import type { Settings } from "../config/settings.ts";
import type { Redactor } from "../core/redact.ts";
import { type AvailabilityBook, createAvailabilityBook } from "../gateway/availability.ts";
import type { Bus } from "../gateway/bus.ts";
import type { HealthBook } from "../gateway/health.ts";
import { createProber, type Prober } from "../gateway/probes.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log/log.ts";
import type { SendUpstream } from "../host/upstream/upstream.ts";
import { openHealthReader } from "../stores/health-history.ts";
import type { HealthHistory } from "../stores/ports.ts";

/** What is known of providers beyond this moment: their history, and probes. */
export interface HealthSide {
  /** None where the history's file cannot be used, or was never written. */
  readonly buckets: AvailabilityBook["buckets"];
  readonly prober: Prober;
  close(): void;
}

/** What it is built on. */
export interface HealthParts {
  /** Null where its file cannot be used. */
  readonly history: HealthHistory | null;
  readonly health: HealthBook;
  readonly settings: () => Settings;
  readonly bus: Bus;
  readonly send: SendUpstream;
  readonly clock: Clock;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly version: string;
}

/** Writes down what becomes of every attempt, and can probe. */
export function createHealthSide(parts: HealthParts): HealthSide {
  const { history, health, settings, bus, send, clock, log, redactor, version } = parts;
  const redact = (text: string): string => redactor.redact(text);
  const prober = createProber({ settings, health, send, clock, redact, version });
  const book = history === null ? null : createAvailabilityBook(history, clock, log);
  if (book !== null) bus.subscribe(book.note);
  let isTold = false;
  return {
    buckets(filter) {
      try {
        return book?.buckets(filter) ?? [];
      } catch (error) {
        // What is known of this moment must be told whatever became of the past.
        if (!isTold) log.write("warn", "the health history cannot be read", { error: redact(String(error)) });
        isTold = true;
        return [];
      }
    },
    prober,
    close() {
      prober.stop();
      book?.close();
    },
  };
}

/** The health history for reading, beside a daemon or without one; null where none was ever written, or its file cannot be used. */
export function openHistoryReader(stateDir: string): HealthHistory | null {
  const opened = openHealthReader({ stateDir });
  return opened.ok ? { ...opened.value, add: () => undefined, prune: () => 0 } : null;
}
