import { Database } from "bun:sqlite";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { storeFaultOf } from "./sqlite/fault.ts";

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

/** Runs SQLite's quick check on every database of a state directory; changes nothing, beside a daemon too. */
export function checkStores(stateDir: string): readonly StoreCheck[] {
  if (!existsSync(stateDir)) return [];
  return readdirSync(stateDir)
    .filter((name) => name.endsWith(".db"))
    .sort()
    .map((name) => checkFile(join(stateDir, name)));
}
