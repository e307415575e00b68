import { join } from "node:path";
import type { Result } from "../core/result.ts";
import type { ProjectReader, ProjectStore, StoreFault } from "./ports.ts";
import { type DatabasePlan, openReader, openWriter } from "./sqlite/database.ts";
import initial from "./sqlite/migrations/projects/0001-initial.sql" with { type: "text" };
import { createProjectReader, createSqliteProjectStore } from "./sqlite/projects.ts";

/**
 * A file of its own: what it holds came with cloned repositories and lies apart from keys and money, and a damaged one costs
 * nothing but telling the projects again.
 */
function planFor(stateDir: string): DatabasePlan {
  const migrations = [{ name: "0001-initial", sql: initial }];
  return { path: join(stateDir, "projects.db"), migrations, durability: "durable" };
}

/** Opens `projects.db` (0600) of a state directory that exists. */
export function openProjectStore(options: { readonly stateDir: string }): Result<ProjectStore, StoreFault> {
  return openWriter(planFor(options.stateDir), createSqliteProjectStore);
}

/** Opens `projects.db` for reading, beside a daemon or without one; `store_missing` where none was written yet. */
export function openProjectReader(options: { readonly stateDir: string }): Result<ProjectReader, StoreFault> {
  return openReader(planFor(options.stateDir), createProjectReader);
}
