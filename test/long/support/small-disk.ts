import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const isRoot = process.getuid?.() === 0;
/** A mount namespace of its own: as root, or as root of a user namespace of its own. */
const NAMESPACE = isRoot ? ["unshare", "-m"] : ["unshare", "-rm"];

/** Whether this machine lets its user mount a small file system that only one process sees. */
export function canMakeSmallDisk(): boolean {
  try {
    return Bun.spawnSync([...NAMESPACE, "sh", "-c", "mount -t tmpfs none /mnt"]).success;
  } catch {
    // There is no `unshare` here.
    return false;
  }
}

/** Words that start a program with a file system of so many MiB at a folder (created as needed); they become the program. */
export function onSmallDisk(folder: string, mebibytes: number): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const script = `mount -t tmpfs -o size=${mebibytes}m,mode=700 none "$0" && exec "$@"`;
  return [...NAMESPACE, "sh", "-c", script, folder];
}

/** Words that run a program among the file systems that another process sees. */
export function besides(pid: number): readonly string[] {
  return ["nsenter", ...(isRoot ? [] : ["-U", "--preserve-credentials"]), "-m", "-t", String(pid)];
}

/** A folder as another process sees it. For plain files: SQLite takes such a path for the folder of the same name here. */
export function seenBy(pid: number, folder: string): string {
  return `/proc/${pid}/root${folder}`;
}

/** Fills the file system of a folder to its last byte; what comes back makes room again. */
export function fillDisk(folder: string): () => void {
  const ballast = join(folder, "ballast");
  const file = openSync(ballast, "w");
  for (const bytes of [64 * 1024, 4_096, 1]) {
    try {
      for (;;) if (writeSync(file, Buffer.alloc(bytes)) === 0) break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }
  closeSync(file);
  return () => rmSync(ballast);
}
