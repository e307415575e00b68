import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCardFit, fittingContext } from "../../src/compose/card-fit.ts";
import { noGpu } from "../../src/core/gpu/gpu.ts";
import { CONTEXT_OVERHEAD_BYTES, placeModel } from "../../src/core/memory-plan/memory-plan.ts";
import { catalogShape } from "../../src/features/local-catalog/rows.ts";

const MIB = 1024 * 1024;
const SHAPE = catalogShape("qwen2.5-coder:3b");
if (SHAPE === null) throw new Error("the catalogue lost its model");
const RUN = { parallel: 1, cacheType: "f16" } as const;

/** The least room in which the model is whole at a context. */
function roomFor(contextTokens: number): number {
  const model = { name: "m", shape: SHAPE as NonNullable<typeof SHAPE> };
  return placeModel(model, 100_000 * MIB, { ...RUN, contextTokens }).cardBytes + CONTEXT_OVERHEAD_BYTES;
}

describe("the context to load a model with", () => {
  test.each([
    ["what is wanted, where that fits", roomFor(16_384), 16_384, 16_384],
    ["the rung below, where only that fits", roomFor(16_384) - 1, 16_384, 8_192],
    ["the least rung, where only that fits", roomFor(8_192) - 1, 16_384, 4_096],
    ["what is wanted, where the model spills anyway", roomFor(4_096) - 1, 16_384, 16_384],
    ["never more than what is wanted", roomFor(32_768), 2_048, 2_048],
  ])("is %s", (_case, room, wanted, expected) => {
    expect(fittingContext("m", SHAPE, room, wanted)).toBe(expected);
  });

  test("is what is wanted as long as nobody knows the card or the model's file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lodestar-card-fit-"));
    const blob = join(folder, `sha256-${"0".repeat(64)}`);
    await Bun.write(blob, "no GGUF");
    const memory = { totalBytes: 4_096 * MIB, freeBytes: 0, ownBytes: 0, foreignBytes: 0 };
    const report = noGpu(1, null);
    const local = {
      stateOf: () => ({ version: "0.24.0", installed: [{ name: "m" }], loaded: [] }),
      cardOf: () => ({ body: { modelfile: `FROM ${blob}\n` } }),
    };
    for (const gpus of [[], [{ memory }], [{ memory }, { memory }]]) {
      const fit = createCardFit(
        local as unknown as Parameters<typeof createCardFit>[0],
        { latest: () => ({ ...report, gpus }) as unknown as ReturnType<Parameters<typeof createCardFit>[1]["latest"]> },
        () => new Map([["ollama", "http://127.0.0.1:1"]]),
      );
      await fit.readShapes();
      expect(fit.contextFor("ollama", "http://127.0.0.1:1", "m", 8_192)).toBe(8_192);
    }
    rmSync(folder, { recursive: true });
  });
});
