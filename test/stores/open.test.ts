import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkLedger } from "../../src/stores/check.ts";
import { openStoreReaders, openStores } from "../../src/stores/open.ts";
import type { StoreFault } from "../../src/stores/ports.ts";
import { intentOf, NOON } from "./attempts.ts";
import { createFakeClock } from "./fake-clock.ts";
import { mustOpen, temporaryFolder } from "./temporary.ts";

function faultOf(stateDir: string): StoreFault | null {
  const opened = openStores({ stateDir, clock: createFakeClock(NOON) });
  if (!opened.ok) return opened.error;
  opened.value.close();
  return null;
}

function readFaultOf(stateDir: string): StoreFault | null {
  const opened = openStoreReaders({ stateDir });
  if (!opened.ok) return opened.error;
  opened.value.close();
  return null;
}

function setVersion(path: string, version: 0 | 99): void {
  const database = new Database(path);
  database.run(version === 0 ? "PRAGMA user_version = 0" : "PRAGMA user_version = 99");
  database.close();
}

describe("opening the stores", () => {
  test("makes the folder 0700 and every file in it 0600", () => {
    using folder = temporaryFolder();
    const stateDir = join(folder.path, "state");
    const stores = mustOpen(stateDir);
    stores.ledger.reserve(intentOf());
    expect(statSync(stateDir).mode & 0o777).toBe(0o700);
    const modes = readdirSync(stateDir).map((file) => [file, statSync(join(stateDir, file)).mode & 0o777]);
    expect(modes.length).toBeGreaterThanOrEqual(4);
    expect(modes.filter(([, mode]) => mode !== 0o600)).toEqual([]);
    stores.close();
  });

  test("tightens a file that was left open to others", () => {
    using folder = temporaryFolder();
    mustOpen(folder.path).close();
    chmodSync(join(folder.path, "ledger.db"), 0o644);
    mustOpen(folder.path).close();
    expect(statSync(join(folder.path, "ledger.db")).mode & 0o777).toBe(0o600);
  });

  test.each(["ledger.db", "keys.db"])("a %s of a newer Lodestar is refused and left as it is", (file) => {
    using folder = temporaryFolder();
    mustOpen(folder.path).close();
    setVersion(join(folder.path, file), 99);
    const fault = faultOf(folder.path);
    expect(fault).toMatchObject({ code: "store_newer", fix: expect.stringContaining("lodestar update") });
    expect(fault?.message).toContain(file);
    expect(fault?.message).toContain("schema 99, this one knows ");
    expect(readFaultOf(folder.path)).toMatchObject({ code: "store_newer" });
  });

  test.each(["ledger.db", "keys.db"])("a %s that is no database is named, with what to do", (file) => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, file), "this was never a database. ".repeat(400));
    const fault = faultOf(folder.path);
    expect(fault).toMatchObject({ code: "store_corrupt", fix: expect.stringContaining("Move it away") });
    expect(fault?.message).toContain(join(folder.path, file));
  });

  test.each(["ledger.db", "keys.db"])("an emptied %s is refused, and one of a new directory is not", (file) => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, file), "");
    mustOpen(folder.path).close();
    writeFileSync(join(folder.path, file), "");
    expect(faultOf(folder.path)).toMatchObject({
      code: "store_corrupt",
      message: expect.stringContaining(`${file} is empty`),
      fix: expect.stringContaining("delete it"),
    });
    expect(readFaultOf(folder.path)).toMatchObject({ code: "store_corrupt" });
    expect(checkLedger(folder.path, () => undefined)).toMatchObject({ ok: false, error: { code: "store_corrupt" } });
  });

  test.each(["ledger.db", "keys.db"])("a %s that is someone else's database is neither read nor changed", (file) => {
    using folder = temporaryFolder();
    const path = join(folder.path, file);
    const other = new Database(path);
    other.run("CREATE TABLE bookmarks (url TEXT)");
    other.close();
    const bytes = readFileSync(path);
    expect(faultOf(folder.path)).toMatchObject({
      code: "store_corrupt",
      message: expect.stringContaining("is a database, but not this one"),
    });
    const again = new Database(path, { readonly: true });
    expect(again.query("SELECT name FROM sqlite_schema").values()).toEqual([["bookmarks"]]);
    again.close();
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  test("a ledger in the place of the keys is refused: keys would be asked for no more", () => {
    using folder = temporaryFolder();
    mustOpen(folder.path).close();
    copyFileSync(join(folder.path, "ledger.db"), join(folder.path, "keys.db"));
    expect(faultOf(folder.path)).toMatchObject({ message: expect.stringContaining('no table "keys"') });
    expect(readFaultOf(folder.path)).toMatchObject({ code: "store_corrupt" });
  });

  test("reading a damaged page tells the file and what to do, and is no bug", async () => {
    using folder = temporaryFolder();
    const stores = mustOpen(folder.path);
    for (let number = 0; number < 500; number += 1) stores.ledger.reserve(intentOf({ requestId: `req_${number}` }));
    await stores.ledger.flush();
    stores.close();
    const path = join(folder.path, "ledger.db");
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xaa, bytes.length / 2));
    const opened = openStoreReaders({ stateDir: folder.path });
    if (!opened.ok) throw new Error(opened.error.message);
    const { ledger, close } = opened.value;
    const reads = [
      () => [...ledger.query({})],
      () => ledger.totals({ state: "final" }),
      () => ledger.recentRequests(5),
    ];
    for (const read of reads) expect(read).toThrow(/ledger\.db is damaged .* Move it away/);
    close();
  });

  test("a state directory that is a file is a fault, not a crash", () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "state");
    writeFileSync(path, "");
    expect(faultOf(path)).toMatchObject({ message: expect.stringContaining(path) });
  });

  test("a database that another process holds is named as locked", () => {
    using folder = temporaryFolder();
    mustOpen(folder.path).close();
    const other = new Database(join(folder.path, "ledger.db"));
    other.run("PRAGMA locking_mode = EXCLUSIVE");
    other.run("BEGIN EXCLUSIVE");
    other.run("PRAGMA user_version = 1");
    expect(readFaultOf(folder.path)).toMatchObject({ code: "store_locked" });
    other.close();
  }, 60_000);
});

describe("reading without owning", () => {
  test("sees what the owner committed, while the owner goes on", async () => {
    using folder = temporaryFolder();
    const stores = mustOpen(folder.path);
    stores.ledger.reserve(intentOf());
    await stores.ledger.flush();
    const opened = openStoreReaders({ stateDir: folder.path });
    if (!opened.ok) throw new Error(opened.error.message);
    expect(opened.value.ledger.totals({}).attempts).toBe(1);
    stores.ledger.reserve(intentOf({ requestId: "req_2" }));
    await stores.ledger.flush();
    expect(opened.value.ledger.totals({}).attempts).toBe(2);
    expect(opened.value.keys.hasAny()).toBe(false);
    opened.value.close();
    stores.close();
  });

  test("works with no owner running, and creates nothing where there is nothing", () => {
    using folder = temporaryFolder();
    expect(readFaultOf(folder.path)).toMatchObject({ code: "store_missing", fix: expect.stringContaining("serve") });
    expect(readdirSync(folder.path)).toEqual([]);
    mustOpen(folder.path).close();
    expect(readFaultOf(folder.path)).toBeNull();
  });

  test("an older schema asks for one start of the daemon", () => {
    using folder = temporaryFolder();
    mustOpen(folder.path).close();
    setVersion(join(folder.path, "ledger.db"), 0);
    expect(readFaultOf(folder.path)).toMatchObject({
      code: "store_outdated",
      message: expect.stringContaining("0 of 2"),
    });
  });
});
