import { join } from "node:path";
import type { DatabasePlan } from "./sqlite/database.ts";
import initial from "./sqlite/migrations/votes/0001-initial.sql" with { type: "text" };
import tournaments from "./sqlite/migrations/votes/0002-tournaments.sql" with { type: "text" };

/** `votes.db`: a file of its own, written without waiting for the disk. Losing the last votes of a power cut costs some votes. */
export function votesPlan(stateDir: string): DatabasePlan {
  const migrations = [
    { name: "0001-initial", sql: initial },
    { name: "0002-tournaments", sql: tournaments },
  ];
  return { path: join(stateDir, "votes.db"), migrations, durability: "fast" };
}
