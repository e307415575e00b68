import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { openWriter } from "../../src/stores/sqlite/database.ts";
import type { Migration } from "../../src/stores/sqlite/migrate.ts";
import { temporaryFolder } from "./temporary.ts";

const FIRST: Migration = { name: "0001", sql: "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('first');" };
const SECOND: Migration = { name: "0002", sql: "ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 5;" };
const BROKEN: Migration = { name: "0002", sql: "ALTER TABLE notes ADD COLUMN stars; DROP TABLE nowhere;" };

function migrateTo(path: string, migrations: readonly Migration[]) {
  const opened = openWriter({ path, migrations, durability: "fast" }, (database) => database);
  if (opened.ok) opened.value.close();
  return opened;
}

function notesIn(path: string): unknown[] {
  const database = new Database(path, { readonly: true });
  const rows = database.query("SELECT * FROM notes").all();
  database.close();
  return rows;
}

test("steps run once, in order, after a backup of what was there", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "notes.db");
  expect(migrateTo(path, [FIRST]).ok).toBe(true);
  expect(readdirSync(folder.path)).toEqual(["notes.db"]);
  expect(migrateTo(path, [FIRST, SECOND]).ok).toBe(true);
  expect(migrateTo(path, [FIRST, SECOND]).ok).toBe(true);
  expect(notesIn(path)).toEqual([{ text: "first", stars: 5 }]);
  expect(notesIn(`${path}.v1.backup`)).toEqual([{ text: "first" }]);
  expect(statSync(`${path}.v1.backup`).mode & 0o777).toBe(0o600);
});

test("a step that fails leaves the file as it was, and the next try can succeed", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "notes.db");
  migrateTo(path, [FIRST]);
  expect(migrateTo(path, [FIRST, BROKEN])).toMatchObject({ ok: false, error: { code: "store_failed" } });
  expect(notesIn(path)).toEqual([{ text: "first" }]);
  expect(migrateTo(path, [FIRST, SECOND]).ok).toBe(true);
  expect(notesIn(path)).toEqual([{ text: "first", stars: 5 }]);
});
