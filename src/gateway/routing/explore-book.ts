import { NANO_PER_USD, type NanoUsd } from "../../core/money.ts";
import type { RouteLogReader } from "../../stores/ports.ts";
import type { RouterServices } from "./surroundings.ts";

/** What trying other models has cost today. */
export interface ExploreBook {
  /** What it may still cost, nano-dollars; null where nothing is tried. */
  leftNanoUsd(): NanoUsd | null;
  spent(nanoUsd: NanoUsd): void;
}

const DAY_MS = 86_400_000;

/** Counts from what the log says of this UTC day, so that a restart opens no new purse. */
export function createExploreBook(
  log: () => RouteLogReader | null,
  { clock, settings }: Pick<RouterServices, "clock" | "settings">,
): ExploreBook {
  let day = -1;
  let used = 0;
  return {
    leftNanoUsd() {
      const { share, capUsd } = settings().routing.explore;
      if (share === 0) return null;
      const today = Math.floor(clock.now() / DAY_MS);
      if (today !== day) {
        day = today;
        used = log()?.explored(today * DAY_MS) ?? 0;
      }
      return Math.max(0, Math.round(capUsd * NANO_PER_USD) - used);
    },
    spent(nanoUsd) {
      used += nanoUsd;
    },
  };
}
