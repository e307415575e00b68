import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { createCostModel } from "../../src/local/cost-model.ts";
import { openLocalFigures } from "../../src/stores/local-figures.ts";
import type { LocalFigureStore } from "../../src/stores/ports.ts";

const LOADED = { provider: "ollama", model: "a:1b", contextTokens: 8_192 };
const RUN = { loadMs: 60, promptTokens: 1_000, promptMs: 2_000, outputTokens: 100, outputMs: 4_000 };

function opened(stateDir: string): LocalFigureStore {
  const store = openLocalFigures({ stateDir });
  if (!store.ok) throw new Error(store.error.message);
  return store.value;
}

describe("what local models cost in time", () => {
  test("is guessed for a small card until it was measured, then is what was measured", () => {
    const costs = createCostModel(null, () => 1);
    expect([costs.loadMs(LOADED), costs.serviceMs(LOADED, 300, 30)]).toEqual([3_000, 2_000]);
    costs.noteLoad(LOADED, 5_000);
    costs.noteLoad(LOADED, 700);
    costs.noteRun(LOADED, RUN, 1_000);
    expect([costs.loadMs(LOADED), costs.serviceMs(LOADED, 500, 25)]).toEqual([700, 2_000]);
  });

  test("is that of another context of the same model, where these options were never measured", () => {
    const costs = createCostModel(null, () => 1);
    costs.noteRun(LOADED, RUN, 1_000);
    expect(costs.serviceMs({ ...LOADED, contextTokens: 16_384 }, 500, 25)).toBe(2_000);
    expect(costs.serviceMs({ ...LOADED, model: "b:1b" }, 300, 30)).toBe(2_000);
  });

  test("the first load is a cold one, unless the file was read before", () => {
    const costs = createCostModel(null, () => 1);
    costs.noteRead("ollama", "b:1b");
    expect([
      costs.noteLoad(LOADED, 1),
      costs.noteLoad(LOADED, 1),
      costs.noteLoad({ ...LOADED, model: "b:1b" }, 1),
    ]).toEqual(["cold", "warm", "warm"]);
  });

  test("comes to what is measured again and again, and never leaves the range of what was", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 100, max: 10_000 }), { minLength: 1, maxLength: 40 }), (loads) => {
        const costs = createCostModel(null, () => 1);
        costs.noteRead(LOADED.provider, LOADED.model);
        for (const tookMs of loads) costs.noteLoad(LOADED, tookMs);
        expect(costs.loadMs(LOADED)).toBeGreaterThanOrEqual(Math.min(...loads) - 1e-6);
        expect(costs.loadMs(LOADED)).toBeLessThanOrEqual(Math.max(...loads) + 1e-6);
        for (let index = 0; index < 40; index += 1) costs.noteLoad(LOADED, 1_234);
        expect(Math.abs(costs.loadMs(LOADED) - 1_234)).toBeLessThan(1);
      }),
      { numRuns: 50 },
    );
  });

  test("short prompts say nothing of a tokenizer, and no prompt says more than three times the estimate", () => {
    const costs = createCostModel(null, () => 1);
    costs.noteRun(LOADED, { ...RUN, promptTokens: 90 }, 20);
    expect(costs.tokenRatio("ollama", "a:1b")).toBe(1);
    costs.noteRun(LOADED, { ...RUN, promptTokens: 1_300 }, 1_000);
    expect(costs.tokenRatio("ollama", "a:1b")).toBe(1.3);
    const odd = createCostModel(null, () => 1);
    odd.noteRun(LOADED, { ...RUN, promptTokens: 90_000 }, 1_000);
    expect(odd.tokenRatio("ollama", "a:1b")).toBe(3);
  });

  test("is remembered between two starts, with the model that was used last; a run that told nothing changes nothing", () => {
    const stateDir = mkdtempSync(join(tmpdir(), "lodestar-figures-"));
    try {
      let now = 1_000_000;
      const store = opened(stateDir);
      const costs = createCostModel(store, () => (now += 60_000));
      costs.noteLoad(LOADED, 5_000);
      costs.noteRun({ ...LOADED, model: "b:1b" }, RUN, 1_000);
      costs.noteRun(
        { ...LOADED, model: "b:1b" },
        { loadMs: null, promptTokens: null, promptMs: null, outputTokens: null, outputMs: null },
        0,
      );
      store.close();
      const again = opened(stateDir);
      const later = createCostModel(again, () => now);
      expect([later.loadMs(LOADED), later.serviceMs({ ...LOADED, model: "b:1b" }, 500, 25)]).toEqual([5_000, 2_000]);
      expect(later.lastUsed("ollama")).toMatchObject({ model: "b:1b", contextTokens: 8_192 });
      expect(later.lastUsed("other")).toBeNull();
      again.close();
      expect(again.list).toThrow();
      expect(later.noteLoad(LOADED, 100)).toBe("cold");
    } finally {
      rmSync(stateDir, { recursive: true, force: true });
    }
  });

  test("a damaged file says what it is and how to mend it", () => {
    const stateDir = mkdtempSync(join(tmpdir(), "lodestar-figures-"));
    writeFileSync(join(stateDir, "local.db"), "no database".repeat(100));
    const opening = openLocalFigures({ stateDir });
    expect(opening).toMatchObject({ ok: false, error: { code: "store_corrupt" } });
    rmSync(stateDir, { recursive: true, force: true });
  });
});
