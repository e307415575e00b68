import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  CONTEXT_OVERHEAD_BYTES,
  largestContext,
  placeModel,
  planMemory,
} from "../../src/core/memory-plan/memory-plan.ts";
import {
  cacheBytes,
  cacheBytesPerToken,
  graphBytes,
  PLAIN_RUN,
  reportedSize,
} from "../../src/core/memory-plan/size.ts";
import type { LayerShape, ModelShape } from "../../src/core/model-shape.ts";

const MIB = 1024 * 1024;

function layer(more: Partial<LayerShape> = {}): LayerShape {
  return {
    weightBytes: 50 * MIB,
    kvHeads: 8,
    keyLength: 128,
    valueLength: 128,
    windowTokens: null,
    stateBytes: 0,
    ...more,
  };
}

function shape(more: Partial<ModelShape> = {}): ModelShape {
  return {
    architecture: "qwen2",
    quantization: "Q4_K_M",
    contextTokens: 32_768,
    layers: Array.from({ length: 28 }, () => layer()),
    inputBytes: 100 * MIB,
    outputBytes: 100 * MIB,
    isOutputTied: true,
    otherBytes: 0,
    headCount: 16,
    embedding: 2_048,
    feedForward: 8_192,
    vocabulary: 150_000,
    experts: null,
    ...more,
  };
}

const at = (contextTokens: number) => ({ ...PLAIN_RUN, contextTokens });
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

describe("the cache of keys and values", () => {
  test("is 2 bytes for each key and value element of every kv head, layer and token", () => {
    expect(total(cacheBytes(shape(), at(4_096)))).toBe(28 * 8 * 256 * 2 * 4_096);
    const alike = shape({ layers: [layer({ kvHeads: 16 })] });
    expect(cacheBytesPerToken(alike, "f16")).toBe(16 * 256 * 2);
  });

  test("is smaller quantized, blocks' scales included", () => {
    const [f16 = 0] = cacheBytes(shape(), at(4_096));
    expect(cacheBytes(shape(), { ...at(4_096), cacheType: "q8_0" })[0]).toBe((f16 * 34) / 64);
    expect(cacheBytes(shape(), { ...at(4_096), cacheType: "q4_0" })[0]).toBe((f16 * 18) / 64);
  });

  test("of windowed layers stops growing in Ollama's own engine, and is counted whole in llama.cpp", () => {
    const layers = [layer({ windowTokens: 512 }), layer()];
    const own = shape({ architecture: "gemma3", layers });
    const perToken = 8 * 256 * 2;
    expect(cacheBytes(own, at(8_192))).toEqual([1_024 * perToken, 8_192 * perToken]);
    expect(cacheBytes(own, at(512))).toEqual([512 * perToken, 512 * perToken]);
    expect(cacheBytes(shape({ architecture: "gemma2", layers }), at(8_192))[0]).toBe(8_192 * perToken);
    expect([cacheBytesPerToken(own, "f16"), cacheBytesPerToken(shape({ layers }), "f16")]).toEqual([
      perToken,
      2 * perToken,
    ]);
  });

  test("is multiplied by sequences at once, states too", () => {
    const mixed = shape({ layers: [layer(), layer({ kvHeads: 0, stateBytes: 1_000 })] });
    expect(cacheBytes(mixed, { ...at(4_096), parallel: 3 })).toEqual([3 * 8 * 256 * 2 * 4_096, 3_000]);
  });

  test("is that of the model's own longest context where more is asked for", () => {
    expect(cacheBytes(shape({ contextTokens: 2_048 }), at(100_000))).toEqual(cacheBytes(shape(), at(2_048)));
  });
});

test("what Ollama reports leaves out the embedding table and, without a card, computing memory in llama.cpp only", () => {
  const plain = shape({ layers: [layer()] });
  const onProcessor = reportedSize(plain, at(2_048), "processor");
  expect(onProcessor).toMatchObject({ weightBytes: 150 * MIB, graphBytes: 0 });
  expect(reportedSize(plain, at(2_048), "card").graphBytes).toBe(graphBytes(plain, at(2_048)).full);
  const own = reportedSize({ ...plain, architecture: "qwen3", otherBytes: MIB }, at(2_048), "processor");
  expect(own.weightBytes).toBe(251 * MIB);
  expect(own.graphBytes).toBeGreaterThan(0);
  expect(own.totalBytes).toBe(own.weightBytes + own.cacheBytes + own.graphBytes);
});

describe("a plan", () => {
  const small = { name: "small", shape: shape({ layers: Array.from({ length: 10 }, () => layer({ kvHeads: 2 })) }) };
  const large = { name: "large", shape: shape({ layers: Array.from({ length: 80 }, () => layer()) }) };

  test("puts a small model wholly on the card, a large one partly, and none where there is no room", () => {
    const { placements, reservedBytes } = planMemory([small, large], 4_096 * MIB, [4_096], PLAIN_RUN);
    expect(placements.map(({ name, fits }) => [name, fits])).toEqual([
      ["small", "whole"],
      ["large", "partly"],
    ]);
    expect(placements[0]).toMatchObject({ layersOnCard: 11, layersInAll: 11 });
    expect(reservedBytes).toBe(457 * MIB);
    expect(placeModel(small, 500 * MIB, at(4_096))).toMatchObject({ fits: "not", layersOnCard: 0, cardBytes: 0 });
  });

  test("says each context once, where a model was made for less than is asked", () => {
    const short = { ...small, shape: { ...small.shape, contextTokens: 8_192 } };
    const { placements } = planMemory([short], 4_096 * MIB, [4_096, 8_192, 16_384, 32_768], PLAIN_RUN);
    expect(placements.map(({ contextTokens }) => contextTokens)).toEqual([4_096, 8_192]);
  });

  test("finds the largest context that fits, which the model itself may bound", () => {
    const contexts = [4_096, 8_192, 16_384, 32_768];
    expect(largestContext(small, 4_096 * MIB, contexts)).toBe(32_768);
    expect(largestContext(small, 1_800 * MIB, contexts)).toBe(16_384);
    expect(largestContext(large, 4_096 * MIB, contexts)).toBeNull();
    const short = { ...small, shape: { ...small.shape, contextTokens: 2_048 } };
    expect(largestContext(short, 4_096 * MIB, contexts)).toBe(2_048);
  });

  test("lets two models stand together only where each could join the other", () => {
    const other = { ...small, name: "other" };
    const pair = (mib: number) => planMemory([small, other, large], mib * MIB, [4_096], PLAIN_RUN).pairs;
    expect(pair(4_096).map(({ names, isPossible }) => [...names, isPossible])).toEqual([
      ["small", "other", true],
      ["small", "large", false],
      ["other", "large", false],
    ]);
    expect(pair(2_000)[0]?.isPossible).toBe(false);
    expect(planMemory([small, small], 4_096 * MIB, [4_096], PLAIN_RUN).pairs).toEqual([]);
    expect(planMemory([small], 4_096 * MIB, [], PLAIN_RUN)).toMatchObject({ placements: [], pairs: [] });
  });

  const models = fc
    .record({
      count: fc.integer({ min: 1, max: 60 }),
      mib: fc.integer({ min: 1, max: 200 }),
      kvHeads: fc.constantFrom(1, 2, 8, 32),
      window: fc.constantFrom(null, 512, 4_096),
      architecture: fc.constantFrom("llama", "qwen2", "gemma3", "qwen3"),
    })
    .map(({ count, mib, kvHeads, window, architecture }) => ({
      name: "m",
      shape: shape({
        architecture,
        layers: Array.from({ length: count }, () => layer({ weightBytes: mib * MIB, kvHeads, windowTokens: window })),
      }),
    }));

  test("never puts more on the card than is free beside the reserve", () => {
    const free = fc.integer({ min: 0, max: 16_384 }).map((mib) => mib * MIB);
    fc.assert(
      fc.property(models, free, fc.integer({ min: 1, max: 131_072 }), (model, freeBytes, contextTokens) => {
        const placed = placeModel(model, freeBytes, at(contextTokens));
        expect(placed.cardBytes).toBeLessThanOrEqual(Math.max(0, freeBytes - CONTEXT_OVERHEAD_BYTES));
        expect(placed.layersOnCard).toBeLessThanOrEqual(placed.layersInAll);
        expect(placed.fits === "whole").toBe(placed.layersOnCard === placed.layersInAll);
        expect(placed.fits === "not").toBe(placed.layersOnCard === 0);
      }),
    );
  });

  test("places no fewer layers on a larger card, and no more at a longer context", () => {
    const sizes = fc.tuple(fc.nat(16_384), fc.nat(4_096), fc.integer({ min: 512, max: 65_536 }), fc.nat(65_536));
    fc.assert(
      fc.property(models, sizes, (model, [mib, more, context, longer]) => {
        const here = placeModel(model, mib * MIB, at(context)).layersOnCard;
        expect(placeModel(model, (mib + more) * MIB, at(context)).layersOnCard).toBeGreaterThanOrEqual(here);
        expect(placeModel(model, mib * MIB, at(context + longer)).layersOnCard).toBeLessThanOrEqual(here);
      }),
    );
  });
});
