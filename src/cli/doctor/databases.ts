import { existsSync, renameSync, rmSync } from "node:fs";
import { basename } from "node:path";
import type { StoreCheck } from "../backend.ts";
import { type Check, check } from "./check.ts";

/** Serving goes on without these, and what they lose: nothing that somebody paid for or wrote. */
const REPLACEABLE: Readonly<Record<string, string>> = {
  "cache.db": "answers that would be given again",
  "gpu.db": "the graphics card's history",
  "health.db": "the history of providers' health",
  "local.db": "what was measured of local models, which is measured again",
  "routes.db": "past decisions of the router",
};

/** Renames a file that nobody has open, so that a new one is begun; its log goes, since it belongs to no other file. */
function setAside(file: string): void {
  let place = `${file}.damaged`;
  for (let number = 2; existsSync(place); number += 1) place = `${file}.damaged${number}`;
  renameSync(file, place);
  for (const end of ["-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
}

function damaged({ file, message }: StoreCheck, isRunning: boolean): Check {
  const loss = REPLACEABLE[basename(file)];
  const words = `${file}: ${message}`;
  if (loss === undefined) return check("database", "bad", words, "stop the daemon and restore the file from a backup");
  const fix = `${isRunning ? "lodestar stop, then " : ""}lodestar doctor --fix: a new one is begun, without ${loss}`;
  const repair = { what: `set ${file} aside, and with it ${loss}`, run: () => setAside(file) };
  return check("database", "warning", words, fix, isRunning ? undefined : repair);
}

/** The databases, looked at closely. What can be begun anew is set aside by `--fix` while no daemon has it open. */
export function checkDatabases(stores: readonly StoreCheck[], isRunning: boolean): readonly Check[] {
  return stores.map((store) =>
    store.isSound ? check("database", "ok", `${store.file}: ${store.message}`) : damaged(store, isRunning),
  );
}
