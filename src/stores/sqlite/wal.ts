import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { StoreFault } from "../ports.ts";

/*
 * SQLite reads its write-ahead log up to the first frame whose checksum is wrong and forgets what follows, without a word: right
 * after a power cut, which tears the commit that was being written, and wrong where bytes before later commits were damaged.
 * Source of the format: sqlite.org/fileformat2.html, "The Write-Ahead Log".
 */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** The last bit of the magic number tells the byte order of the words that checksums add up. */
const MAGIC = 0x377f0682;
/** Larger than any log of ours, which is written back every thousand pages. */
const MOST_BYTES = 512 * 1024 * 1024;

type Sum = readonly [first: number, second: number];

function checksum(log: DataView, from: number, to: number, isLittle: boolean, start: Sum): Sum {
  let [first, second] = start;
  for (let at = from; at < to; at += 8) {
    first = (first + log.getUint32(at, isLittle) + second) >>> 0;
    second = (second + log.getUint32(at + 4, isLittle) + first) >>> 0;
  }
  return [first, second];
}

function isSumAt(log: DataView, at: number, [first, second]: Sum): boolean {
  return log.getUint32(at) === first && log.getUint32(at + 4) === second;
}

function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= 65_536 && Number.isInteger(Math.log2(bytes));
}

/** The salts of a header are in each frame written since; what an earlier round left behind them has others. */
function hasSalts(log: DataView, at: number, salts: Sum): boolean {
  return log.getUint32(at + 8) === salts[0] && log.getUint32(at + 12) === salts[1];
}

/** How many whole frames can be read, as SQLite reads them. */
function readableFrames(log: DataView, frameBytes: number, salts: Sum): number {
  const isLittle = (log.getUint32(0) & 1) === 0;
  let sum = checksum(log, 0, 24, isLittle, [0, 0]);
  if (log.getUint32(0) >>> 1 !== MAGIC >>> 1 || !isSumAt(log, 24, sum)) return 0;
  let frames = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= log.byteLength; at += frameBytes) {
    if (!hasSalts(log, at, salts)) return frames;
    sum = checksum(log, at, at + 8, isLittle, sum);
    sum = checksum(log, at + FRAME_HEADER_BYTES, at + frameBytes, isLittle, sum);
    if (!isSumAt(log, at + 16, sum)) return frames;
    frames += 1;
  }
  return frames;
}

/**
 * How many commits of a write-ahead log lie behind damage, so that SQLite will not read them. The commit that was being written
 * when the power went counts too: it is the only one then.
 */
export function unreadableCommits(bytes: Uint8Array): number {
  const log = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (log.byteLength < HEADER_BYTES + FRAME_HEADER_BYTES) return 0;
  const stated = log.getUint32(8);
  const frameBytes = FRAME_HEADER_BYTES + (isPageSize(stated) ? stated : 4_096);
  const own: Sum = [log.getUint32(16), log.getUint32(20)];
  // Of a damaged header the frames still know the salts.
  const salts: Sum = hasSalts(log, HEADER_BYTES, own)
    ? own
    : [log.getUint32(HEADER_BYTES + 8), log.getUint32(HEADER_BYTES + 12)];
  const readable = readableFrames(log, frameBytes, own);
  let commits = 0;
  for (let at = HEADER_BYTES + readable * frameBytes; at + frameBytes <= log.byteLength; at += frameBytes) {
    if (hasSalts(log, at, salts) && log.getUint32(at + 4) > 0) commits += 1;
  }
  return commits;
}

/** What of the log beside a database cannot be read; null where there is none, or no more than a power cut leaves. */
export function walDamage(path: string): string | null {
  const wal = `${path}-wal`;
  if (!existsSync(wal)) return null;
  const bytes = readFileSync(wal);
  const commits = bytes.byteLength > MOST_BYTES ? 0 : unreadableCommits(bytes);
  return commits < 2 ? null : `${wal} is damaged: ${commits} commits in it cannot be read`;
}

/**
 * Refuses a database whose log was damaged, once: the log is kept beside it, and the next start goes on with what is left. To be
 * called before the file is opened, which drops the unreadable part.
 */
export function refuseWalDamage(path: string): StoreFault | null {
  const damage = walDamage(path);
  if (damage === null) return null;
  const copy = `${path}-wal.damaged`;
  const bytes = readFileSync(`${path}-wal`);
  if (existsSync(copy) && readFileSync(copy).equals(bytes)) return null;
  writeFileSync(copy, bytes, { mode: 0o600 });
  return {
    code: "store_corrupt",
    message: `${damage}.`,
    fix: `Put a backup in place of ${path}, or start again to go on without them; ${copy} keeps what was there.`,
  };
}
