import type { LoadCause } from "../core/switch/state.ts";
import { createCounting } from "./histogram.ts";
import type { LocalServerState } from "./scheduler.ts";

type Counters = Pick<LocalServerState, "queueWaitSeconds" | "loadSeconds" | "switches" | "reloads" | "refused">;

/** What is counted at one engine. */
export interface EngineCounters {
  waited(milliseconds: number): void;
  loaded(kind: "cold" | "warm", milliseconds: number): void;
  switched(cause: LoadCause | "foreign"): void;
  reloaded(cause: "context" | "unexpected"): void;
  refused(): void;
  view(): Counters;
}

/** Counters at zero. */
export function createEngineCounters(): EngineCounters {
  const waits = createCounting();
  const loads = { cold: createCounting(), warm: createCounting() };
  const switches: Partial<Record<LoadCause | "foreign", number>> = {};
  const reloads: Partial<Record<"context" | "unexpected", number>> = {};
  let refusals = 0;
  return {
    waited: waits.add,
    loaded: (kind, milliseconds) => loads[kind].add(milliseconds),
    switched(cause) {
      switches[cause] = (switches[cause] ?? 0) + 1;
    },
    reloaded(cause) {
      reloads[cause] = (reloads[cause] ?? 0) + 1;
    },
    refused() {
      refusals += 1;
    },
    view: () => ({
      queueWaitSeconds: waits.view(),
      loadSeconds: { cold: loads.cold.view(), warm: loads.warm.view() },
      switches: { ...switches },
      reloads: { ...reloads },
      refused: refusals,
    }),
  };
}
