import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { JsonValue } from "../../src/core/json.ts";
import type { ToolResults } from "../../src/core/tool-results.ts";
import { openToolResults } from "../../src/stores/tool-results.ts";
import { temporaryFolder } from "./temporary.ts";

function open(stateDir: string, mostBytes?: number): ToolResults {
  const opened = openToolResults({ stateDir, ...(mostBytes === undefined ? {} : { mostBytes }) });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

test("what was kept is found again, after a restart too, by kind and key; the file is private", () => {
  using folder = temporaryFolder();
  const first = open(folder.path);
  first.save("diff-notes", "a", 1, { notes: [] });
  first.save("repair", "a", 2, null);
  first.save("diff-notes", "a", 3, ["later"]);
  first.close();
  const second = open(folder.path);
  expect(second.find("diff-notes", "a")).toEqual(["later"]);
  expect(second.find("repair", "a")).toBeNull();
  expect(second.find("tournament", "a")).toBeNull();
  expect(statSync(join(folder.path, "tools.db")).mode & 0o777).toBe(0o600);
  second.close();
});

test("the oldest go where there is no room, and the newest stays", () => {
  using folder = temporaryFolder();
  const store = open(folder.path, 10_000);
  for (let at = 0; at < 200; at += 1) store.save("diff-notes", `key-${at}`, at, "x".repeat(98));
  expect(store.find("diff-notes", "key-0")).toBeNull();
  expect(store.find("diff-notes", "key-199")).toBe("x".repeat(98));
  store.close();
  const again = open(folder.path, 10_000);
  const kept = Array.from({ length: 200 }, (_, at) => again.find("diff-notes", `key-${at}`)).filter(Boolean);
  expect(kept.length).toBeLessThanOrEqual(100);
  expect(kept.length).toBeGreaterThan(60);
  again.close();
});

test("any JSON comes back as it was, and saving it again takes no more room", () => {
  using folder = temporaryFolder();
  const store = open(folder.path, 1_000_000);
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.jsonValue(), (key, json) => {
      const value = JSON.parse(JSON.stringify(json)) as JsonValue;
      for (const at of [1, 2]) store.save("diff-notes", key, at, value);
      expect(store.find("diff-notes", key)).toEqual(value);
    }),
    { numRuns: 50 },
  );
  store.close();
});
