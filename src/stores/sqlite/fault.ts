import { SQLiteError } from "bun:sqlite";
import type { StoreFault } from "../ports.ts";

type Explanation = Omit<StoreFault, "message"> & { readonly what: string };

/** By the primary result code's name; the extended codes (`SQLITE_IOERR_WRITE`) share their beginning. Source: sqlite.org/rescode.html. */
const EXPLANATIONS: readonly (readonly [prefix: string, explanation: Explanation])[] = [
  [
    "SQLITE_NOTADB",
    { code: "store_corrupt", what: "is not a database", fix: "Move it away; a backup may lie beside it as *.backup." },
  ],
  [
    "SQLITE_CORRUPT",
    { code: "store_corrupt", what: "is damaged", fix: "Move it away; a backup may lie beside it as *.backup." },
  ],
  [
    "SQLITE_FULL",
    {
      code: "store_full",
      what: "cannot grow: the disk is full",
      fix: "Free some space; nothing queued is lost meanwhile.",
    },
  ],
  [
    "SQLITE_READONLY",
    {
      code: "store_read_only",
      what: "cannot be written",
      fix: "Give your user write permission on it and its folder.",
    },
  ],
  [
    "SQLITE_PERM",
    { code: "store_read_only", what: "may not be accessed", fix: "Give your user permission on it and its folder." },
  ],
  [
    "SQLITE_BUSY",
    { code: "store_locked", what: "is locked by another process", fix: "Stop the other process, or wait." },
  ],
  [
    "SQLITE_LOCKED",
    { code: "store_locked", what: "is locked by another process", fix: "Stop the other process, or wait." },
  ],
  [
    "SQLITE_CANTOPEN",
    { code: "store_unreachable", what: "cannot be opened", fix: "Check that its folder exists and is yours." },
  ],
  [
    "SQLITE_IOERR",
    { code: "store_unreachable", what: "cannot be read or written", fix: "Check the disk (dmesg, free space, mount)." },
  ],
];

/** What a failure of SQLite or of the file system at `path` means for a person. */
export function storeFaultOf(error: unknown, path: string): StoreFault {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const detail = error instanceof Error ? error.message : String(error);
  const known = EXPLANATIONS.find(([prefix]) => code.startsWith(prefix))?.[1];
  if (known !== undefined) return { code: known.code, message: `${path} ${known.what} (${detail}).`, fix: known.fix };
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return {
      code: "store_read_only",
      message: `${path} may not be accessed (${code}).`,
      fix: "Check its owner and mode.",
    };
  }
  if (code === "ENOSPC") return { code: "store_full", message: `${path}: the disk is full.`, fix: "Free some space." };
  return { code: "store_failed", message: `${path}: ${detail}`, fix: "See the log for the full error." };
}

/** Whether one row itself is at fault, not the machine: then the rest of its batch can still be written. */
export function isRowAtFault(error: unknown): boolean {
  return error instanceof SQLiteError && /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(error.code ?? "");
}
