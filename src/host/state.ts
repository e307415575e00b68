import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { failure, type Result, success } from "../core/result.ts";
import { createPrivateFileOnce, errorCode, errorText, readIfPresent } from "./private-file.ts";

/** Why the state directory cannot be used; `message` says what to do about it. */
export interface StateFault {
  readonly code: "state_dir_unsafe" | "state_dir_unusable" | "state_file_invalid" | "state_in_use";
  readonly message: string;
  /** For `state_in_use`: who holds it, as far as it told. */
  readonly owner?: { readonly pid: number | null; readonly apiUrl: string | null };
}

/** Where the state directory stands by default depends on these; taken as data so that every platform can be tested. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** The surroundings of this process. */
function ownSurroundings(): Surroundings {
  return { platform: process.platform, env: process.env, home: homedir() };
}

/**
 * The state directory when no flag names one: `LODESTAR_STATE_DIR`, else `$XDG_STATE_HOME/lodestar` or
 * `~/.local/state/lodestar` (XDG Base Directory 0.8; relative values are ignored as it demands), on macOS
 * `~/Library/Application Support/lodestar`, on Windows `%LOCALAPPDATA%\lodestar`.
 */
export function defaultStateDir({ platform, env, home }: Surroundings = ownSurroundings()): string {
  const chosen = env.LODESTAR_STATE_DIR;
  if (chosen !== undefined && chosen !== "") return chosen;
  if (platform === "win32") return join(env.LOCALAPPDATA || join(home, "AppData", "Local"), "lodestar");
  if (platform === "darwin") return join(home, "Library", "Application Support", "lodestar");
  const xdg = env.XDG_STATE_HOME ?? "";
  return join(isAbsolute(xdg) ? xdg : join(home, ".local", "state"), "lodestar");
}

/**
 * Makes the state directory usable: creates it with mode 0700 (an empty one is tightened to that) and refuses one that
 * another user owns or may write to. Returns its real path.
 */
export function openStateDir(path: string): Result<string, StateFault> {
  try {
    const isNew = mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined;
    const stats = statSync(path);
    const danger = process.platform === "win32" ? null : dangerOf(path, stats, process.getuid?.() ?? 0);
    if (danger !== null) return failure({ code: "state_dir_unsafe", message: danger });
    if (isNew || readdirSync(path).length === 0) chmodSync(path, 0o700);
    return success(realpathSync(path));
  } catch (error) {
    return failure({ code: "state_dir_unusable", message: unusable(path, error) });
  }
}

function dangerOf(path: string, stats: Stats, uid: number): string | null {
  if (stats.uid !== uid) {
    return `State directory ${path} belongs to user ${stats.uid}, but this process runs as ${uid} (${userName()}). Run as its owner, or choose another directory with --state-dir.`;
  }
  if ((stats.mode & 0o022) === 0) return null;
  const mode = (stats.mode & 0o777).toString(8).padStart(3, "0");
  return `State directory ${path} may be written by other users (mode ${mode}), and it holds keys. Fix it with: chmod 700 ${quoteForShell(path)}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "no name";
  }
}

function quoteForShell(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function unusable(path: string, error: unknown): string {
  const other = "or choose another directory with --state-dir or LODESTAR_STATE_DIR";
  switch (errorCode(error)) {
    case "EACCES":
    case "EPERM":
      return `State directory ${path} cannot be used: permission denied. Give this user access, ${other}.`;
    case "EROFS":
      return `State directory ${path} lies on a read-only file system. Remount it, ${other}.`;
    case "ENOSPC":
      return `State directory ${path} cannot be created: the disk is full. Free some space, ${other}.`;
    case "EEXIST":
    case "ENOTDIR":
      return `State directory ${path} is not a directory. Move that file away, ${other}.`;
    default:
      return `State directory ${path} cannot be used: ${errorText(error)}. Repair it, ${other}.`;
  }
}

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** The path of the admin credential inside a state directory. */
export function adminTokenPath(stateDir: string): string {
  return join(stateDir, "admin.token");
}

/** The admin credential: 256 random bits as base64url, created once as `admin.token` (0600). */
export function ensureAdminToken(stateDir: string): Result<string, StateFault> {
  const path = adminTokenPath(stateDir);
  try {
    createPrivateFileOnce(path, () => `${randomBytes(32).toString("base64url")}\n`);
  } catch (error) {
    return failure({ code: "state_dir_unusable", message: unusable(stateDir, error) });
  }
  return readAdminToken(stateDir);
}

/** Reads the admin credential that a daemon created; a fault when there is none or it is not one. */
export function readAdminToken(stateDir: string): Result<string, StateFault> {
  const path = adminTokenPath(stateDir);
  try {
    const token = readIfPresent(path)?.trim();
    if (token !== undefined && TOKEN.test(token)) return success(token);
    const what = token === undefined ? "does not exist yet" : "does not hold a token";
    const fix = token === undefined ? "Start the daemon once with: lodestar serve" : "Delete it and restart the daemon";
    return failure({ code: "state_file_invalid", message: `Admin credential ${path} ${what}. ${fix}.` });
  } catch (error) {
    return failure({ code: "state_dir_unusable", message: `${path} cannot be read: ${errorText(error)}.` });
  }
}
