import type { LodestarEvent } from "../../core/event.ts";
import type { RouteOutcome, StoredRoute } from "../../core/routing/stored-route.ts";
import { targetName } from "../../core/target.ts";
import { totalInput, totalOutput } from "../../core/usage.ts";
import type { Clock } from "../../host/clock.ts";
import type { Log } from "../../host/log/log.ts";
import type { RouteLog } from "../../stores/ports.ts";

/** Writes decisions down, beside the requests they are about. */
export interface RouteWriter {
  add(route: StoredRoute): void;
  /** What is settled tells what became of a decision. */
  note(event: LodestarEvent): void;
  /** Writes what is queued, now. */
  flush(): void;
}

const BATCH_MS = 1_000;
/** Decisions whose end is waited for, and rows that wait to be written; what is more is not followed. */
const MOST_OPEN = 5_000;
const ANSWERED: ReadonlySet<string> = new Set(["final", "estimated", "aborted", "hit"]);

function afterSettled(known: RouteOutcome, { intent, outcome }: Extract<LodestarEvent, { event: "settled" }>) {
  const cost = outcome.costNanoUsd;
  return {
    ...known,
    served: ANSWERED.has(outcome.state) ? targetName(intent) : known.served,
    costNanoUsd: known.costNanoUsd === null || cost === null ? null : known.costNanoUsd + cost,
    inputTokens: known.inputTokens + totalInput(outcome.usage),
    outputTokens: known.outputTokens + totalOutput(outcome.usage),
  };
}

/** Makes a writer; the store is opened when there is something to write, null where its file cannot be used. */
export function createRouteWriter(store: () => RouteLog | null, clock: Clock, log: Log): RouteWriter {
  const open = new Map<string, RouteOutcome>();
  let routes: StoredRoute[] = [];
  const outcomes = new Map<string, RouteOutcome>();
  let cancel: (() => void) | null = null;
  let hasFailed = false;

  function flush(): void {
    cancel?.();
    cancel = null;
    if (routes.length + outcomes.size === 0) return;
    try {
      store()?.write(routes, [...outcomes.values()]);
      hasFailed = false;
    } catch (error) {
      if (!hasFailed) log.write("warn", "decisions of the router could not be written", { error: String(error) });
      hasFailed = true;
    }
    routes = [];
    outcomes.clear();
  }

  function schedule(): void {
    cancel ??= clock.after(BATCH_MS, flush);
  }

  return {
    add(route) {
      if (routes.length >= MOST_OPEN) return;
      routes.push(route);
      const { requestId } = route;
      open.set(requestId, { requestId, served: null, costNanoUsd: 0, inputTokens: 0, outputTokens: 0 });
      const [oldest] = open.keys();
      if (open.size > MOST_OPEN && oldest !== undefined) open.delete(oldest);
      schedule();
    },
    note(event) {
      if (event.event !== "settled") return;
      const known = open.get(event.intent.requestId);
      if (known === undefined) return;
      const next = afterSettled(known, event);
      open.set(next.requestId, next);
      outcomes.set(next.requestId, next);
      schedule();
    },
    flush,
  };
}
