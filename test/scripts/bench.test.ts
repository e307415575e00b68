import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createReplyTracker } from "../../scripts/bench/load/reply-tracker.ts";
import { cpuMsIn, residentBytesIn } from "../../scripts/bench/measure/process.ts";
import { createSamples, METRICS, pairedMedian, type Samples } from "../../scripts/bench/measure/samples.ts";
import { verdicts } from "../../scripts/bench/report/bars.ts";
import { figureRows, performancePage, shown, verdictRows } from "../../scripts/bench/report/markdown.ts";
import { median, percentile } from "../../scripts/bench/report/statistics.ts";
import { piecesOf } from "../../scripts/bench/upstream/replies.ts";
import { createRequestReader } from "../../scripts/bench/upstream/request-reader.ts";
import { orderIn, type Script, scriptWords } from "../../scripts/bench/upstream/script.ts";

const scripts: fc.Arbitrary<Script> = fc.oneof(
  fc.constant<Script>({ kind: "json" }),
  fc.constant<Script>({ kind: "hang" }),
  fc.record({ kind: fc.constant("bulk" as const), mebibytes: fc.nat(200) }),
  fc.record({ kind: fc.constant("sse" as const), events: fc.nat(5_000), intervalMs: fc.nat(1_000) }),
);

function bytesOf(script: Script): Buffer {
  return Buffer.concat([...piecesOf(script)]);
}

/** The same bytes in parts of the given sizes, and what is left. */
function cutInto(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const parts: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...parts, bytes.subarray(at)].filter((part) => part.length > 0);
}

describe("what the fake upstream is told", () => {
  test("comes out of a prompt as it was put in, with its mark", () => {
    fc.assert(
      fc.property(scripts, fc.stringMatching(/^[a-z0-9-]{0,12}$/), (script, mark) => {
        expect(orderIn(`{"messages":[{"content":"${scriptWords(script, mark)}"}]}`)).toEqual({ script, mark });
      }),
    );
  });

  test("is a whole reply when a prompt says nothing", () =>
    expect(orderIn('{"messages":[]}')).toEqual({ script: { kind: "json" }, mark: "" }));

  test.each([
    ["one burst", { kind: "sse", events: 5, intervalMs: 0 }, 5],
    ["a single event", { kind: "sse", events: 1, intervalMs: 10 }, 1],
  ] as const)("makes a stream with as many content events as asked for: %s", (_title, script, events) => {
    const text = bytesOf(script).toString();
    expect(text.match(/"content":"token"/g)).toHaveLength(events);
    expect(text).toContain("data: [DONE]\n\n");
    expect(text).toEndWith("0\r\n\r\n");
  });

  test("makes about as many bytes as asked for, and nothing for one that hangs", () => {
    expect(bytesOf({ kind: "bulk", mebibytes: 3 }).length / 2 ** 20).toBeCloseTo(3, 0);
    expect(bytesOf({ kind: "hang" })).toHaveLength(0);
  });
});

describe("the reader of requests", () => {
  const request = (body: string): Buffer =>
    Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

  test("sees each request once, however its bytes are cut", () => {
    const body = `{"messages":[{"content":"script:json"}],"pad":"${"x".repeat(5_000)}"}`;
    const bytes = request(body);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3_000 }), { maxLength: 6 }), (sizes) => {
        const reader = createRequestReader();
        for (let round = 0; round < 2; round++) {
          const seen = cutInto(bytes, sizes).map((part) => reader.push(part));
          expect(seen.filter((one) => one !== null)).toHaveLength(1);
          expect(seen.at(-1)?.line).toBe("POST /v1/chat/completions HTTP/1.1");
          expect(seen.at(-1)?.start).toStartWith('{"messages"');
        }
      }),
    );
  });

  test("takes a request without a body", () =>
    expect(createRequestReader().push(Buffer.from("GET /cuts HTTP/1.1\r\nHost: x\r\n\r\n"))).toEqual({
      line: "GET /cuts HTTP/1.1",
      start: "",
    }));
});

describe("the tracker of replies", () => {
  const stream = bytesOf({ kind: "sse", events: 4, intervalMs: 0 });
  const reply = bytesOf({ kind: "json" });

  test.each([
    ["a stream", stream, true],
    ["a whole reply", reply, false],
  ] as const)("knows the end of %s wherever it is cut", (_title, bytes, hasToken) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 8 }), (sizes) => {
        const tracker = createReplyTracker();
        const ends = cutInto(bytes, sizes).map((part) => tracker.push(part));
        expect(ends.slice(0, -1)).not.toContain(true);
        expect(ends.at(-1)).toBe(true);
        expect({ status: tracker.status, isWhole: tracker.isWhole, hasToken: tracker.hasToken }).toEqual({
          status: 200,
          isWhole: true,
          hasToken,
        });
      }),
    );
  });

  test.each([
    ["a stream without its last event", Buffer.from(stream.toString().replace("data: [DONE]", "data: [NONE]"))],
    ["an error status", Buffer.from("HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\n{}")],
    ["an empty body in chunks", Buffer.from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")],
  ])("does not take %s for an answer", (_title, bytes) => {
    const tracker = createReplyTracker();
    expect(tracker.push(bytes)).toBe(true);
    expect(tracker.isWhole).toBe(false);
  });
});

describe("figures of a process", () => {
  test("CPU is user and system time, whatever the process is called", () =>
    expect(cpuMsIn("12 (a) (b c) S 1 12 12 0 -1 4194304 1 0 0 0 250 50 0 0 20 0 9 0 1 2 3")).toBe(3_000));

  test("resident memory is read in bytes", () => {
    expect(residentBytesIn("Name:\tx\nVmHWM:\t 9 kB\nVmRSS:\t   2048 kB\n")).toBe(2 * 2 ** 20);
    expect(residentBytesIn("Name:\tkthreadd\n")).toBe(0);
  });
});

describe("statistics", () => {
  test.each([
    [[], Number.NaN],
    [[3], 3],
    [[4, 1], 2.5],
    [[9, 1, 5], 5],
  ] as const)("the median of %p is %p", (values, expected) => expect(median(values)).toBe(expected));

  test("a percentile is the smallest value that so many do not exceed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, rank) => {
          const sorted = values.toSorted((one, other) => one - other);
          const found = percentile(sorted, rank);
          expect(sorted).toContain(found);
          expect(sorted.filter((value) => value <= found).length).toBeGreaterThanOrEqual(
            Math.floor(rank * sorted.length),
          );
        },
      ),
    );
    expect(percentile([], 0.5)).toBeNaN();
  });

  test("pairs are made within a round", () => {
    const samples = createSamples();
    samples.add("closedCpu", "lodestar", 10, 40);
    samples.add("closedCpu", "hono", 5);
    samples.add("closedCpu", "hono", 10);
    expect(pairedMedian(samples, "closedCpu", ["lodestar", "hono"], (own, bare) => own / bare)).toBe(3);
    expect(pairedMedian(samples, "fixedCpu", ["lodestar", "hono"], (own, bare) => own / bare)).toBeNaN();
  });
});

/** A run that keeps every bar but what is overwritten. */
function goodRun(overrides: Partial<Record<keyof typeof METRICS, number>> = {}): Samples {
  const good = { closedCpu: 60, closedRate: 9_000, fixedCpu: 90, fixedP50: 0.4, fixedP99: 1.5, tokenP50: 0.6 };
  const more = { burstCpu: 3, pacedCpu: 40, promptCpu: 1, start: 60, version: 10, idleMemory: 60, streams1000: 100 };
  const rest = { slowReaders: 20, cancelWaiting: 2, cancelStreaming: 3, dashboardP99: 30, rowsMissing: 0 };
  const samples = createSamples();
  for (const [metric, value] of Object.entries({ ...good, ...more, ...rest, ...overrides })) {
    samples.add(metric as keyof typeof METRICS, "lodestar", value);
  }
  for (const [metric, value] of [
    ["closedCpu", 30],
    ["closedRate", 20_000],
    ["fixedCpu", 50],
  ] as const) {
    samples.add(metric, "hono", value);
  }
  for (const metric of ["fixedP50", "fixedP99", "tokenP50"] as const) samples.add(metric, "direct", 0.1);
  return samples;
}

describe("the bars", () => {
  test("are all met by a good run", () => expect(verdicts(goodRun()).filter(({ isMet }) => !isMet)).toEqual([]));

  test.each([
    ["CPU above two and a half times", { closedCpu: 80 }],
    ["a rate below its share", { closedRate: 6_999 }],
    ["added latency", { fixedP50: 0.7 }],
    ["a slow start", { start: 101 }],
    ["a caller that was never let go", { cancelStreaming: Number.POSITIVE_INFINITY }],
    ["one slow query of the dashboard", { dashboardP99: 51 }],
    ["one row too few", { rowsMissing: 1 }],
  ] as const)("miss exactly one for %s", (_title, overrides) =>
    expect(verdicts(goodRun(overrides)).filter(({ isMet }) => !isMet)).toHaveLength(1),
  );

  test("count what was not measured as missed", () =>
    expect(verdicts(createSamples()).some(({ isMet }) => isMet)).toBe(false));
});

describe("the report", () => {
  test.each([
    [0, "0"],
    [0.4321, "0.43"],
    [12.34, "12.3"],
    [227.4, "227"],
    [61_089.2, "61,089"],
    [Number.NaN, "not measured"],
    [Number.POSITIVE_INFINITY, "never"],
  ])("shows %p as %s", (value, text) => expect(shown(value)).toBe(text));

  test("has a row for every figure and a verdict for every bar", () => {
    const samples = goodRun();
    samples.add("start", "lodestar", 70, 80);
    expect(figureRows(samples)).toHaveLength(Object.keys(METRICS).length + 2);
    expect(figureRows(samples)).toContain(
      "| start to first 200 on /livez, fresh state, ms | 70 (60–80, n=3) | – | – | – | – |",
    );
    expect(verdictRows(verdicts(samples))).toContain("| `--version` | ≤ 30 ms | 10 ms | met |");
  });

  test("names what could not take part and what was missed", () => {
    const samples = goodRun({ idleMemory: 80 });
    const page = performancePage({
      machine: "2 cores of a processor",
      versions: ["lodestar 0.1.0", "Bun 1.4.5"],
      date: "2026-01-02",
      samples,
      verdicts: verdicts(samples),
      absent: [{ name: "nginx", reason: "nginx is not installed" }],
      ledger: "7 requests were sent, 7 rows",
    });
    expect(page).toContain("on 2026-01-02: 2 cores of a processor; lodestar 0.1.0, Bun 1.4.5. 17 of 18 bars met.");
    expect(page).toContain("Not measured: nginx, because nginx is not installed.");
    expect(page).toContain("| memory idle | ≤ 70 MB | 80 MB | **missed** |");
    expect(page).toContain("7 requests were sent, 7 rows.");
  });
});
