import { existsSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { errorCode } from "../private-file.ts";
import { LOG_NAME, rotatedPath } from "./file.ts";

/** What `logs` shows. `history` counts lines; with `isFollowing` the generator goes on until `signal` aborts. */
export interface FollowOptions {
  readonly directory: string;
  readonly history: number;
  readonly isFollowing: boolean;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

const POLL_MS = 100;
const CHUNK_BYTES = 65_536;
/** More rotated files than anyone keeps. */
const MAX_FILES = 100;

/**
 * Yields the lines of a log, oldest first: the last `history` of them across its rotated files, then what is appended. A
 * rotation in between loses and repeats nothing, as files are told apart by their inode and finished before the next is begun.
 */
export async function* followLog(options: FollowOptions): AsyncGenerator<string, void, void> {
  const path = join(options.directory, LOG_NAME);
  const cursor: Cursor = { file: null, inode: 0, offset: 0, rest: "" };
  try {
    yield* await readHistory(path, cursor, options.history);
    while (options.isFollowing && options.signal?.aborted !== true) {
      yield* await readNew(path, cursor);
      await pause(options);
    }
  } finally {
    await cursor.file?.close();
  }
}

interface Cursor {
  file: FileHandle | null;
  inode: number;
  offset: number;
  /** The start of a line whose end is not written yet. */
  rest: string;
}

function pause({ clock, signal }: FollowOptions): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = clock.after(POLL_MS, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}

async function readHistory(path: string, cursor: Cursor, count: number): Promise<readonly string[]> {
  let lines: string[] = [];
  for (let index = 1; index < MAX_FILES && lines.length < count; index += 1) {
    const older = rotatedPath(path, index);
    if (!existsSync(older)) break;
    lines = [...(await readLines(older)), ...lines];
  }
  const current = await readNew(path, cursor);
  return count === 0 ? [] : [...lines, ...current].slice(-count);
}

async function readLines(path: string): Promise<readonly string[]> {
  const lines = (await Bun.file(path).text()).split("\n");
  return lines.filter((line) => line !== "");
}

/** Everything appended since the last call, going through files that were rotated away in the meantime. */
async function readNew(path: string, cursor: Cursor): Promise<readonly string[]> {
  if (cursor.file === null && !(await openAt(path, cursor))) return [];
  const lines = await readOn(cursor);
  const newer = await filesNewerThan(path, cursor.inode);
  for (const next of newer) {
    lines.push(...(await readOn(cursor)), ...endOfFile(cursor));
    await cursor.file?.close();
    cursor.file = null;
    if (!(await openAt(next, cursor))) break;
    lines.push(...(await readOn(cursor)));
  }
  return lines;
}

async function openAt(path: string, cursor: Cursor): Promise<boolean> {
  try {
    cursor.file = await open(path, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
  Object.assign(cursor, { inode: (await cursor.file.stat()).ino, offset: 0, rest: "" });
  return true;
}

/** The paths of the files after the one with `inode`, oldest first; only the current one when ours is not there any more. */
async function filesNewerThan(path: string, inode: number): Promise<readonly string[]> {
  const newer: string[] = [];
  for (let index = 0; index < MAX_FILES; index += 1) {
    const candidate = rotatedPath(path, index);
    const found = await inodeOf(candidate);
    if (found === inode) return newer;
    if (found === null && index > 0) break;
    if (found !== null) newer.unshift(candidate);
  }
  return newer.slice(-1);
}

async function inodeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ino;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}

async function readOn(cursor: Cursor): Promise<string[]> {
  const { file } = cursor;
  if (file === null) return [];
  if ((await file.stat()).size < cursor.offset) Object.assign(cursor, { offset: 0, rest: "" });
  const chunks: Buffer[] = [];
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, cursor.offset);
    if (bytesRead === 0) break;
    cursor.offset += bytesRead;
    chunks.push(buffer.subarray(0, bytesRead));
  }
  return splitLines(cursor, Buffer.concat(chunks));
}

/** Keeps the bytes after the last line end for later, in Latin-1 so that a character cut in two is joined again. */
function splitLines(cursor: Cursor, bytes: Buffer): string[] {
  const lines = `${cursor.rest}${bytes.toString("latin1")}`.split("\n");
  cursor.rest = lines.pop() ?? "";
  return lines.filter((line) => line !== "").map(fromLatin1);
}

function endOfFile(cursor: Cursor): readonly string[] {
  return cursor.rest === "" ? [] : [fromLatin1(cursor.rest)];
}

function fromLatin1(line: string): string {
  return Buffer.from(line, "latin1").toString("utf8");
}
