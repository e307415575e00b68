import type { LodestarEvent } from "../../core/event.ts";
import type { LedgerRow } from "../../core/ledger.ts";
import { type BudgetFill, createBudgetWatch } from "./budget.ts";
import { pause } from "./pause.ts";
import { type Counts, createTally } from "./tally.ts";

/** What a counter reads from a daemon. All reject when the daemon cannot be reached. */
export interface CounterSource {
  /** Every event from the moment at which this resolves. */
  events(signal: AbortSignal): Promise<AsyncIterable<LodestarEvent>>;
  /** The ledger's rows of a session, in any order. */
  rows(session: string, signal: AbortSignal): Promise<readonly LedgerRow[]>;
  /** The budgets that count what a request spent; without a request those that count everything. */
  budgets(requestId: string | null, signal: AbortSignal): Promise<readonly BudgetFill[]>;
}

/** The counts of one session, as they are now. */
export interface Counter {
  counts(): Counts;
  /** Calls back after every change; returns how to stop. */
  onChange(listener: () => void): () => void;
  /** Lets go of the daemon. */
  stop(): void;
}

/** How long to wait before a daemon that went away is looked for again. Milliseconds. */
const RETRY_MS = 500;

const LOST = "no daemon";

/**
 * Follows one session by the gateway's events. Whenever the stream was interrupted, or lost events because this reader was
 * too slow, the ledger's rows make up for it; every attempt counts once.
 */
export function followSession(session: string, source: CounterSource): Counter {
  const tally = createTally(session);
  const listeners = new Set<() => void>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let isLost = false;
  const announce = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const budget = createBudgetWatch(() => source.budgets(tally.newestRequest(), signal), announce);
  const setLost = (isNow: boolean): void => {
    if (isLost === isNow || signal.aborted) return;
    isLost = isNow;
    announce();
  };

  async function catchUp(): Promise<void> {
    const rows = await source.rows(session, signal);
    if (rows.filter((row) => tally.noteRow(row)).length > 0) announce();
    budget.refresh();
  }

  async function readEvents(): Promise<void> {
    const events = await source.events(signal);
    const catching = catchUp();
    // Until it is awaited below a failure here is nobody's: the stream's own end tells the same.
    catching.catch(() => undefined);
    setLost(false);
    for await (const event of events) {
      if (tally.note(event)) announce();
      else if (isGap(event)) await catchUp();
      // Other sessions spend from the same budgets.
      if (event.event === "settled") budget.refresh();
    }
    await catching;
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      await readEvents().catch(() => undefined);
      setLost(true);
      await pause(RETRY_MS, signal);
    }
  }

  void follow();
  return {
    counts() {
      const counts = { ...tally.counts(), budget: budget.left() };
      return isLost ? { ...counts, trouble: LOST } : counts;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => stopping.abort(),
  };
}

/** The stream says so when it had to leave events out; it is no event of the bus, so the type does not know it. */
function isGap(event: { readonly event: string }): boolean {
  return event.event === "dropped";
}
