import { expect, test } from "bun:test";
import type { StoreFault } from "../../src/stores/ports.ts";
import { storeFaultOf } from "../../src/stores/sqlite/fault.ts";

function withCode(code: string): Error {
  return Object.assign(new Error("detail"), { code });
}

const CODES: readonly [code: string, fault: StoreFault["code"], what: RegExp][] = [
  ["SQLITE_NOTADB", "store_corrupt", /is not a database/],
  ["SQLITE_CORRUPT_VTAB", "store_corrupt", /is damaged/],
  ["SQLITE_FULL", "store_full", /disk is full/],
  ["SQLITE_READONLY_DBMOVED", "store_read_only", /cannot be written/],
  ["SQLITE_PERM", "store_read_only", /may not be accessed/],
  ["SQLITE_BUSY_SNAPSHOT", "store_locked", /locked by another process/],
  ["SQLITE_LOCKED", "store_locked", /locked by another process/],
  ["SQLITE_CANTOPEN_ISDIR", "store_unreachable", /cannot be opened/],
  ["SQLITE_IOERR_WRITE", "store_unreachable", /cannot be read or written/],
  ["EACCES", "store_read_only", /EACCES/],
  ["EROFS", "store_read_only", /EROFS/],
  ["ENOSPC", "store_full", /disk is full/],
  ["SQLITE_ERROR", "store_failed", /detail/],
  ["", "store_failed", /detail/],
];

test.each(CODES)("%s becomes %s, naming the file and a way out", (code, expected, what) => {
  const fault = storeFaultOf(withCode(code), "/state/ledger.db");
  expect(fault.code).toBe(expected);
  expect(fault.message).toMatch(what);
  expect(fault.message).toStartWith("/state/ledger.db");
  expect(fault.fix.length).toBeGreaterThan(10);
});

test("what is no error at all is still told", () => {
  expect(storeFaultOf("odd", "/state/keys.db")).toMatchObject({ code: "store_failed", message: "/state/keys.db: odd" });
});
