import { chmodSync, existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { failure, type Result, success } from "../core/result.ts";
import { ledgerPlan } from "./ledger-plan.ts";
import type { KeyReader, KeyStore, Ledger, LedgerReader, StoreFault } from "./ports.ts";
import { type DatabasePlan, openReader, openWriter } from "./sqlite/database.ts";
import { storeFaultOf } from "./sqlite/fault.ts";
import type { LedgerClock } from "./sqlite/group-commit.ts";
import { createKeyReader, createSqliteKeyStore } from "./sqlite/keys.ts";
import { createSqliteLedger } from "./sqlite/ledger.ts";
import { createLedgerReader } from "./sqlite/ledger-queries.ts";
import keysInitial from "./sqlite/migrations/keys/0001-initial.sql" with { type: "text" };
import keysLimits from "./sqlite/migrations/keys/0002-limits.sql" with { type: "text" };

/** The stores of a state directory, for its one owner. */
export interface Stores {
  readonly ledger: Ledger;
  readonly keys: KeyStore;
  close(): void;
}

/** The same stores for reading, beside an owner or without one. */
export interface StoreReaders {
  readonly ledger: LedgerReader;
  readonly keys: KeyReader;
  close(): void;
}

function keysPlan(stateDir: string): DatabasePlan {
  const migrations = [
    { name: "0001-initial", sql: keysInitial },
    { name: "0002-limits", sql: keysLimits },
  ];
  return { path: join(stateDir, "keys.db"), migrations, durability: "durable" };
}

/** Closes what was already opened when a later file fails. */
function closing<Failed>(opened: readonly { close(): void }[], failed: Failed): Failed {
  for (const one of opened) one.close();
  return failed;
}

function bundle<Parts extends Omit<StoreReaders, "close">>(parts: Parts): Parts & { close(): void } {
  return {
    ...parts,
    close() {
      try {
        parts.ledger.close();
      } finally {
        parts.keys.close();
      }
    },
  };
}

function prepareDirectory(stateDir: string): StoreFault | null {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    chmodSync(stateDir, 0o700);
    return null;
  } catch (error) {
    return storeFaultOf(error, stateDir);
  }
}

function sizeOf(path: string): number | null {
  return existsSync(path) ? statSync(path).size : null;
}

/** SQLite takes an empty file for a new database, and deletes the log beside it. Only in a new directory is it one. */
export function emptiedFault(stateDir: string): StoreFault | null {
  const paths = [ledgerPlan(stateDir).path, keysPlan(stateDir).path];
  const isNew = paths.every((path) => (sizeOf(path) ?? 0) === 0);
  const emptied = paths.find((path) => (sizeOf(path) ?? 0) === 0 && (sizeOf(`${path}-wal`) ?? 0) > 0);
  const empty = emptied ?? (isNew ? undefined : paths.find((path) => sizeOf(path) === 0));
  if (empty === undefined) return null;
  return {
    code: "store_corrupt",
    message: `${empty} is empty: what was in it is gone.`,
    fix: "Put a backup in its place (*.backup may lie beside it), or delete it and its -wal file to begin anew.",
  };
}

/** Creates the directory (0700) and its databases (0600) where needed, upgrades them, and opens them for writing. */
export function openStores(options: {
  readonly stateDir: string;
  readonly clock: LedgerClock;
}): Result<Stores, StoreFault> {
  const { stateDir, clock } = options;
  const directoryFault = prepareDirectory(stateDir);
  const fault = directoryFault ?? emptiedFault(stateDir);
  if (fault !== null) return failure(fault);
  const plan = ledgerPlan(stateDir);
  const writer = openWriter(plan, (database) => database);
  if (!writer.ok) return writer;
  const reader = openReader(plan, (database) => createLedgerReader(database, plan.path));
  if (!reader.ok) return closing([writer.value], reader);
  const keys = openWriter(keysPlan(stateDir), createSqliteKeyStore);
  if (!keys.ok) return closing([writer.value, reader.value], keys);
  const ledger = createSqliteLedger({ path: plan.path, writer: writer.value, reader: reader.value, clock });
  return success(bundle({ ledger, keys: keys.value }));
}

/** Opens what is there for reading, beside a running daemon or without one; creates and changes nothing. */
export function openStoreReaders(options: { readonly stateDir: string }): Result<StoreReaders, StoreFault> {
  const fault = emptiedFault(options.stateDir);
  if (fault !== null) return failure(fault);
  const plan = ledgerPlan(options.stateDir);
  const ledger = openReader(plan, (database) => createLedgerReader(database, plan.path));
  if (!ledger.ok) return ledger;
  const keys = openReader(keysPlan(options.stateDir), createKeyReader);
  if (!keys.ok) return closing([ledger.value], keys);
  return success(bundle({ ledger: ledger.value, keys: keys.value }));
}
