import { join } from "node:path";
import type { EvidenceReader, EvidenceStore } from "../core/evidence-store.ts";
import type { Result } from "../core/result.ts";
import type { StoreFault } from "./ports.ts";
import { type DatabasePlan, openReader, openWriter } from "./sqlite/database.ts";
import { createEvidenceReader, createSqliteEvidence } from "./sqlite/evidence.ts";
import initial from "./sqlite/migrations/votes/0001-initial.sql" with { type: "text" };

/** A file of its own, written without waiting for the disk: losing the last votes of a power cut costs some votes. */
function planFor(stateDir: string): DatabasePlan {
  const migrations = [{ name: "0001-initial", sql: initial }];
  return { path: join(stateDir, "votes.db"), migrations, durability: "fast" };
}

/** Opens `votes.db` (0600) of a state directory that exists. */
export function openEvidenceStore(options: { readonly stateDir: string }): Result<EvidenceStore, StoreFault> {
  return openWriter(planFor(options.stateDir), createSqliteEvidence);
}

/** Opens `votes.db` for reading, beside a daemon or without one; `store_missing` where none was written yet. */
export function openEvidenceReader(options: { readonly stateDir: string }): Result<EvidenceReader, StoreFault> {
  return openReader(planFor(options.stateDir), createEvidenceReader);
}
