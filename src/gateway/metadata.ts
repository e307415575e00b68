import type { JsonObject } from "../core/json.ts";
import type { Plan } from "../core/plan.ts";
import { targetName } from "../core/target.ts";
import type { AttemptRecord } from "./call.ts";

/** What happened on the way, for `lodestar_metadata`. */
export function metadataOf(requested: string, records: readonly AttemptRecord[], plan: Plan | null): JsonObject {
  return {
    requested,
    attempts: records.map((record) => ({ ...record })),
    alternatives: (plan?.targets ?? []).map((entry) => targetName(entry.target)),
    skipped: (plan?.skipped ?? []).map((entry) => ({ target: targetName(entry.target), untilMs: entry.untilMs })),
  };
}
