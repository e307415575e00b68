import { statSync } from "node:fs";
import type { Clock } from "../host/clock.ts";

const LOOK_MS = 1_000;

/** What tells two states of a file apart; a missing file is a state too. */
function markOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? "-" : `${stats.mtimeMs}:${stats.size}:${stats.ino}`;
}

function marksOf(paths: readonly string[]): string {
  return paths.map(markOf).join("|");
}

/**
 * Calls `changed` when one of `paths` changed, appeared or went, and stayed so for a look (a second): an editor that writes
 * in two steps is seen once. Looks rather than listens, since directories that do not exist yet cannot be listened to.
 */
export function watchFiles(paths: () => readonly string[], changed: () => void, clock: Clock): () => void {
  let known = marksOf(paths());
  let seen = known;
  let cancel = (): void => undefined;
  const look = (): void => {
    const now = marksOf(paths());
    if (now !== known && now === seen) {
      known = now;
      changed();
      known = marksOf(paths());
    }
    seen = now;
    cancel = clock.after(LOOK_MS, look);
  };
  cancel = clock.after(LOOK_MS, look);
  return () => cancel();
}
