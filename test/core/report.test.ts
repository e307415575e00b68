import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addDays, dayIn, startOfDay, utcOfDay } from "../../src/core/day.ts";
import type { CostGroup } from "../../src/core/ledger.ts";
import { decimalOf, decimalText, exactUsd, parseDecimal } from "../../src/core/money.ts";
import { buildReport, daySpan, monthSpan, stepsOf } from "../../src/core/report.ts";
import { NO_TOTALS } from "../../src/core/totals.ts";

const ZONES = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"];
const zone = fc.constantFrom(...ZONES);
const day = fc.integer({ min: 0, max: 25_000 }).map((days) => addDays("1971-01-01", days));

describe("a day of a time zone", () => {
  test("begins at the first moment that is called so there", () => {
    fc.assert(
      fc.property(zone, day, (timeZone, name) => {
        const start = startOfDay(timeZone, name);
        // Samoa's neighbours and Kiribati left days out: those begin with the next one.
        if (dayIn(timeZone, start) !== name) return;
        expect(dayIn(timeZone, start - 1) < name).toBe(true);
      }),
    );
  });

  test.each([
    ["Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00.000Z"],
    ["Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00.000Z"],
    ["America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00.000Z"],
    ["Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00.000Z"],
  ])("in %s, %s begins at %s", (timeZone, name, start) => {
    expect(new Date(startOfDay(timeZone, name)).toISOString()).toBe(start);
  });

  test.each(["2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", ""])("%j is none", (text) => {
    expect(utcOfDay(text)).toBeNull();
  });
});

describe("the span of a report", () => {
  test("of a month has every hour of it once, also where clocks change", () => {
    const span = monthSpan("2026-10", "Europe/Berlin");
    expect(span.ok && (span.value.to - span.value.from) / 3_600_000).toBe(31 * 24 + 1);
  });

  test.each(["2026-13", "2026-00", "26-10", "2026-10-01", "october", ""])("%j is no month", (text) => {
    expect(monthSpan(text, "UTC").ok).toBe(false);
  });

  test("is cut into steps that leave no moment out and count none twice", () => {
    fc.assert(
      fc.property(zone, day, fc.nat(500), (timeZone, first, length) => {
        const span = daySpan(first, addDays(first, length), timeZone);
        const { step, steps } = stepsOf(span, Number.MAX_SAFE_INTEGER);
        expect(step).toBe(length > 93 ? "month" : step);
        expect([steps[0]?.from, steps.at(-1)?.to]).toEqual([span.from, span.to]);
        for (const [index, { to }] of steps.slice(0, -1).entries()) expect(steps[index + 1]?.from).toBe(to);
        expect(new Set(steps.map(({ name }) => name)).size).toBe(steps.length);
      }),
      { numRuns: 60 },
    );
  });

  test("has no steps that have not begun", () => {
    const span = daySpan("2026-11-01", "2026-11-30", "UTC");
    expect(stepsOf(span, Date.UTC(2026, 10, 3, 12)).steps.map(({ name }) => name)).toEqual([
      "2026-11-01",
      "2026-11-02",
      "2026-11-03",
    ]);
    expect(stepsOf(span, Date.UTC(2026, 9, 3)).steps).toEqual([]);
  });
});

describe("a report", () => {
  test("adds its days up by model and provider, to the nano-dollar", () => {
    const name = fc.constantFrom("a/x", "a/y", "b/x/z", "c");
    const group: fc.Arbitrary<CostGroup> = fc
      .record({ name, costNanoUsd: fc.nat(), requests: fc.nat(9), savedNanoUsd: fc.nat(99), failedNanoUsd: fc.nat(99) })
      .map((some) => ({ ...NO_TOTALS, ...some }));
    const days = fc.array(fc.record({ name: fc.string(), models: fc.array(group, { maxLength: 4 }) }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(days, (steps) => {
        const span = daySpan("2026-10-01", "2026-10-31", "UTC");
        const parts = {
          span,
          madeAt: span.to,
          version: "1",
          filter: {},
          step: "day",
          projects: [],
          more: null,
        } as const;
        const report = buildReport({ ...parts, baselineModel: "a/b", days: steps });
        const cost = steps.flatMap(({ models }) => models).reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);
        for (const groups of [report.models, report.providers, report.days.map(({ totals }) => totals)]) {
          expect(groups.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0)).toBe(cost);
        }
        expect(report.savings.netNanoUsd).toBe(report.totals.savedNanoUsd - report.totals.failedNanoUsd);
        expect(report.providers.every(({ name: provider }) => ["a", "b", "c"].includes(provider))).toBe(true);
      }),
    );
  });
});

describe("exact money as text", () => {
  test("says the same number, with no digit too many", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(20), (mantissa, scale) => {
        const text = decimalText({ mantissa, scale });
        expect(text).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
        const read = parseDecimal(text) ?? decimalOf(Number.NaN);
        expect(read.mantissa * 10n ** BigInt(scale)).toBe(mantissa * 10n ** BigInt(read.scale));
      }),
    );
  });

  test.each([
    [42_560_000, "$0.04256"],
    [-1_500_000_000, "-$1.5"],
    [0, "$0"],
    [1, "$0.000000001"],
  ])("%p nano-dollars are %s", (nano, text) => {
    expect(exactUsd(nano)).toBe(text);
  });
});
