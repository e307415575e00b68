import type { Database } from "bun:sqlite";
import { chmodSync, mkdirSync } from "node:fs";
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
function closing<Failed>(databases: readonly Database[], failed: Failed): Failed {
  for (const database of databases) database.close();
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

/** Creates the directory (0700) and its databases (0600) where needed, upgrades them, and opens them for writing. */
export function openStores(options: {
  readonly stateDir: string;
  readonly clock: LedgerClock;
}): Result<Stores, StoreFault> {
  const { stateDir, clock } = options;
  const directoryFault = prepareDirectory(stateDir);
  if (directoryFault !== null) return failure(directoryFault);
  const plan = ledgerPlan(stateDir);
  const writer = openWriter(plan);
  if (!writer.ok) return writer;
  const reader = openReader(plan);
  if (!reader.ok) return closing([writer.value], reader);
  const keysDatabase = openWriter(keysPlan(stateDir));
  if (!keysDatabase.ok) return closing([writer.value, reader.value], keysDatabase);
  const ledger = createSqliteLedger({
    path: plan.path,
    writer: writer.value,
    reader: createLedgerReader(reader.value),
    clock,
  });
  return success(bundle({ ledger, keys: createSqliteKeyStore(keysDatabase.value) }));
}

/** Opens what is there for reading, beside a running daemon or without one; creates and changes nothing. */
export function openStoreReaders(options: { readonly stateDir: string }): Result<StoreReaders, StoreFault> {
  const ledger = openReader(ledgerPlan(options.stateDir));
  if (!ledger.ok) return ledger;
  const keys = openReader(keysPlan(options.stateDir));
  if (!keys.ok) return closing([ledger.value], keys);
  return success(bundle({ ledger: createLedgerReader(ledger.value), keys: createKeyReader(keys.value) }));
}
