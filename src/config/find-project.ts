import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { failure, type Result, success } from "../core/result.ts";
import { errorCode } from "../host/private-file.ts";
import type { ConfigProblem } from "./problem.ts";
import { MOST_PROJECT_TEXT, PROJECT_FILE } from "./project-file.ts";
import { projectFolderOf } from "./worktree.ts";

/** A project's own file as text, and whose it is. */
export interface FoundProject {
  readonly file: string;
  /** The folder whose project it is: in a linked Git worktree, the same place in the main one. */
  readonly folder: string;
  readonly text: string;
}

/** A character of UTF-8 takes at most so many bytes for each UTF-16 code unit. */
const MOST_BYTES = MOST_PROJECT_TEXT * 3;

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** A folder and those above it, to the root. */
function ancestry(folder: string): readonly string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...ancestry(above)];
}

/**
 * The folders that may hold the project file of `start`, innermost first: up to the root of the repository. From below, the
 * home folder, what is above it, the root of the file system and other mounts are never looked into.
 */
export function projectFolders(start: string, home: string): readonly string[] {
  const first = resolve(start);
  const device = statOf(first)?.dev;
  const never = new Set(ancestry(resolve(home)));
  const folders: string[] = [];
  for (const folder of ancestry(first)) {
    if (folder !== first && (never.has(folder) || statOf(folder)?.dev !== device)) break;
    folders.push(folder);
    if (statOf(join(folder, ".git")) !== null) break;
  }
  return folders;
}

function problem(file: string, message: string, fix: string): ConfigProblem {
  return { code: "unreadable", origin: file, path: "", message, fix };
}

/** Why an opened file is not read, or null. Whoever may write it decides where this user's requests go. */
function refusalOf(stats: Stats, file: string): ConfigProblem | null {
  const own = process.getuid?.();
  if (!stats.isFile()) return problem(file, "is no regular file", "put the text itself there");
  if (own !== undefined && stats.uid !== own && stats.uid !== 0) {
    const message = `belongs to another user (uid ${stats.uid})`;
    return problem(file, message, `if you trust it, take it over: sudo chown ${own} ${file}`);
  }
  if (own !== undefined && (stats.mode & 0o002) !== 0) {
    return problem(file, "can be changed by every user of this machine", `chmod o-w ${file}`);
  }
  return stats.size > MOST_BYTES
    ? problem(file, `is larger than ${MOST_BYTES} bytes`, "is this the right file?")
    : null;
}

function unreadable(error: unknown, file: string): ConfigProblem {
  const code = errorCode(error);
  // O_NOFOLLOW: a link of a cloned repository could lead to any file of the user's.
  if (code === "ELOOP" || code === "EMLINK") return problem(file, "is a link", "put the text itself there");
  if (error instanceof TypeError) return problem(file, "is not UTF-8 text", "save it as UTF-8");
  return problem(file, `cannot be read (${code || String(error)})`, `chown or chmod ${file}`);
}

/** Reads a project's own file without following a link; null when there is none. */
export function readProjectFile(folder: string): Result<FoundProject | null, ConfigProblem> {
  const file = join(folder, PROJECT_FILE);
  let handle: number;
  try {
    handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return errorCode(error) === "ENOENT" ? success(null) : failure(unreadable(error, file));
  }
  try {
    const refused = refusalOf(fstatSync(handle), file);
    if (refused !== null) return failure(refused);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(handle));
    return success({ file, folder: projectFolderOf(folder), text });
  } catch (error) {
    return failure(unreadable(error, file));
  } finally {
    closeSync(handle);
  }
}

/** The nearest project file at or above a folder; null when there is none. */
export function findProject(start: string, home: string): Result<FoundProject | null, ConfigProblem> {
  for (const folder of projectFolders(start, home)) {
    const read = readProjectFile(folder);
    if (!read.ok || read.value !== null) return read;
  }
  return success(null);
}
