import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { FileChange } from "../../core/repair/edit.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { errorCode, errorText } from "../../host/private-file.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";

/** A file that was changed, and all that undoing it needs. */
export interface ChangedFile {
  /** Relative to the root. */
  readonly path: string;
  /** Name of the kept copy, byte for byte; null where there was no file. */
  readonly original: string | null;
  /** Permission bits and time before. */
  readonly mode: number;
  readonly mtimeMs: number;
  /** SHA-256 of what was written. */
  readonly written: string;
  /** Folders made for it, outermost first. */
  readonly folders: readonly string[];
}

function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

/** The bytes of a plain file that no link leads to; null where there is none. */
function bytesAt(root: string, path: string): Result<Uint8Array | null, CliProblem> {
  const parts = path.split("/");
  try {
    for (const [index] of parts.entries()) {
      const step = join(root, ...parts.slice(0, index + 1));
      const stats = lstatSync(step);
      const isRight = index === parts.length - 1 ? stats.isFile() : stats.isDirectory();
      if (!isRight)
        return failure(
          failureProblem(
            "not_a_file",
            `${step} is no plain ${index === parts.length - 1 ? "file" : "folder"}`,
            "nothing was changed",
          ),
        );
    }
    return success(new Uint8Array(readFileSync(join(root, path))));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return success(null);
    return failure(
      failureProblem("file_unreadable", `${path} cannot be read: ${errorText(error)}`, "nothing was changed"),
    );
  }
}

/** Replaces a file as a whole: a reader sees the old bytes or the new. */
function replaceFile(file: string, bytes: Uint8Array, mode: number): void {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    writeFileSync(temporary, bytes, { flag: "wx", mode: 0o600 });
    chmodSync(temporary, mode);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function missingFolders(root: string, path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  const folders = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  return folders.filter((folder) => !existsSync(join(root, folder)));
}

const NEW_MODE = 0o644;

/** Keeps the originals and works out what is to be written; nothing in the tree is touched. A file that changed since it was copied is a problem. */
export function prepareChanges(
  root: string,
  changes: readonly FileChange[],
  originals: string,
): Result<readonly ChangedFile[], CliProblem> {
  const files: ChangedFile[] = [];
  mkdirSync(originals, { recursive: true, mode: 0o700 });
  for (const [index, { path, before, after }] of changes.entries()) {
    const now = bytesAt(root, path);
    if (!now.ok) return now;
    const expected = before === null ? null : Buffer.from(before);
    const isSame =
      now.value === null || expected === null ? now.value === expected : Buffer.compare(now.value, expected) === 0;
    if (!isSame)
      return failure(
        failureProblem(
          "file_changed",
          `${path} was changed while the repair was tried`,
          "nothing was changed; run it again",
        ),
      );
    const stats = now.value === null ? null : lstatSync(join(root, path));
    const original = now.value === null ? null : String(index);
    if (now.value !== null) writeFileSync(join(originals, String(index)), now.value, { mode: 0o600 });
    files.push({
      path,
      original,
      mode: stats === null ? NEW_MODE & ~process.umask() : stats.mode & 0o7777,
      mtimeMs: stats?.mtimeMs ?? 0,
      written: sha256(Buffer.from(after)),
      folders: missingFolders(root, path),
    });
  }
  return success(files);
}

function restoreOne(root: string, file: ChangedFile, originals: string): void {
  const target = join(root, file.path);
  if (file.original !== null) {
    replaceFile(target, readFileSync(join(originals, file.original)), file.mode);
    utimesSync(target, file.mtimeMs / 1_000, file.mtimeMs / 1_000);
    return;
  }
  if (existsSync(target)) rmSync(target);
  for (const folder of file.folders.toReversed()) {
    try {
      rmdirSync(join(root, folder));
    } catch (error) {
      if (!["ENOTEMPTY", "ENOENT", "EEXIST"].includes(errorCode(error))) throw error;
    }
  }
}

/** Writes prepared changes; one that cannot be written takes those before it back. */
export function applyChanges(
  root: string,
  changes: readonly FileChange[],
  files: readonly ChangedFile[],
  originals: string,
): CliProblem | null {
  const done: ChangedFile[] = [];
  for (const [index, file] of files.entries()) {
    try {
      done.push(file);
      mkdirSync(dirname(join(root, file.path)), { recursive: true });
      replaceFile(join(root, file.path), Buffer.from(changes[index]?.after ?? ""), file.mode);
    } catch (error) {
      for (const one of done.toReversed()) restoreOne(root, one, originals);
      return failureProblem(
        "not_writable",
        `${file.path} cannot be written: ${errorText(error)}`,
        "nothing was changed; see who may write there",
      );
    }
  }
  return null;
}

/** Puts every file back, byte for byte, with its mode and time; refuses as a whole where one was changed since. */
export function restoreChanges(root: string, files: readonly ChangedFile[], originals: string): CliProblem | null {
  for (const file of files) {
    const now = bytesAt(root, file.path);
    if (!now.ok) return now.error;
    if (now.value !== null && sha256(now.value) === file.written) continue;
    const kept = file.original === null ? "there was none before" : `the original is ${join(originals, file.original)}`;
    return failureProblem(
      "changed_since",
      `${file.path} was changed after the repair; ${kept}`,
      "nothing was changed; take back your change first, or restore the file by hand",
    );
  }
  try {
    for (const file of files.toReversed()) restoreOne(root, file, originals);
    return null;
  } catch (error) {
    return failureProblem(
      "not_writable",
      `a file cannot be restored: ${errorText(error)}`,
      `the originals are in ${originals}`,
    );
  }
}
