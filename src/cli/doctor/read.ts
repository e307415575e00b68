import { readdirSync, readFileSync, statfsSync } from "node:fs";

/** The text of a file; empty where it is not there or may not be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The names in a folder; none where it is not there or may not be read. */
export function listNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Free bytes of the disk that a path is on; null where there is no such path. */
export function freeSpace(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}
