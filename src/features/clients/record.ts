import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { isJsonObject, parseJson } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { errorText, readIfPresent, writePrivateFile } from "../../host/private-file.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import type { Scope } from "./client.ts";
import type { Mark } from "./edit.ts";
import type { FormatName } from "./formats/format.ts";

/** One file that was written. */
export interface FileRecord {
  readonly path: string;
  readonly format: FormatName;
  /** The file before, byte for byte; null where there was none. */
  readonly original: string | null;
  /** Its permission bits before. */
  readonly mode: number;
  /** Fingerprint of what was written. */
  readonly written: string;
  readonly marks: readonly Mark[];
  /** Folders that were made for it, outermost first. */
  readonly folders: readonly string[];
}

/** What `setup` wrote for one client, so that it can be undone. */
export interface SetupRecord {
  readonly version: 1;
  readonly client: string;
  readonly scope: Scope;
  /** ISO 8601. */
  readonly since: string;
  readonly baseUrl: string;
  readonly model: string | null;
  readonly files: readonly FileRecord[];
}

/** Where the record of a client lies: one for the user, one for each project folder. */
export function recordPath(stateDir: string, client: string, scope: Scope, cwd: string): string {
  const place = scope === "global" ? "" : `-${createHash("sha256").update(cwd).digest("hex").slice(0, 16)}`;
  return join(stateDir, "clients", `${client}${place}.json`);
}

/** Reads a record; null where nothing was set up. Its content is trusted: only this program writes there, 0600. */
export function readRecord(path: string): Result<SetupRecord | null, CliProblem> {
  try {
    const text = readIfPresent(path);
    if (text === null) return success(null);
    const json = parseJson(text);
    if (isJsonObject(json) && json.version === 1 && Array.isArray(json.files)) {
      return success(json as unknown as SetupRecord);
    }
    const fix = "undo the changes by hand, delete that file, and run setup again";
    return failure(failureProblem("setup_record_invalid", `${path} is no record of a set-up`, fix));
  } catch (error) {
    return failure(failureProblem("setup_record_unreadable", `${path} cannot be read: ${errorText(error)}`));
  }
}

/** Writes a record, 0600, before the files it tells of are touched. Throws when the disk refuses. */
export function writeRecord(path: string, record: SetupRecord): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writePrivateFile(path, `${JSON.stringify(record, null, 2)}\n`);
}

/** Forgets a set-up. */
export function removeRecord(path: string): void {
  rmSync(path, { force: true });
}
