import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { failure, type Result, success } from "../../core/result.ts";
import { errorCode, errorText } from "../../host/private-file.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";

/** A file as it was read: its text byte for byte, byte order mark included, and its mode. */
export interface FoundFile {
  readonly text: string;
  /** Permission bits. */
  readonly mode: number;
}

/** SHA-256 of a text in hex: whether anybody changed a file since. */
export function fingerprint(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Where a path leads: settings are often links into a folder of dotfiles, and the link must stay. */
function realPathOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

/** Reads a file; null when there is none. Bytes that are no UTF-8 are a problem, since they could not be written back. */
export function readClientFile(path: string): Result<FoundFile | null, CliProblem> {
  try {
    const bytes = readFileSync(path);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return success({ text, mode: statSync(path).mode & 0o777 });
  } catch (error) {
    if (errorCode(error) === "ENOENT") return success(null);
    const why = error instanceof TypeError ? "it is no UTF-8 text" : errorText(error);
    return failure(
      failureProblem("client_file_unreadable", `${path} cannot be read: ${why}`, "repair that file first"),
    );
  }
}

/** Makes the folders of a path; returns those that were missing, outermost first. */
export function makeFolders(path: string): readonly string[] {
  const missing: string[] = [];
  for (let folder = dirname(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  if (missing.length > 0) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return missing;
}

/** Replaces a file as a whole, through links: a reader sees the old text or the new. Throws when the disk refuses. */
export function replaceFile(path: string, text: string, mode: number): void {
  const place = realPathOf(path);
  const temporary = `${place}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const handle = openSync(temporary, "wx", mode);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    chmodSync(temporary, mode);
    renameSync(temporary, place);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Removes a file and then, innermost first, those of `folders` that are empty. */
export function removeFile(path: string, folders: readonly string[]): void {
  rmSync(path, { force: true });
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (["ENOTEMPTY", "EEXIST", "ENOENT"].includes(errorCode(error))) return;
      throw error;
    }
  }
}

/** Why a file could not be written. */
export function unwritable(path: string, error: unknown): CliProblem {
  const fix = "give yourself access to that folder, or free some space, and run it again";
  return failureProblem("client_file_unwritable", `${path} could not be written: ${errorText(error)}`, fix);
}
