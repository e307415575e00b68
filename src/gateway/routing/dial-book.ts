import { calibrateDial, type DialRow } from "../../core/routing/policy-dial.ts";
import type { StoredRoute } from "../../core/routing/stored-route.ts";
import type { Clock } from "../../host/clock.ts";
import type { RouteLogReader } from "../../stores/ports.ts";
import type { RouterWorld } from "./surroundings.ts";

/** What the dial means by own traffic. */
export interface DialBook {
  /** The floors of its steps; null while there is too little traffic. */
  floors(): readonly number[] | null;
}

const LOOK_BACK_MS = 30 * 86_400_000;
const MOST_ROWS = 2_000;
/** The log is read this often, and beside the requests: a decision never waits for it. */
const LEARN_EVERY_MS = 3_600_000;

/** What the dial learns from one decision: its models that could have been asked, with what they cost. */
function dialRow({ candidates }: Pick<StoredRoute, "candidates">): DialRow {
  return {
    candidates: candidates.flatMap(({ expected, costNanoUsd, block }) =>
      costNanoUsd === null || block !== null ? [] : [{ expected, costNanoUsd }],
    ),
  };
}

/** Follows a log, which is opened when it is first needed; without one nothing is known. */
export function createDialBook(
  log: () => RouteLogReader | null,
  clock: Pick<Clock, "now">,
  later: RouterWorld["later"],
): DialBook {
  let floors: readonly number[] | null = null;
  let learnAt = Number.NEGATIVE_INFINITY;
  return {
    floors() {
      const now = clock.now();
      if (now >= learnAt) {
        learnAt = now + LEARN_EVERY_MS;
        later(() => {
          const rows = log()?.list({ from: now - LOOK_BACK_MS, to: now }, MOST_ROWS) ?? [];
          floors = calibrateDial(rows.map(dialRow));
        });
      }
      return floors;
    },
  };
}
