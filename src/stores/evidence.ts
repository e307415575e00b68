import type { EvidenceReader, EvidenceStore } from "../core/evidence-store.ts";
import type { Result } from "../core/result.ts";
import type { StoreFault } from "./ports.ts";
import { openReader, openWriter } from "./sqlite/database.ts";
import { createEvidenceReader, createSqliteEvidence } from "./sqlite/evidence.ts";
import { votesPlan } from "./votes-plan.ts";

/** Opens `votes.db` (0600) of a state directory that exists. */
export function openEvidenceStore(options: { readonly stateDir: string }): Result<EvidenceStore, StoreFault> {
  return openWriter(votesPlan(options.stateDir), createSqliteEvidence);
}

/** Opens `votes.db` for reading, beside a daemon or without one; `store_missing` where none was written yet. */
export function openEvidenceReader(options: { readonly stateDir: string }): Result<EvidenceReader, StoreFault> {
  return openReader(votesPlan(options.stateDir), createEvidenceReader);
}
