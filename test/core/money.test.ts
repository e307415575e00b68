import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  addDecimal,
  type Decimal,
  decimalOf,
  formatUsd,
  multiplyDecimal,
  parseDecimal,
  toNanoUsd,
  toUsd,
} from "../../src/core/money.ts";

const decimal = fc.record({ mantissa: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), scale: fc.nat(18) });

/** As a fraction over 10^40, to compare by. */
function scaled({ mantissa, scale }: Decimal): bigint {
  return mantissa * 10n ** BigInt(40 - scale);
}

function textOf({ mantissa, scale }: Decimal): string {
  const sign = mantissa < 0n ? "-" : "";
  const digits = String(mantissa < 0n ? -mantissa : mantissa).padStart(scale + 1, "0");
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

describe("decimals", () => {
  test.each([
    ["0", 0n, 0],
    ["0.0375", 375n, 4],
    ["-1.50", -150n, 2],
    ["1e-7", 1n, 7],
    ["2.5E+3", 2500n, 0],
    [" 12 ", 12n, 0],
  ] as const)("%p is read exactly", (text, mantissa, scale) => {
    expect(parseDecimal(text)).toEqual({ mantissa, scale });
  });

  test.each(["", "-", ".5", "5.", "1,5", "0x10", "NaN", "Infinity", "1e", "1 2", "--1"])("%p is no decimal", (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  test("what is written is read back", () => {
    fc.assert(fc.property(decimal, (value) => expect(parseDecimal(textOf(value))).toEqual(value)));
  });

  test("a number is read as it prints", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }), (value) => {
        const { mantissa, scale } = decimalOf(value);
        expect(Number(`${mantissa}e${-scale}`)).toBe(value + 0);
      }),
    );
  });

  test("sums and products are exact", () => {
    fc.assert(
      fc.property(decimal, decimal, (left, right) => {
        expect(scaled(addDecimal(left, right))).toBe(scaled(left) + scaled(right));
        expect(addDecimal(left, right)).toEqual(addDecimal(right, left));
        expect(scaled(multiplyDecimal(left, right)) * 10n ** 40n).toBe(scaled(left) * scaled(right));
      }),
    );
  });
});

describe("nano-dollars", () => {
  test.each([
    ["1", 1_000_000_000],
    ["0.000000001", 1],
    ["0.0000000005", 1],
    ["0.0000000004999", 0],
    ["-0.0000000005", -1],
    ["-0.0000000004", 0],
    ["12.3456789014", 12_345_678_901],
  ] as const)("%s USD is %d", (text, nano) => {
    expect(toNanoUsd(parseDecimal(text) ?? { mantissa: -1n, scale: 0 }) + 0).toBe(nano);
  });

  test("rounding is off by at most half a nano-dollar", () => {
    fc.assert(
      fc.property(
        fc.record({ mantissa: fc.bigInt({ min: 0n, max: 10n ** 15n }), scale: fc.integer({ min: 9, max: 18 }) }),
        (usd) => {
          const difference = scaled(usd) - BigInt(toNanoUsd(usd)) * 10n ** 31n;
          expect(difference <= 10n ** 31n / 2n && difference >= -(10n ** 31n) / 2n).toBe(true);
        },
      ),
    );
  });

  test.each([
    [0, "$0"],
    [1, "$0.000000001"],
    [37_500, "$0.0000375"],
    [9_999_999, "$0.009999999"],
    [10_000_000, "$0.01"],
    [1_250_000_000, "$1.25"],
    [1_234_567_890, "$1.2345"],
    [-1_500_000_000, "-$1.50"],
    [3_000_000_000, "$3.00"],
  ] as const)("%d is shown as %s", (nano, text) => {
    expect(formatUsd(nano)).toBe(text);
  });

  test("dollars on the wire are nano-dollars divided", () => {
    expect(toUsd(37_500)).toBe(0.0000375);
  });
});
