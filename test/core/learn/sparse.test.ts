import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { dotRow, foldHashes, rarity, scaleToUnit } from "../../../src/core/learn/sparse.ts";

describe("sparse rows", () => {
  test("columns ascend, each once, and repeated hashes count by their logarithm", () => {
    const row = foldHashes(Uint32Array.of(0xffff_ffff, 1 << 28, 0xffff_ffff), 4);
    expect([...row.columns]).toEqual([1, 15]);
    expect(row.values[0]).toBe(1);
    expect(row.values[1]).toBeCloseTo(1 + Math.log(2), 6);
  });

  test("every hash falls into a column below 2^bits, whatever the order of the hashes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 0xffff_ffff })),
        fc.integer({ min: 1, max: 20 }),
        (hashes, bits) => {
          const row = foldHashes(Uint32Array.from(hashes), bits);
          expect(foldHashes(Uint32Array.from(hashes.toReversed()), bits)).toEqual(row);
          expect(
            [...row.columns].every((column, at) => column < 2 ** bits && column > (row.columns[at - 1] ?? -1)),
          ).toBe(true);
          expect(row.columns.length > 0).toBe(hashes.length > 0);
        },
      ),
    );
  });

  test("a column that every row has is the least rare", () => {
    const row = (...columns: number[]) => ({
      columns: Uint32Array.from(columns),
      values: Float32Array.from(columns, () => 1),
    });
    const [everywhere, once, never] = rarity({ rows: [row(0), row(0, 1), row(0)], width: 3 });
    expect(everywhere).toBe(1);
    expect(once).toBeCloseTo(Math.log(4 / 2) + 1, 6);
    expect(never).toBeCloseTo(Math.log(4) + 1, 6);
  });

  test("a row of length 1 has length 1, an empty row stays empty", () => {
    const row = scaleToUnit({ columns: Uint32Array.of(0, 2), values: Float32Array.of(3, 1) }, Float32Array.of(1, 9, 4));
    expect([...row.values].map((value) => Math.round(value * 100) / 100)).toEqual([0.6, 0.8]);
    expect(scaleToUnit({ columns: new Uint32Array(), values: new Float32Array() }).values).toHaveLength(0);
  });

  test("a product takes weights by column", () => {
    const row = { columns: Uint32Array.of(1, 3), values: Float32Array.of(2, 5) };
    expect(dotRow(row, Float32Array.of(100, 1, 100, 10))).toBe(52);
  });
});
