import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStores } from "../../src/stores/open.ts";
import { unreadableCommits } from "../../src/stores/sqlite/wal.ts";
import { NOON } from "./attempts.ts";
import { type Sound, soundLedger } from "./damage.ts";
import { createFakeClock } from "./fake-clock.ts";
import { mustOpen, temporaryFolder } from "./temporary.ts";

const HEADER = 32;
const FRAME = 4_096 + 24;

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function put(folder: string, { main, keys }: Sound, wal: Buffer): void {
  writeFileSync(join(folder, "ledger.db"), main);
  writeFileSync(join(folder, "ledger.db-wal"), wal);
  writeFileSync(join(folder, "keys.db"), keys);
}

describe("a write-ahead log", () => {
  test("that is sound, empty, or written over an older one has no unreadable commit", async () => {
    const { wal } = await soundLedger();
    expect(unreadableCommits(wal)).toBe(0);
    expect(unreadableCommits(new Uint8Array(0))).toBe(0);
    expect(unreadableCommits(wal.subarray(0, HEADER))).toBe(0);
    // A log that begins anew has other salts; the old frames stay behind the new ones.
    const older = flipped(wal.subarray(HEADER), 8);
    for (let at = 0; at < older.length; at += FRAME) older[at + 8] = 0xff;
    expect(unreadableCommits(Buffer.concat([wal, older]))).toBe(0);
  });

  test("counts the commits behind a flipped bit, its own included", async () => {
    const { wal } = await soundLedger();
    const commits = Array.from({ length: Math.floor((wal.length - HEADER) / FRAME) }, (_, index) => index).filter(
      (index) => wal.readUInt32BE(HEADER + index * FRAME + 4) > 0,
    );
    expect(commits.length).toBeGreaterThan(20);
    commits.forEach((frame, index) => {
      expect(unreadableCommits(flipped(wal, HEADER + frame * FRAME + 2_000))).toBe(commits.length - index);
    });
    expect(unreadableCommits(flipped(wal, 3))).toBe(commits.length);
  });

  test("that was damaged is refused once and kept; the next start goes on with what can be read", async () => {
    const sound = await soundLedger();
    using folder = temporaryFolder();
    const damaged = flipped(sound.wal, HEADER + 30 * FRAME + 100);
    put(folder.path, sound, damaged);
    const copy = join(folder.path, "ledger.db-wal.damaged");
    const opened = openStores({ stateDir: folder.path, clock: createFakeClock(NOON) });
    expect(opened).toMatchObject({
      ok: false,
      error: {
        code: "store_corrupt",
        message: expect.stringMatching(/ledger\.db-wal is damaged: \d+ commits in it cannot be read/),
        fix: expect.stringContaining("start again to go on without them"),
      },
    });
    expect(readFileSync(copy).equals(damaged)).toBe(true);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const stores = mustOpen(folder.path);
    const found = [...stores.ledger.query({})].length;
    expect(found).toBeGreaterThanOrEqual(1_200);
    expect(found).toBeLessThan(sound.rows.length);
    expect(stores.ledger.totals({}).attempts).toBe(found);
    stores.close();
  });

  test("whose last commit was torn, as by a power cut, is no damage", async () => {
    const sound = await soundLedger();
    using folder = temporaryFolder();
    put(folder.path, sound, flipped(sound.wal, sound.wal.length - 10));
    const stores = mustOpen(folder.path);
    expect([...stores.ledger.query({})]).toHaveLength(sound.rows.length - 20);
    expect(existsSync(join(folder.path, "ledger.db-wal.damaged"))).toBe(false);
    stores.close();
  });
});
