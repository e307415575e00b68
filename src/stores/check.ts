import { Database } from "bun:sqlite";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { failure, type Result, success } from "../core/result.ts";
import { ledgerPlan } from "./ledger-plan.ts";
import { emptiedFault } from "./open.ts";
import type { StoreFault } from "./ports.ts";
import { openReader } from "./sqlite/database.ts";
import { storeFaultOf } from "./sqlite/fault.ts";
import { checkDays } from "./sqlite/ledger-check.ts";
import { walDamage } from "./sqlite/wal.ts";

/** What was found when a database file was looked at closely. */
export interface StoreCheck {
  readonly file: string;
  readonly isSound: boolean;
  /** The file's size and schema version, or what is wrong. */
  readonly message: string;
}

function checkFile(file: string): StoreCheck {
  let database: Database | undefined;
  try {
    database = new Database(file, { readonly: true });
    const found = database.query<{ quick_check: string }, []>("PRAGMA quick_check(5)").all();
    const schema = database.query<{ user_version: number }, []>("PRAGMA user_version").get();
    const wrong = found.map((row) => row.quick_check).filter((line) => line !== "ok");
    if (wrong.length > 0) return { file, isSound: false, message: wrong.join("; ") };
    const kibibytes = Math.ceil(statSync(file).size / 1024);
    return { file, isSound: true, message: `sound, ${kibibytes} KiB, schema ${schema?.user_version ?? 0}` };
  } catch (error) {
    return { file, isSound: false, message: storeFaultOf(error, file).message };
  } finally {
    database?.close();
  }
}

/** What a close look at the ledger found. */
export interface LedgerCheck {
  readonly file: string;
  /** What SQLite's integrity check says; empty when the file is sound. */
  readonly damage: readonly string[];
  /** Attempts whose sums were held against them. */
  readonly rows: number;
  /** The first moment that could be checked (Unix ms): what was pruned before left only its daily sums. */
  readonly from: number | null;
  readonly wrongSums: number;
  readonly wrongLast: number;
  readonly lostPrices: number;
}

/** Seen twice: a daemon that writes the log meanwhile can make it look damaged for a moment. */
function logDamage(file: string): readonly string[] {
  const first = walDamage(file);
  return first !== null && first === walDamage(file) ? [first] : [];
}

/** Looks at all of `ledger.db`, also beside a daemon; changes nothing. `onDay` hears of each UTC day (Unix ms) when it is done. */
export function checkLedger(stateDir: string, onDay: (day: number) => void): Result<LedgerCheck, StoreFault> {
  const fault = emptiedFault(stateDir);
  if (fault !== null) return failure(fault);
  const file = join(stateDir, "ledger.db");
  const inLog = logDamage(file);
  const opened = openReader(ledgerPlan(stateDir), (database) => database);
  if (!opened.ok) return opened;
  const database = opened.value;
  try {
    const found = database.query<{ integrity_check: string }, []>("PRAGMA integrity_check(20)").all();
    const damage = [...inLog, ...found.map((row) => row.integrity_check).filter((line) => line !== "ok")];
    let sum: LedgerCheck = { file, damage, rows: 0, from: null, wrongSums: 0, wrongLast: 0, lostPrices: 0 };
    for (const day of checkDays(database)) {
      onDay(day.day);
      sum = {
        ...sum,
        rows: sum.rows + day.rows,
        from: sum.from ?? day.day,
        wrongSums: sum.wrongSums + day.wrongSums,
        wrongLast: sum.wrongLast + day.wrongLast,
        lostPrices: sum.lostPrices + day.lostPrices,
      };
    }
    return success(sum);
  } catch (error) {
    return failure(storeFaultOf(error, file));
  } finally {
    database.close();
  }
}

/** Runs SQLite's quick check on every database of a state directory; changes nothing, beside a daemon too. */
export function checkStores(stateDir: string): readonly StoreCheck[] {
  if (!existsSync(stateDir)) return [];
  return readdirSync(stateDir)
    .filter((name) => name.endsWith(".db"))
    .sort()
    .map((name) => checkFile(join(stateDir, name)));
}
