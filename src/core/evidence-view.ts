import type { EvidenceTally } from "./evidence-store.ts";
import { isTaskClass, type TaskClass } from "./routing/task-class.ts";

/** `evidence`: what was observed, counted by model, class and kind. */
export interface EvidenceTalliesView {
  readonly tallies: readonly EvidenceTally[];
  /** Days after which a piece counts half. */
  readonly halfLifeDays: number;
}

/** `evidence forget`: one round of deleting. */
export interface EvidenceForgottenView {
  readonly deleted: number;
  readonly isDone: boolean;
}

const AUTO = /^auto:([a-z_]+)/;

/** The class that a past request was of: what its client stated, else what the router found, else `general`. */
export function taskClassOf(row: { readonly task: string | null; readonly routeReason: string }): TaskClass {
  const found = AUTO.exec(row.routeReason)?.[1] ?? "";
  if (row.task !== null && isTaskClass(row.task)) return row.task;
  return isTaskClass(found) ? found : "general";
}
