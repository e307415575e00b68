import type { Settings } from "../config/settings.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import type { Ledger } from "../stores/ports.ts";

const EVERY_MS = 3_600_000;
/** Between two chunks, so that requests are never held up. */
const BREATH_MS = 50;
const DAY_MS = 86_400_000;

/** Deletes ledger rows past their retention, in small chunks, a minute after the start and every hour; the returned function ends it. */
export function keepLedgerShort(ledger: Ledger, settings: () => Settings, log: Log, clock: Clock): () => void {
  let cancel = (): void => undefined;
  const later = (delayMs: number): void => {
    cancel = clock.after(delayMs, prune);
  };
  function prune(): void {
    try {
      const before = clock.now() - settings().retention.ledgerDays * DAY_MS;
      later(ledger.prune(before) > 0 ? BREATH_MS : EVERY_MS);
    } catch (error) {
      log.write("warn", "old ledger rows could not be deleted", { error: String(error) });
      later(EVERY_MS);
    }
  }
  later(60_000);
  return () => cancel();
}
