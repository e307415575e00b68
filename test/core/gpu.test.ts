import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type GpuProcess,
  type GpuReading,
  gpuView,
  isEngineProcess,
  isGpuReport,
  memoryOf,
  noGpu,
  sumOver,
  throttleWords,
} from "../../src/core/gpu/gpu.ts";
import { columnsOf, type GpuSample, grainFor, meanSample, samplesOf, stepFor } from "../../src/core/gpu/history.ts";
import { readSmiHeader, readSmiRow, refusedField, SMI_FIELDS, smiProcess, smiReading } from "../../src/core/gpu/smi.ts";

const MIB = 1024 * 1024;

function card(more: Partial<GpuReading> = {}): GpuReading {
  return {
    index: 0,
    id: "GPU-1",
    name: "NVIDIA T600",
    utilizationPercent: 40,
    memoryPercent: 10,
    totalBytes: 4096 * MIB,
    usedBytes: 3000 * MIB,
    reservedBytes: null,
    temperatureCelsius: 60,
    powerWatts: null,
    powerLimitWatts: null,
    clockMhz: 1335,
    memoryClockMhz: 5000,
    throttle: [],
    processes: [],
    ...more,
  };
}

function holder(name: string | null, mebibytes: number | null, pid = 1): GpuProcess {
  return { pid, name, memoryBytes: mebibytes === null ? null : mebibytes * MIB };
}

describe("whose memory a card holds", () => {
  test.each<[string, Partial<GpuReading>, number | null, number | null, number | null]>([
    ["nobody's where nobody holds any", { processes: [] }, null, 0, 3000],
    ["the engine's by its process", { processes: [holder("/usr/bin/ollama", 2000)] }, null, 2000, 1000],
    [
      "several runners' together",
      { processes: [holder("ollama", 900), holder("llama-server", 600, 2)] },
      null,
      1500,
      1500,
    ],
    ["what servers say, where the driver lists nobody", { processes: null }, 1200, 1200, 1800],
    ["what servers say, where names are hidden", { processes: [holder(null, 2000)] }, 1800, 1800, 1200],
    ["what servers say, where sizes are hidden", { processes: [holder("ollama", null)] }, 1800, 1800, 1200],
    ["unknown, where nothing tells", { processes: null }, null, null, null],
    ["unknown, where a hidden program may be the engine", { processes: [holder(null, 2000)] }, null, null, null],
    ["never more than is used", { usedBytes: 1000 * MIB, processes: null }, 2500, 1000, 0],
    [
      "the engine's alone, where the card does not tell what is used",
      { usedBytes: null, processes: [holder("ollama", 7)] },
      null,
      7,
      null,
    ],
  ])("is %s", (_what, more, loaded, own, foreign) => {
    const memory = memoryOf(card(more), loaded === null ? null : loaded * MIB);
    expect(memory.ownBytes).toBe(own === null ? null : own * MIB);
    expect(memory.foreignBytes).toBe(foreign === null ? null : foreign * MIB);
  });

  test("what the driver keeps for itself is nobody's and not free", () => {
    const memory = memoryOf(card({ usedBytes: 1000 * MIB, reservedBytes: 200 * MIB }), null);
    expect(memory).toMatchObject({ freeBytes: 2896 * MIB, foreignBytes: 1000 * MIB });
  });

  test("own, foreign and free always add up to the whole, and none is negative", () => {
    const size = fc.integer({ min: 0, max: 2 ** 40 });
    fc.assert(
      fc.property(size, size, fc.option(size), fc.array(fc.option(size)), (total, used, loaded, sizes) => {
        const processes = sizes.map((memoryBytes, pid) => ({
          pid,
          name: pid % 2 === 0 ? "ollama" : "Xorg",
          memoryBytes,
        }));
        const usedBytes = Math.min(used, total);
        const memory = memoryOf(card({ totalBytes: total, usedBytes, processes }), loaded);
        if (memory.ownBytes === null || memory.foreignBytes === null || memory.freeBytes === null) return;
        expect(memory.ownBytes + memory.foreignBytes + memory.freeBytes).toBe(total);
        expect(Math.min(memory.ownBytes, memory.foreignBytes, memory.freeBytes)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("sums are unknown as soon as one card does not tell, and where there is no card", () => {
    const report = { ...noGpu(0, null), source: "nvml" as const };
    const view = (gpus: readonly GpuReading[]) => gpuView({ ...report, gpus }, null);
    expect(sumOver(view([card(), card({ index: 1 })]), ({ freeBytes }) => freeBytes)).toBe(2 * 1096 * MIB);
    expect(sumOver(view([card(), card({ usedBytes: null })]), ({ freeBytes }) => freeBytes)).toBeNull();
    expect(sumOver(view([]), ({ freeBytes }) => freeBytes)).toBeNull();
  });

  test("what servers say they loaded counts for one card only: nobody says on which of two it lies", () => {
    const hidden = card({ processes: null });
    const report = { ...noGpu(0, null), source: "nvml" as const, gpus: [hidden, { ...hidden, index: 1 }] };
    expect(gpuView(report, 100).gpus.map(({ memory }) => memory.ownBytes)).toEqual([null, null]);
  });
});

test.each([
  ["/usr/local/bin/ollama", true],
  ["/usr/local/bin/ollama runner --model /blobs/sha256-1", true],
  ["ollama_llama_server", true],
  ["C:\\Users\\me\\ollama.exe", true],
  ["llama-server", true],
  ["VLLM::EngineCore", true],
  ["/usr/lib/xorg/Xorg", false],
  ["/opt/not-ollama/python", false],
  ["ollamas", false],
  [null, false],
])("%p is a model server: %p", (name, expected) => {
  expect(isEngineProcess(name)).toBe(expected);
});

test("idle and chosen clocks are no throttling; each other bit has its words", () => {
  expect(throttleWords(0x1n | 0x2n | 0x100n)).toEqual([]);
  expect(throttleWords(0x4n | 0x40n)).toEqual(["power cap", "thermal (hardware)"]);
});

test("only what has the members of a report is one", () => {
  expect(isGpuReport(JSON.parse(JSON.stringify(noGpu(1, "x"))))).toBe(true);
  for (const other of [
    null,
    1,
    "x",
    [],
    {},
    { at: "1", source: "nvml", gpus: [] },
    { at: 1, source: "nvml", gpus: {} },
  ]) {
    expect(isGpuReport(other)).toBe(false);
  }
});

describe("lines of nvidia-smi", () => {
  const header = readSmiHeader(`${SMI_FIELDS.join(", ")}`) ?? [];

  function row(cells: Readonly<Record<string, string>>) {
    const usual: Record<string, string> = { timestamp: "2026/11/22 12:00:00.000", index: "0", ...cells };
    return readSmiRow(header, SMI_FIELDS.map((field) => usual[field] ?? "[N/A]").join(", "));
  }

  test.each(["[N/A]", "N/A", "[Not Supported]", "[Unknown Error]", "[Insufficient Permissions]", "", "ERR!", "-3"])(
    "%p is null, never 0",
    (absent) => {
      const fields = ["utilization.gpu", "memory.used", "temperature.gpu", "power.draw", "clocks.current.graphics"];
      const reading = smiReading(row(Object.fromEntries(fields.map((field) => [field, absent]))) ?? new Map());
      expect(reading).toMatchObject({
        utilizationPercent: null,
        usedBytes: null,
        temperatureCelsius: null,
        powerWatts: null,
        clockMhz: null,
        throttle: null,
      });
    },
  );

  test("values count with and without their unit; 0 stays 0", () => {
    const cells = { "utilization.gpu": "0", "memory.used": "512 MiB", "power.draw": "38.50 W" };
    expect(smiReading(row(cells) ?? new Map())).toMatchObject({
      utilizationPercent: 0,
      usedBytes: 512 * MIB,
      powerWatts: 38.5,
    });
  });

  test("columns are found by name: their order does not count, and newer names mean the same", () => {
    const names = readSmiHeader("timestamp, clocks_event_reasons.active, index, clocks.gr [MHz]") ?? [];
    const found = readSmiRow(names, "2026/11/22 12:00:00.000, 0x0000000000000020, 3, 1200");
    expect(smiReading(found ?? new Map())).toMatchObject({
      index: 3,
      clockMhz: 1200,
      throttle: ["thermal (software)"],
    });
  });

  test("a line cut anywhere is either no row or a row without what was cut", () => {
    const line = SMI_FIELDS.map((field) => (field === "timestamp" ? "2026/11/22 12:00:00.000" : "7")).join(", ");
    for (let length = 0; length < line.length - 1; length += 1) {
      const cut = readSmiRow(header, line.slice(0, length));
      if (cut !== null) expect([...cut.keys()]).toEqual([...header]);
    }
    expect(readSmiRow(header, line.slice(0, 40))).toBeNull();
  });

  test("no text throws", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        readSmiHeader(text);
        const found = readSmiRow(header, text);
        if (found !== null) [smiReading(found), smiProcess(found)];
        refusedField(text);
      }),
    );
  });
});

describe("history", () => {
  const sample = (at: number, more: Partial<GpuSample> = {}): GpuSample => ({
    ...{ gpu: "GPU-1", at, utilizationPercent: null, usedBytes: null, ownBytes: null },
    ...{ temperatureCelsius: null, powerWatts: null, clockMhz: null, throttledShare: null },
    ...more,
  });

  test("a mean leaves out what was not told, and is null where nothing was", () => {
    const parts = [sample(1, { utilizationPercent: 10 }), sample(2), sample(3, { utilizationPercent: 30 })];
    expect(meanSample("GPU-1", 0, parts)).toEqual(sample(0, { utilizationPercent: 20 }));
  });

  test("a card's reading is a sample; throttled or not is told only where it is known", () => {
    const report = { ...noGpu(5, null), source: "nvml" as const };
    const [held, unknown] = samplesOf(
      gpuView({ ...report, gpus: [card({ throttle: ["power cap"] }), card({ throttle: null })] }, null),
    );
    expect(held).toMatchObject({ gpu: "GPU-1", at: 5, throttledShare: 1, powerWatts: null });
    expect(unknown?.throttledShare).toBeNull();
  });

  test("the finest grain that is still whole is taken", () => {
    expect(grainFor(0, 3_600_000).stepMs).toBe(10_000);
    expect(grainFor(0, 86_400_001).stepMs).toBe(60_000);
    expect(grainFor(0, 14 * 86_400_000).stepMs).toBe(60_000);
    expect(grainFor(0, 14 * 86_400_000 + 1).stepMs).toBe(900_000);
    expect(grainFor(0, 200 * 86_400_000).stepMs).toBe(900_000);
  });

  test.each([
    [600_000, 10_000],
    [3_600_000, 10_000],
    [86_400_000, 60_000],
    [7 * 86_400_000, 420_000],
    [90 * 86_400_000, 5_400_000],
  ])("a span of %p ms is told every %p ms", (spanMs, stepMs) => {
    expect(stepFor(0, spanMs)).toBe(stepMs);
  });

  test("every sample of a span falls into exactly one column", () => {
    const at = fc.integer({ min: 0, max: 999 });
    fc.assert(
      fc.property(fc.uniqueArray(at, { minLength: 1 }), fc.integer({ min: 1, max: 50 }), (times, columns) => {
        const samples = times.map((time) => sample(time, { utilizationPercent: 1 }));
        const values = columnsOf(samples, () => 1, { from: 0, to: 1000, columns });
        expect(values).toHaveLength(columns);
        const filled = new Set(times.map((time) => Math.floor(time / (1000 / columns))));
        expect(values.filter((value) => value !== null)).toHaveLength(filled.size);
      }),
    );
  });
});
