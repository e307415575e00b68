import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { collectSamples, gpuHistory, recordGpu } from "../../src/compose/gpu.ts";
import { type GpuView, gpuView, noGpu } from "../../src/core/gpu/gpu.ts";
import { meanSample } from "../../src/core/gpu/history.ts";
import { createFakeClock } from "../stores/fake-clock.ts";
import { temporaryFolder } from "../stores/temporary.ts";

function viewOf(at: number, busy: number | null): GpuView {
  const rest = { powerWatts: null, powerLimitWatts: null, clockMhz: null, memoryClockMhz: null, throttle: null };
  const told = { name: "NVIDIA T600", utilizationPercent: busy, memoryPercent: null, temperatureCelsius: null };
  const card = {
    index: 0,
    id: "GPU-1",
    ...told,
    ...rest,
    totalBytes: null,
    usedBytes: null,
    reservedBytes: null,
    processes: null,
  };
  return gpuView({ ...noGpu(at, null), source: "nvml", gpus: [card] }, null);
}

const sample = (at: number, busy: number | null) => ({ ...meanSample("GPU-1", at, []), utilizationPercent: busy });

test("readings of the same ten seconds are one sample, written when they are over", () => {
  const written: unknown[] = [];
  const samples = collectSamples((some) => written.push(...some));
  for (const [at, busy] of [
    [20_000, 10],
    [21_000, null],
    [29_999, 30],
    [30_000, 80],
  ] as const)
    samples.take(viewOf(at, busy));
  expect(written).toEqual([sample(20_000, 20)]);
  samples.flush();
  samples.flush();
  expect(written).toEqual([sample(20_000, 20), sample(30_000, 80)]);
});

/** Records into a folder; the test tells the readings. */
function record(stateDir: string) {
  const time = createFakeClock(1_000 * 86_400_000);
  const clock = { ...time, monotonic: time.now, random: () => 0 };
  const words: string[] = [];
  let take: (view: GpuView) => void = () => undefined;
  const subscribe = (listener: typeof take) => {
    take = listener;
    return () => undefined;
  };
  const log = { write: (_level: unknown, message: string) => void words.push(message) };
  const stop = recordGpu({ watch: { subscribe }, stateDir, clock, log });
  return { time, stop, words, tell: (busy: number) => take(viewOf(time.now(), busy)) };
}

describe("the history of the cards", () => {
  test("is kept in ten seconds and in minutes, and read in the grain that is whole", () => {
    using folder = temporaryFolder();
    const { time, stop, tell } = record(folder.path);
    const start = time.now();
    for (let second = 0; second < 120; second += 5) {
      tell(second < 60 ? 20 : 40);
      time.advance(5_000);
    }
    stop();
    const day = gpuHistory(folder.path, start, time.now());
    expect([day.stepMs, day.samples.length]).toEqual([10_000, 12]);
    const days = gpuHistory(folder.path, start - 86_400_000, time.now());
    expect(days.stepMs).toBe(60_000);
    expect(days.samples).toEqual([sample(start, 20), sample(start + 60_000, 40)]);
  });

  test("makes no file where there is no card, and is empty then", () => {
    using folder = temporaryFolder();
    const { stop } = record(folder.path);
    stop();
    expect(gpuHistory(folder.path, 0, 1)).toEqual({ from: 0, stepMs: 10_000, samples: [] });
  });

  test("whose file breaks while it is written is told once, and recording ends in order", () => {
    using folder = temporaryFolder();
    const { time, stop, words, tell } = record(folder.path);
    const write = (rounds: number) => {
      for (let round = 0; round < rounds; round += 1) {
        tell(1);
        time.advance(10_000);
      }
    };
    write(3);
    const path = join(folder.path, "gpu.db");
    using database = new Database(path);
    database.run("DROP TABLE samples");
    write(20);
    stop();
    expect(words).toEqual(["the graphics card's history is not kept"]);
    expect(gpuHistory(folder.path, 0, time.now()).samples).toEqual([]);
  });

  test("that cannot be written is told once, and readings go on", () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, "gpu.db"));
    const { time, stop, words, tell } = record(folder.path);
    for (let round = 0; round < 5; round += 1) {
      tell(1);
      time.advance(10_000);
    }
    stop();
    expect(words).toEqual(["the graphics card's history is not kept"]);
  });
});
