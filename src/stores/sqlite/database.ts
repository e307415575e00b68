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

/**
 * Opens a file, looks whether it is one that can be used, and makes `create` of it. What a store cannot prepare or read at its
 * start is a fault of the file too, and leaves no handle open.
 */
function openAs<Store>(
  path: string,
  open: () => Result<Database, StoreFault>,
  faultOf: (database: Database) => StoreFault | null,
  create: (database: Database) => Store,
): Result<Store, StoreFault> {
  let database: Database | undefined;
  try {
    const opened = open();
    if (!opened.ok) return opened;
    database = opened.value;
    const fault = faultOf(database);
    if (fault === null) return success(create(database));
    database.close();
    return failure(fault);
  } catch (error) {
    database?.close();
    return failure(storeFaultOf(error, path));
  }
}

/** Opens a store on the one writing handle, creating and migrating the file (mode 0600) as needed. */
export function openWriter<Store>(
  plan: DatabasePlan,
  create: (database: Database) => Store,
): Result<Store, StoreFault> {
  const { path, migrations } = plan;
  const open = (): Result<Database, StoreFault> => {
    const walFault = refuseWalDamage(path);
    if (walFault !== null) return failure(walFault);
    closeSync(openSync(path, "a", FILE_MODE));
    return success(new Database(path, { readwrite: true }));
  };
  const faultOf = (database: Database) => strangerFault(database, path, migrations) ?? prepare(database, plan);
  return openAs(path, open, faultOf, create);
}

/** Opens a store on a reading handle, of a file that exists and whose schema this binary knows. Never creates or changes anything. */
export function openReader<Store>(
  { path, migrations }: DatabasePlan,
  create: (database: Database) => Store,
): Result<Store, StoreFault> {
  const open = (): Result<Database, StoreFault> => {
    if (existsSync(path)) return success(new Database(path, { readonly: true }));
    const fix = "Start `lodestar serve` once, or check --state-dir.";
    return failure({ code: "store_missing", message: `There is no ${path} yet.`, fix });
  };
  const faultOf = (database: Database) => {
    database.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return schemaFaultOf(database, path, migrations);
  };
  return openAs(path, open, faultOf, create);
}
