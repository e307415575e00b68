import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, existsSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, parseJson } from "../core/json.ts";
import { failure, type Result, success } from "../core/result.ts";
import { errorText, readIfPresent, writePrivateFile } from "./private-file.ts";
import { isProcessAlive } from "./process-alive.ts";
import type { StateFault } from "./state.ts";

/** What a serving daemon says about itself in `ready.json`. `startedAt` is Unix milliseconds. */
export interface Ready {
  readonly apiUrl: string;
  readonly adminUrl: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: number;
}

/** The state directory is ours until `release`, or until this process ends in whatever way. */
export interface StateLock {
  release(): void;
}

/** Who uses a state directory, as another process can tell. `stale` is the ready file of a daemon that is gone. */
export type DaemonState =
  | { readonly state: "none" }
  | { readonly state: "starting"; readonly pid: number | null }
  | { readonly state: "running"; readonly ready: Ready }
  | { readonly state: "stale"; readonly ready: Ready };

const LOCK_NAME = "owner.lock";
const OWNER_NAME = "owner.json";
const READY_NAME = "ready.json";
/** A probe holds its shared lock for microseconds; an owner that meets one waits this long. */
const PROBE_PATIENCE_MS = 250;

/** Handles of held locks: a collected handle would close the file and so drop the lock. */
const heldLocks = new Set<Database>();

/**
 * Takes the one-owner lock of a state directory, or tells who has it. The lock is SQLite's exclusive file lock: the same
 * code on every platform, and the kernel drops it when the process dies, however it dies. Removes a dead owner's ready file.
 */
export function lockState(stateDir: string): Result<StateLock, StateFault> {
  const handle = openLock(stateDir);
  if (!handle.ok) return handle;
  const database = handle.value;
  try {
    database.run("BEGIN EXCLUSIVE");
    rmSync(join(stateDir, READY_NAME), { force: true });
    writePrivateFile(join(stateDir, OWNER_NAME), `${JSON.stringify({ pid: process.pid })}\n`);
  } catch (error) {
    database.close();
    return failure(isBusy(error) ? inUse(stateDir) : unlockable(stateDir, error));
  }
  heldLocks.add(database);
  return success({ release: () => release(stateDir, database) });
}

function openLock(stateDir: string): Result<Database, StateFault> {
  const path = join(stateDir, LOCK_NAME);
  try {
    // Created only when missing: closing a descriptor of an existing lock file would drop this process's own lock on it.
    if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
    const database = new Database(path);
    database.run(`PRAGMA busy_timeout = ${PROBE_PATIENCE_MS}`);
    return success(database);
  } catch (error) {
    return failure(unlockable(stateDir, error));
  }
}

function release(stateDir: string, database: Database): void {
  if (!heldLocks.delete(database)) return;
  rmSync(join(stateDir, READY_NAME), { force: true });
  rmSync(join(stateDir, OWNER_NAME), { force: true });
  database.close();
}

function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && error.code === "SQLITE_BUSY";
}

function inUse(stateDir: string): StateFault {
  const ready = readReady(stateDir);
  const pid = ready?.pid ?? readOwnerPid(stateDir);
  const who = pid === null ? "another lodestar process" : `lodestar with pid ${pid}`;
  const where = ready === null ? "" : ` at ${ready.apiUrl}`;
  return {
    code: "state_in_use",
    message: `State directory ${stateDir} is in use by ${who}${where}. Use that one, stop it with: lodestar stop, or choose another directory with --state-dir.`,
    owner: { pid, apiUrl: ready?.apiUrl ?? null },
  };
}

function unlockable(stateDir: string, error: unknown): StateFault {
  return {
    code: "state_dir_unusable",
    message: `State directory ${stateDir} cannot be locked (${LOCK_NAME}): ${errorText(error)}. Check its permissions and free space, or choose another directory with --state-dir.`,
  };
}

/** Announces a daemon that serves, for client commands and `detach`. The caller holds the lock. */
export function writeReady(stateDir: string, ready: Ready): void {
  writePrivateFile(join(stateDir, READY_NAME), `${JSON.stringify(ready)}\n`);
}

/** Takes the announcement back, first thing when a daemon starts to drain. */
export function removeReady(stateDir: string): void {
  rmSync(join(stateDir, READY_NAME), { force: true });
}

function readReady(stateDir: string): Ready | null {
  const json = parseJson(readIfPresent(join(stateDir, READY_NAME)) ?? "");
  if (!isJsonObject(json)) return null;
  const { apiUrl, adminUrl, pid, version, startedAt } = json;
  if (typeof apiUrl !== "string" || typeof adminUrl !== "string" || typeof version !== "string") return null;
  if (typeof pid !== "number" || typeof startedAt !== "number") return null;
  return { apiUrl, adminUrl, pid, version, startedAt };
}

function readOwnerPid(stateDir: string): number | null {
  const json = parseJson(readIfPresent(join(stateDir, OWNER_NAME)) ?? "");
  return isJsonObject(json) && typeof json.pid === "number" ? json.pid : null;
}

/** Whether some process (this one included) holds the lock. Never takes it and never creates it. */
export function isStateLocked(stateDir: string): boolean {
  const path = join(stateDir, LOCK_NAME);
  if (!existsSync(path)) return false;
  const database = new Database(path, { readonly: true });
  try {
    database.run("SELECT count(*) FROM sqlite_master");
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    database.close();
  }
}

/** Finds the daemon of a state directory. A ready file counts only while its process lives and the lock is held. */
export function findDaemon(stateDir: string): DaemonState {
  const ready = readReady(stateDir);
  if (!isStateLocked(stateDir)) return ready === null ? { state: "none" } : { state: "stale", ready };
  if (ready === null) return { state: "starting", pid: readOwnerPid(stateDir) };
  return isProcessAlive(ready.pid) ? { state: "running", ready } : { state: "stale", ready };
}
