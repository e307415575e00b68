import { Database } from "bun:sqlite";
import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import { failure, type Result, success } from "../../core/result.ts";
import type { StoreFault } from "../ports.ts";
import { storeFaultOf } from "./fault.ts";
import { type Migration, migrate, schemaFaultOf, strangerFault } from "./migrate.ts";
import { refuseWalDamage } from "./wal.ts";

/** How a store wants its file. `durable` survives power loss at each commit; `fast` may then lose the last commits. */
export interface DatabasePlan {
  readonly path: string;
  readonly migrations: readonly Migration[];
  readonly durability: "durable" | "fast";
}

const FILE_MODE = 0o600;
/** WAL readers and the one writer rarely meet; the wait blocks the process, so it is short. */
const BUSY_TIMEOUT_MS = 1_000;

/** Every pragma in one place. */
function configure(database: Database, durability: DatabasePlan["durability"]): void {
  // First, so that the statements below already wait for a lock instead of failing.
  database.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  // Readers in other processes work while the one writer writes.
  database.run("PRAGMA journal_mode = WAL");
  // Money is FULL: under WAL only that syncs each commit. NORMAL syncs at checkpoints.
  database.run(durability === "durable" ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  // What clients said is kept in such files: a deleted row is overwritten, not only forgotten.
  if (durability === "fast") database.run("PRAGMA secure_delete = ON");
  database.run("PRAGMA foreign_keys = ON");
  // Views and triggers of a tampered file may not call functions with side effects.
  database.run("PRAGMA trusted_schema = OFF");
  database.run("PRAGMA temp_store = MEMORY");
  // KiB. Enough for the indices of a month; keeps the idle daemon small.
  database.run("PRAGMA cache_size = -4096");
}

/** Makes a file ours: its mode, its pragmas, its schema. */
function prepare(database: Database, { path, durability, migrations }: DatabasePlan): StoreFault | null {
  chmodSync(path, FILE_MODE);
  configure(database, durability);
  return migrate(database, path, migrations);
}

/** Opens the one writing handle, creating and migrating the file (mode 0600) as needed. */
export function openWriter(plan: DatabasePlan): Result<Database, StoreFault> {
  let database: Database | undefined;
  try {
    const walFault = refuseWalDamage(plan.path);
    if (walFault !== null) return failure(walFault);
    closeSync(openSync(plan.path, "a", FILE_MODE));
    database = new Database(plan.path, { readwrite: true });
    const fault = strangerFault(database, plan.path, plan.migrations) ?? prepare(database, plan);
    if (fault === null) return success(database);
    database.close();
    return failure(fault);
  } catch (error) {
    database?.close();
    return failure(storeFaultOf(error, plan.path));
  }
}

/** Opens a reading handle on a file that exists and whose schema this binary knows. Never creates or changes anything. */
export function openReader(plan: DatabasePlan): Result<Database, StoreFault> {
  if (!existsSync(plan.path)) {
    const fix = "Start `lodestar serve` once, or check --state-dir.";
    return failure({ code: "store_missing", message: `There is no ${plan.path} yet.`, fix });
  }
  let database: Database | undefined;
  try {
    database = new Database(plan.path, { readonly: true });
    database.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    const fault = schemaFaultOf(database, plan.path, plan.migrations);
    if (fault === null) return success(database);
    database.close();
    return failure(fault);
  } catch (error) {
    database?.close();
    return failure(storeFaultOf(error, plan.path));
  }
}
