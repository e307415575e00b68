import type { LodestarEvent } from "../../core/event.ts";
import type { AttemptIntent, AttemptState, LedgerRow } from "../../core/ledger.ts";
import type { NanoUsd } from "../../core/money.ts";
import { totalInput, totalOutput } from "../../core/usage.ts";
import type { BudgetLeft } from "./budget.ts";

/** The last answer of a session: who gave it and why that one. */
export interface LastAnswer {
  /** `provider/model` */
  readonly model: string;
  /** The route's reason as in the ledger: `explicit`, `chain:default#2`… */
  readonly route: string;
}

/** What one session or span used, as a counter shows it. Money in nano-dollars. */
export interface Counts {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: NanoUsd;
  readonly savedNanoUsd: NanoUsd;
  /** Settled attempts with tokens and no price: the cost does not hold them. */
  readonly unpriced: number;
  /** Of the budgets that count the newest attempt the one with the least left; null where no budget does. */
  readonly budget: BudgetLeft | null;
  readonly last: LastAnswer | null;
  /** What goes wrong right now: the fault of the newest attempt; null once one answered. */
  readonly trouble: string | null;
}

/** Counts of nothing. */
export const NO_COUNTS: Counts = {
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
  costNanoUsd: 0,
  savedNanoUsd: 0,
  unpriced: 0,
  budget: null,
  last: null,
  trouble: null,
};

/** The sums of one session as they grow. */
export interface Tally {
  /** Takes an event in; true when it changed the counts. Events of other sessions do not, nor does one that was counted before. */
  note(event: LodestarEvent): boolean;
  /** Takes a ledger row in, likewise: what events missed is made good from the ledger. */
  noteRow(row: LedgerRow): boolean;
  counts(): Counts;
  /** The request of the newest attempt; null before the first. */
  newestRequest(): string | null;
}

const ANSWERED: readonly AttemptState[] = ["final", "estimated", "hit", "aborted"];

/** Whether an attempt gave an answer, if only a part of one. */
export function hasAnswered(attempt: Pick<LedgerRow, "state" | "usage">): boolean {
  return ANSWERED.includes(attempt.state) && (attempt.state !== "aborted" || totalOutput(attempt.usage) > 0);
}

/** Who answered, as a counter shows it. */
export function answerOf({ provider, model, routeReason }: AttemptIntent): LastAnswer {
  return { model: `${provider}/${model}`, route: routeReason };
}

type Settled = AttemptIntent &
  Pick<LedgerRow, "usage" | "costNanoUsd" | "savedNanoUsd" | "fault"> & {
    readonly state: AttemptState;
    readonly endedAt: number | null;
  };

/** The counts with one more attempt: the same sums as the ledger's own totals. What was last is told by the newest. */
function addAttempt(counts: Counts, attempt: Settled, isNewRequest: boolean, isNewest: boolean): Counts {
  const { usage, costNanoUsd, savedNanoUsd, fault } = attempt;
  const inputTokens = totalInput(usage);
  const outputTokens = totalOutput(usage);
  const isAnswer = hasAnswered(attempt);
  const trouble = isAnswer ? null : (fault?.kind ?? counts.trouble);
  return {
    ...counts,
    requests: counts.requests + (isNewRequest ? 1 : 0),
    inputTokens: counts.inputTokens + inputTokens,
    outputTokens: counts.outputTokens + outputTokens,
    costNanoUsd: counts.costNanoUsd + (costNanoUsd ?? 0),
    savedNanoUsd: counts.savedNanoUsd + (savedNanoUsd ?? 0),
    unpriced: counts.unpriced + (costNanoUsd === null && inputTokens + outputTokens > 0 ? 1 : 0),
    last: isAnswer && (isNewest || counts.last === null) ? answerOf(attempt) : counts.last,
    trouble: isNewest ? trouble : counts.trouble,
  };
}

/** Counts the attempts of one session, each exactly once, whether its event or its ledger row comes first. */
export function createTally(session: string): Tally {
  const attempts = new Set<string>();
  const requests = new Set<string>();
  let counts = NO_COUNTS;
  let newestAt = 0;
  let newest: string | null = null;
  const add = (attempt: Settled): boolean => {
    const id = `${attempt.requestId}#${attempt.attempt}`;
    if (attempt.session !== session || attempts.has(id)) return false;
    const endedAt = attempt.endedAt ?? attempt.startedAt;
    const isNewest = endedAt >= newestAt;
    counts = addAttempt(counts, attempt, !requests.has(attempt.requestId), isNewest);
    if (isNewest) newest = attempt.requestId;
    newestAt = Math.max(newestAt, endedAt);
    attempts.add(id);
    requests.add(attempt.requestId);
    return true;
  };
  return {
    note(event) {
      if (event.event === "settled") return add({ ...event.intent, ...event.outcome });
      // Fallbacks name no session; the attempt that failed before them does.
      if (event.event !== "fallback" || !requests.has(event.requestId)) return false;
      counts = { ...counts, trouble: `${event.fault}, now ${event.to}` };
      return true;
    },
    noteRow: (row) => row.state !== "reserved" && row.state !== "streaming" && add(row),
    counts: () => counts,
    newestRequest: () => newest,
  };
}
