import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProjectWish } from "../../src/core/project.ts";
import type { ProjectStore, StoredProject } from "../../src/stores/ports.ts";
import { openProjectReader, openProjectStore } from "../../src/stores/projects.ts";
import { temporaryFolder } from "./temporary.ts";

const WISH: ProjectWish = {
  aliases: { coder: "free" },
  chains: { default: ["free", "cheap"] },
  models: ["ollama/*"],
  tag: 'it\'s a "tag"',
  budgets: [{ period: "month", limitNanoUsd: 5_000_000_000, warnAt: [50], over: "deny", isUnpricedAllowed: false }],
  cacheTtlMs: 0,
  rules: [],
};

function project(more: Partial<StoredProject> = {}): StoredProject {
  return { name: "web", folder: "/src/web", wish: WISH, createdAt: 1_000, updatedAt: 1_000, ...more };
}

function mustOpen(stateDir: string): ProjectStore {
  const opened = openProjectStore({ stateDir });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

describe("known projects", () => {
  test("come back as they were stored, by name, after the file was closed too", () => {
    using folder = temporaryFolder();
    const store = mustOpen(folder.path);
    store.save(project({ name: "web'; DROP TABLE projects; --", folder: "/src/ünïcode" }));
    store.save(project({ name: "docs" }));
    store.close();
    const again = mustOpen(folder.path);
    expect(again.list()).toEqual([
      project({ name: "docs" }),
      project({ name: "web'; DROP TABLE projects; --", folder: "/src/ünïcode" }),
    ]);
    again.close();
  });

  test("are replaced by name, and keep when they were first known", () => {
    using folder = temporaryFolder();
    const store = mustOpen(folder.path);
    store.save(project());
    store.save(project({ folder: "/moved", createdAt: 2_000, updatedAt: 2_000 }));
    expect(store.list()).toEqual([project({ folder: "/moved", updatedAt: 2_000 })]);
    store.close();
  });

  test("are removed once", () => {
    using folder = temporaryFolder();
    const store = mustOpen(folder.path);
    store.save(project());
    expect([store.remove("web"), store.remove("web"), store.list()]).toEqual([true, false, []]);
    store.close();
  });

  test("lie in a file that only its owner may read, and can be read beside the one who writes", () => {
    using folder = temporaryFolder();
    expect(openProjectReader({ stateDir: folder.path })).toMatchObject({ ok: false, error: { code: "store_missing" } });
    const store = mustOpen(folder.path);
    store.save(project());
    expect(statSync(join(folder.path, "projects.db")).mode & 0o777).toBe(0o600);
    const reader = openProjectReader({ stateDir: folder.path });
    expect(reader.ok && reader.value.list()).toEqual([project()]);
    if (reader.ok) reader.value.close();
    store.close();
  });

  test("whose row somebody spoilt are left out", () => {
    using folder = temporaryFolder();
    const store = mustOpen(folder.path);
    store.save(project());
    store.save(project({ name: "docs" }));
    const other = new Database(join(folder.path, "projects.db"));
    other.run("UPDATE projects SET wish = 'not json' WHERE name = 'web'");
    other.close();
    expect(store.list().map(({ name }) => name)).toEqual(["docs"]);
    store.close();
  });

  test("in a file that is none are a fault that names it", () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "projects.db"), "this is no database, whatever its name says".repeat(100));
    const opened = openProjectStore({ stateDir: folder.path });
    expect(opened).toMatchObject({ ok: false, error: { code: "store_corrupt" } });
  });
});
