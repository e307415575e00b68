import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { availabilityOf, sumTallies, type Tally } from "../../src/core/availability.ts";
import { BUCKET_MS, type Bucket, type BucketWidth } from "../../src/core/availability-span.ts";
import { openHealthHistory, openHealthReader } from "../../src/stores/health-history.ts";
import type { HealthHistory } from "../../src/stores/ports.ts";
import { createSqliteHealthHistory } from "../../src/stores/sqlite/health-history.ts";
import { NOON } from "./attempts.ts";
import { temporaryFolder } from "./temporary.ts";

const HOUR_MS = 3_600_000;
const EVER = { from: 0, to: Number.MAX_SAFE_INTEGER } as const;

function mustOpenHistory(stateDir: string): HealthHistory {
  const opened = openHealthHistory({ stateDir });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

function tallyWith(answered: number): Tally {
  return { answered, faults: { timeout: 1 }, latency: { 8: answered }, firstToken: { 0: answered } };
}

function bucketAt(at: number, more: Partial<Bucket> = {}): Bucket {
  return { width: "minute", at, provider: "p", account: "a", model: "m", tally: tallyWith(1), ...more };
}

describe("the health history", () => {
  test("adds to what it has, also after it was closed and opened again, in a file of its own for its owner only", () => {
    using folder = temporaryFolder();
    for (const answered of [1, 2]) {
      const history = mustOpenHistory(folder.path);
      history.add([bucketAt(NOON, { tally: tallyWith(answered) })]);
      history.close();
    }
    const reader = openHealthReader({ stateDir: folder.path });
    if (!reader.ok) throw new Error(reader.error.message);
    const sum = { answered: 3, faults: { timeout: 2 }, latency: { 8: 3 }, firstToken: { 0: 3 } };
    expect(reader.value.buckets({ width: "minute", ...EVER })).toEqual([bucketAt(NOON, { tally: sum })]);
    reader.value.close();
    expect(statSync(join(folder.path, "health.db")).mode & 0o777).toBe(0o600);
  });

  test("has in every filter what was put there, in whatever batches it came", () => {
    const drawn = fc.record({
      width: fc.constantFrom<BucketWidth>("minute", "hour"),
      at: fc.integer({ min: 0, max: 5 }).map((step) => NOON + step * HOUR_MS),
      provider: fc.constantFrom("p", "q"),
      account: fc.constantFrom("a", "b"),
      model: fc.constantFrom("m", "n'; DROP TABLE buckets; --"),
      tally: fc.nat(5).map(tallyWith),
    });
    fc.assert(
      fc.property(fc.array(fc.array(drawn, { maxLength: 6 }), { maxLength: 5 }), (batches) => {
        using folder = temporaryFolder();
        const history = mustOpenHistory(folder.path);
        for (const batch of batches) history.add(batch);
        for (const only of [{}, { provider: "p" }, { model: "m", account: "b" }]) {
          const filter = { width: "hour" as const, from: NOON + HOUR_MS, to: NOON + 4 * HOUR_MS, ...only };
          const wanted = batches
            .flat()
            .filter(
              (one) =>
                one.width === "hour" &&
                one.at >= filter.from &&
                one.at < filter.to &&
                Object.entries(only).every(([name, value]) => one[name as "provider"] === value),
            );
          const sum = (buckets: readonly Bucket[]) => availabilityOf(sumTallies(buckets.map(({ tally }) => tally)));
          expect(sum(history.buckets(filter))).toEqual(sum(wanted));
        }
        history.close();
      }),
      { numRuns: 25 },
    );
  });

  test("keeps minutes for a day and hours for 90 days", () => {
    using folder = temporaryFolder();
    const history = mustOpenHistory(folder.path);
    const now = NOON + 92 * 24 * HOUR_MS;
    const ages = {
      minute: [0, 24 * HOUR_MS, 26 * HOUR_MS],
      hour: [0, 26 * HOUR_MS, 90 * 24 * HOUR_MS, 92 * 24 * HOUR_MS],
    };
    for (const width of ["minute", "hour"] as const)
      history.add(ages[width].map((age) => bucketAt(now - age, { width })));
    expect(history.prune(now)).toBe(2);
    const left = (width: BucketWidth) => history.buckets({ width, ...EVER }).map(({ at }) => now - at);
    expect(left("minute")).toEqual([24 * HOUR_MS, 0]);
    expect(left("hour")).toEqual([90 * 24 * HOUR_MS, 26 * HOUR_MS, 0]);
    history.close();
  });

  test("never grows beyond its bound: the oldest go first", () => {
    using folder = temporaryFolder();
    mustOpenHistory(folder.path).close();
    const history = createSqliteHealthHistory(new Database(join(folder.path, "health.db")), 5);
    history.add(Array.from({ length: 9 }, (_, index) => bucketAt(NOON + index * BUCKET_MS.minute)));
    expect(history.prune(NOON)).toBe(4);
    expect(history.buckets({ width: "minute", ...EVER }).map(({ at }) => (at - NOON) / BUCKET_MS.minute)).toEqual([
      4, 5, 6, 7, 8,
    ]);
    history.close();
  });

  test("gives every histogram back as it was", () => {
    const histogram = fc.dictionary(fc.nat(176).map(String), fc.integer({ min: 1, max: 999_999_999_999 }));
    fc.assert(
      fc.property(histogram, histogram, (latency, firstToken) => {
        using folder = temporaryFolder();
        const history = mustOpenHistory(folder.path);
        const tally = { answered: 1, faults: {}, latency: { ...latency }, firstToken: { ...firstToken } };
        history.add([bucketAt(NOON, { tally })]);
        expect(history.buckets({ width: "minute", ...EVER })).toEqual([bucketAt(NOON, { tally })]);
        history.close();
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    '{"8":0}',
    '{"8":-1}',
    '{"8":1.5}',
    '{"x":1}',
    '{"177":1}',
    '{"8":1',
    "[1]",
    '{"__proto__":1}',
    '{"8":1}}',
  ])("leaves out a histogram of %j", (text) => {
    using folder = temporaryFolder();
    const history = mustOpenHistory(folder.path);
    history.add([bucketAt(NOON)]);
    using database = new Database(join(folder.path, "health.db"));
    database.run("UPDATE buckets SET latency = ?", [text]);
    expect(history.buckets({ width: "minute", ...EVER })[0]?.tally.latency).toEqual({});
    history.close();
  });

  test("leaves out what somebody else spoilt", () => {
    using folder = temporaryFolder();
    const history = mustOpenHistory(folder.path);
    history.add([bucketAt(NOON)]);
    const database = new Database(join(folder.path, "health.db"));
    database.run(
      `UPDATE buckets SET faults = '{"timeout": 2, "nonsense": 3, "auth": -1}', latency = 'x', first_token = '{"9999": 1}'`,
    );
    database.close();
    const tally = { answered: 1, faults: { timeout: 2 }, latency: {}, firstToken: {} };
    expect(history.buckets({ width: "minute", ...EVER })).toMatchObject([{ tally }]);
    history.close();
  });

  test("is missing, and is not made, where it is only read", () => {
    using folder = temporaryFolder();
    const reader = openHealthReader({ stateDir: folder.path });
    expect(reader).toMatchObject({ ok: false, error: { code: "store_missing" } });
  });
});

test("kill -9 loses nothing of the health history that was written, in the minutes and the hours alike", async () => {
  using folder = temporaryFolder();
  const program = join(import.meta.dir, "programs/health-under-load.ts");
  const child = Bun.spawn([process.execPath, program, folder.path], { stdout: "pipe", stderr: "inherit" });
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    output += decoder.decode(chunk, { stream: true });
    if (output.split("written").length > 2) child.kill("SIGKILL");
  }
  await child.exited;
  const written = Math.max(...[...output.matchAll(/written (\d+)\n/g)].map(([, count]) => Number(count)));
  const history = mustOpenHistory(folder.path);
  const answered = (width: BucketWidth) =>
    sumTallies(history.buckets({ width, ...EVER }).map(({ tally }) => tally)).answered;
  expect(written).toBeGreaterThan(100);
  expect(answered("minute")).toBeGreaterThanOrEqual(written);
  expect(answered("hour")).toBe(answered("minute"));
  history.close();
}, 60_000);
