import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SHAPE_WIDTH, shapeOf } from "../../../src/core/learn/text-shape.ts";

/** The features that differ between two texts. */
function differing(one: string, other: string): number {
  const [left, right] = [shapeOf(one), shapeOf(other)];
  return left.filter((value, at) => value !== right[at]).length;
}

describe("the shape of a text", () => {
  test("has the same number of finite numbers for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
        const shape = shapeOf(text);
        expect(shape).toHaveLength(SHAPE_WIDTH);
        expect(shape.every(Number.isFinite)).toBe(true);
      }),
    );
  });

  test.each([
    ["a question with options and one without", "Which?\nA. 1\nB. 2", "Which? 1 2"],
    ["figures and words", "add 12 and 30", "add twelve and thirty"],
    ["code and prose", "f(x) = [1];", "the letter f"],
    ["a negation", "which is not true", "which is so true"],
  ])("tells %s apart", (_, one, other) => {
    expect(differing(one, other)).toBeGreaterThan(0);
  });

  test("does not depend on the topic: other words of the same lengths have the same shape", () => {
    expect(differing("paint the small house", "brick the small mouse")).toBe(0);
  });

  test("a number too large for a double, and a text of a million characters, are finite and quick", () => {
    expect(shapeOf(`9${"0".repeat(400)}`).every(Number.isFinite)).toBe(true);
    const long = shapeOf("word ".repeat(200_000));
    expect(long[0]).toBeCloseTo(Math.log1p(1_000_000), 9);
    expect(long.every(Number.isFinite)).toBe(true);
  });

  test("an empty text is all but zeros", () => {
    expect(shapeOf("").filter((value) => value !== 0)).toHaveLength(0);
  });
});
