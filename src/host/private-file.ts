import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** The `code` of a system error (`ENOENT`, `EACCES`…), or an empty string. */
export function errorCode(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return String(error.code);
}

/** What an error says, in one line. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Reads a text file; null when there is none. Other errors throw. */
export function readIfPresent(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}

function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}.tmp`;
}

/** Replaces a file of mode 0600 as a whole: a reader sees the old text or the new, never a part. */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  const temporary = temporaryName(path);
  try {
    writeFileSync(temporary, content, { mode: 0o600, flag: "wx" });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Creates a file of mode 0600 unless it exists, and never leaves a half-written one. Of several processes that try at
 * once one wins and the others keep the winner's content. An existing file is tightened to 0600.
 */
export function createPrivateFileOnce(path: string, make: () => Uint8Array | string): void {
  if (existsSync(path)) {
    chmodSync(path, 0o600);
    return;
  }
  const temporary = temporaryName(path);
  try {
    writeFileSync(temporary, make(), { mode: 0o600, flag: "wx" });
    placeOnce(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function placeOnce(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return;
    // File systems without hard links (FAT, some network mounts): the last writer wins there.
    renameSync(temporary, path);
  }
}
