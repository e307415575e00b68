import { accessSync, chmodSync, constants, existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, parseJson } from "../../core/json.ts";
import { formatBytes } from "../../terminal/format.ts";
import { type Check, check } from "./check.ts";
import { freeSpace, listNames, readText } from "./read.ts";

/** Less free space than this is a warning. Bytes. */
const LITTLE_SPACE = 512 * 1024 * 1024;
/** A write-ahead log that no daemon holds should be small: closing one folds it in. */
const LARGE_WAL = 64 * 1024 * 1024;

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

/** Files below the state directory that others can read although they hold secrets or money. */
function openFiles(stateDir: string): readonly string[] {
  const own = listNames(stateDir).filter((name) => name !== "logs");
  const secrets = listNames(join(stateDir, "secrets")).map((name) => join("secrets", name));
  return [...own, ...secrets].filter((name) => (modeOf(join(stateDir, name)) & 0o077) !== 0);
}

/** A folder needs its search bit; a file never does. */
function closeFile(path: string): void {
  chmodSync(path, statSync(path).isDirectory() ? 0o700 : 0o600);
}

function checkModes(stateDir: string): readonly Check[] {
  if (process.platform === "win32") return [];
  const checks: Check[] = [];
  if ((modeOf(stateDir) & 0o077) !== 0) {
    const message = `${stateDir} is open to others (${modeOf(stateDir).toString(8)})`;
    const repair = { what: `make ${stateDir} private`, run: () => chmodSync(stateDir, 0o700) };
    checks.push(check("state", "warning", message, `chmod 700 ${stateDir}`, repair));
  }
  const loose = openFiles(stateDir).map((name) => join(stateDir, name));
  if (loose.length > 0) {
    const repair = { what: `make ${loose.join(", ")} private`, run: () => loose.forEach(closeFile) };
    checks.push(
      check("state", "warning", `others can read ${loose.join(", ")}`, `chmod go= ${loose.join(" ")}`, repair),
    );
  }
  return checks;
}

/** The room on the state directory's disk, in bytes; null where the system does not tell. */
export function checkSpace(free: number | null): readonly Check[] {
  if (free === null) return [];
  if (free >= LITTLE_SPACE) return [check("disk", "ok", `${formatBytes(free)} free`)];
  return [check("disk", "warning", `${formatBytes(free)} free`, "make room: the ledger stops when the disk is full")];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Notes that a process which is gone left in the state directory. Its lock went with it: the kernel sees to that. */
function checkLeftovers(stateDir: string): readonly Check[] {
  return ["ready.json", "owner.json"].flatMap((name) => {
    const path = join(stateDir, name);
    const json = parseJson(readText(path));
    const pid = isJsonObject(json) && typeof json.pid === "number" ? json.pid : null;
    if (pid === null || isAlive(pid)) return [];
    const message = `${path} is of pid ${pid}, which is gone: it did not end in order`;
    const repair = { what: `remove ${path}`, run: () => rmSync(path, { force: true }) };
    return [check("leftovers", "warning", message, `rm ${path}; \`lodestar logs\` may say why it ended`, repair)];
  });
}

function checkWriteAhead(stateDir: string, isRunning: boolean, checkpoint: () => Promise<void>): readonly Check[] {
  if (isRunning) return [];
  return listNames(stateDir).flatMap((name) => {
    const path = join(stateDir, name);
    if (!name.endsWith(".db-wal") || statSync(path).size < LARGE_WAL) return [];
    const message = `${name} has ${formatBytes(statSync(path).size)} that were not folded into the database`;
    const repair = { what: `fold ${name} into its database`, run: checkpoint };
    return [check("database", "warning", message, "lodestar doctor --fix, or start and stop the daemon once", repair)];
  });
}

/** The state directory: there, ours, private, writable, with room on its disk, left in order. `checkpoint` opens and closes its databases. */
export function checkStateDir(stateDir: string, isRunning: boolean, checkpoint: () => Promise<void>): readonly Check[] {
  if (!existsSync(stateDir)) return [check("state", "info", `${stateDir} does not exist yet; serve makes it`)];
  try {
    accessSync(stateDir, constants.R_OK | constants.W_OK);
  } catch {
    const message = `${stateDir} cannot be read and written by this user`;
    return [check("state", "bad", message, "run as its owner, or --state-dir")];
  }
  const modes = checkModes(stateDir);
  return [
    ...(modes.length > 0 ? modes : [check("state", "ok", `${stateDir}, private`)]),
    ...checkSpace(freeSpace(stateDir)),
    ...checkLeftovers(stateDir),
    ...checkWriteAhead(stateDir, isRunning, checkpoint),
  ];
}
