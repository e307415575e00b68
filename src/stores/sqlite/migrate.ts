import type { Database } from "bun:sqlite";
import { chmodSync, rmSync } from "node:fs";
import type { StoreFault } from "../ports.ts";

/** One forward step of a schema; its number is its place in the list, from 1. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

const TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";

function versionOf(database: Database): number {
  const row = database.query<{ user_version: number }, []>("PRAGMA user_version").get();
  return row?.user_version ?? 0;
}

function newerFault(path: string, found: number, known: number): StoreFault {
  return {
    code: "store_newer",
    message: `${path} was written by a newer Lodestar (schema ${found}, this one knows ${known}).`,
    fix: "Run `lodestar update`, or restore the backup that the newer one left beside it.",
  };
}

/** A database of someone else, or of another store of ours: it is neither read nor migrated. A file without tables is new. */
export function strangerFault(database: Database, path: string, migrations: readonly Migration[]): StoreFault | null {
  // Every store has for good what its first migration makes first.
  const own = /CREATE TABLE (\w+)/.exec(migrations[0]?.sql ?? "")?.[1];
  const tables = database.query<{ name: string }, []>(TABLES).all();
  const isNew = tables.length === 0 && versionOf(database) === 0;
  if (isNew || own === undefined || tables.some(({ name }) => name === own)) return null;
  return {
    code: "store_corrupt",
    message: `${path} is a database, but not this one: it has no table "${own}".`,
    fix: "Move it away; a backup may lie beside it as *.backup.",
  };
}

/** Why this binary cannot read the file as it is, or null when it can. */
export function schemaFaultOf(database: Database, path: string, migrations: readonly Migration[]): StoreFault | null {
  const stranger = strangerFault(database, path, migrations);
  if (stranger !== null) return stranger;
  const found = versionOf(database);
  if (found > migrations.length) return newerFault(path, found, migrations.length);
  if (found === migrations.length) return null;
  return {
    code: "store_outdated",
    message: `${path} has an older schema (${found} of ${migrations.length}).`,
    fix: "Start `lodestar serve` once: it upgrades the file and keeps a backup.",
  };
}

/** Writes a consistent copy beside the file, e.g. `ledger.db.v1.backup`, replacing an older one of that version. */
function backUp(database: Database, path: string, version: number): void {
  const copy = `${path}.v${version}.backup`;
  rmSync(copy, { force: true });
  database.query("VACUUM INTO ?").run(copy);
  chmodSync(copy, 0o600);
}

/**
 * Brings the schema forward, all steps in one transaction, after a backup of what was there. Returns a fault (and changes
 * nothing) when the file is newer than this binary; a failing step throws and leaves the file as it was.
 */
export function migrate(database: Database, path: string, migrations: readonly Migration[]): StoreFault | null {
  const found = versionOf(database);
  if (found > migrations.length) return newerFault(path, found, migrations.length);
  if (found === migrations.length) return null;
  if (found > 0) backUp(database, path, found);
  const apply = database.transaction(() => {
    for (const migration of migrations.slice(versionOf(database))) database.run(migration.sql);
    // A pragma takes no bound parameter; the number is the length of our own list.
    database.run(`PRAGMA user_version = ${migrations.length}`);
  });
  apply.immediate();
  return null;
}
