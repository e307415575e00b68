import { expect, test } from "bun:test";
import { openLocalFigures } from "../../src/stores/local-figures.ts";
import { temporaryFolder } from "./temporary.ts";

const UNKNOWN = { coldLoadMs: null, warmLoadMs: null, promptPerSecond: null, outputPerSecond: null, tokenRatio: null };

function open(stateDir: string) {
  const opened = openLocalFigures({ stateDir });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

test("figures come back, the model used last first; the same model at the same context has one row", () => {
  using folder = temporaryFolder();
  const store = open(folder.path);
  for (const [model, usedAt] of [
    ["a", 1],
    ["b", 2],
    ["a", 3],
  ] as const) {
    expect(store.save({ provider: "ollama", model, contextTokens: 4_096, ...UNKNOWN, usedAt })).toBe(true);
  }
  expect(store.list().map(({ model, usedAt }) => [model, usedAt])).toEqual([
    ["a", 3],
    ["b", 2],
  ]);
  store.close();
});

test("of more than 1,000, those used longest ago go at the next start", () => {
  using folder = temporaryFolder();
  const store = open(folder.path);
  for (let usedAt = 1; usedAt <= 1_005; usedAt += 1) {
    store.save({ provider: "ollama", model: `m${usedAt}`, contextTokens: 4_096, ...UNKNOWN, usedAt });
  }
  expect(store.list()).toHaveLength(1_005);
  store.close();
  const later = open(folder.path);
  expect([later.list().length, later.list().at(-1)?.model]).toEqual([1_000, "m6"]);
  later.close();
});

test("what cannot be written is told, not thrown", () => {
  using folder = temporaryFolder();
  const store = open(folder.path);
  store.close();
  expect(store.save({ provider: "ollama", model: "a", contextTokens: 4_096, ...UNKNOWN, usedAt: 1 })).toBe(false);
});
