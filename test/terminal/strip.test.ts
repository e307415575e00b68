import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createColors } from "picocolors";
import { availabilityStrip, hasUnicode, paintStrip, stripLegend } from "../../src/terminal/strip.ts";
import { displayWidth } from "../../src/terminal/width.ts";

const all = { attempts: 1_000, failed: 0 };
const none = { attempts: 3, failed: 3 };
const nothing = { attempts: 0, failed: 0 };

describe("a strip of availability", () => {
  const cells = [
    nothing,
    all,
    { attempts: 1_000, failed: 2 },
    { attempts: 100, failed: 20 },
    { attempts: 10, failed: 9 },
    none,
  ];
  test("has a sign for each stretch, in Unicode and in ASCII", () => {
    expect(availabilityStrip(cells, 10, true)).toBe("·█▆▄▂✗");
    expect(availabilityStrip(cells, 10, false)).toBe(".#+=-x");
  });

  test("never shows a failure as all answered, nor nothing as anything", () => {
    const cell = fc
      .integer({ min: 0, max: 500 })
      .chain((attempts) => fc.record({ attempts: fc.constant(attempts), failed: fc.nat(attempts) }));
    fc.assert(
      fc.property(
        fc.array(cell, { minLength: 1, maxLength: 100 }),
        fc.integer({ min: 1, max: 120 }),
        (drawn, width) => {
          const strip = availabilityStrip(drawn, width, false);
          expect(strip.length).toBeLessThanOrEqual(width);
          expect(strip.includes(".")).toBe(strip.includes(".") && drawn.some(({ attempts }) => attempts === 0));
          if (drawn.every(({ attempts }) => attempts === 0)) expect(strip).toMatch(/^\.+$/);
          if (drawn.every(({ attempts, failed }) => attempts > 0 && failed === attempts)) expect(strip).toMatch(/^x+$/);
          if (drawn.every(({ attempts, failed }) => attempts > 0 && failed > 0)) expect(strip).not.toContain("#");
        },
      ),
    );
  });

  test("puts neighbours together where it is narrow, the latest whole", () => {
    expect(availabilityStrip([none, all, all, nothing, nothing], 3, true)).toBe("✗█·");
  });

  test("is painted without changing its width, and left alone where there is no colour", () => {
    const strip = availabilityStrip(cells, 10, true);
    expect(displayWidth(paintStrip(strip, createColors(true)))).toBe(6);
    expect(paintStrip(strip, createColors(true))).toContain(createColors(true).red("✗"));
    expect(paintStrip(strip, createColors(false))).toBe(strip);
  });

  test("has its signs explained in the same alphabet", () => {
    expect(stripLegend(false)).toMatch(/^[ -~]+$/);
    expect(stripLegend(true)).toContain("· not asked");
  });
});

describe("whether a terminal shows more than ASCII", () => {
  test.each([
    [{}, true],
    [{ LANG: "en_US.UTF-8" }, true],
    [{ LANG: "C" }, false],
    [{ LANG: "en_US.UTF-8", LC_ALL: "POSIX" }, false],
    [{ LANG: "C", LC_CTYPE: "C.utf8" }, true],
    [{ LANG: "en_US.UTF-8", TERM: "dumb" }, false],
  ])("%p: %p", (environment, isUnicode) => {
    expect(hasUnicode(environment)).toBe(isUnicode);
  });
});
