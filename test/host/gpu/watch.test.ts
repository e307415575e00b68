import { describe, expect, test } from "bun:test";
import { type GpuReport, noGpu } from "../../../src/core/gpu/gpu.ts";
import type { GpuSource, SourceListener } from "../../../src/host/gpu/source.ts";
import { watchGpu } from "../../../src/host/gpu/watch.ts";
import { createFakeClock } from "../../stores/fake-clock.ts";

const MIB = 1024 * 1024;

function reportOf(usedMib: number, at = 0): GpuReport {
  const blank = { name: "NVIDIA T600", utilizationPercent: 1, memoryPercent: 1, temperatureCelsius: 50 };
  const rest = { powerWatts: null, powerLimitWatts: null, clockMhz: null, memoryClockMhz: null, throttle: null };
  const card = {
    index: 0,
    id: "GPU-1",
    ...blank,
    ...rest,
    totalBytes: 4096 * MIB,
    usedBytes: usedMib * MIB,
    reservedBytes: null,
    processes: null,
  };
  return { at, source: "nvml", driver: "550", cuda: null, gpus: [card], problem: null };
}

/** A source whose listener the test holds. */
function handSource(name: GpuSource["name"] = "nvml") {
  const followed: number[] = [];
  let ended = 0;
  let current: SourceListener | null = null;
  const source: GpuSource = {
    name,
    follow(intervalMs, _clock, listener) {
      followed.push(intervalMs);
      current = listener;
      return () => {
        ended += 1;
      };
    },
  };
  return { source, followed, tell: () => current, ended: () => ended };
}

function open(sources: readonly GpuSource[], loadedMib: number | null = null) {
  const time = createFakeClock(1_000_000);
  const clock = { ...time, monotonic: time.now, random: () => 0 };
  const loadedBytes = (): number | null => (loadedMib === null ? null : loadedMib * MIB);
  return { time, watch: watchGpu({ clock, sources, loadedBytes }) };
}

describe("a watch over the cards", () => {
  test("starts nothing where there is no driver, and says so", async () => {
    const { watch, time } = open([]);
    expect(await watch.read()).toMatchObject({
      source: "none",
      gpus: [],
      problem: "no NVIDIA driver is installed here",
    });
    watch.subscribe(() => undefined);
    watch.hurry();
    expect([watch.latest(), watch.freeBytes(), watch.foreignBytes()]).toEqual([null, null, null]);
    expect(watch.hasCards()).toBe(false);
    watch.stop();
    expect(time.pending).toBe(0);
  });

  test("starts with the first question, waits for the first reading, and answers from the last one after that", async () => {
    const hand = handSource();
    const { watch } = open([hand.source]);
    expect(hand.followed).toEqual([]);
    const first = watch.read();
    hand.tell()?.report(reportOf(1000));
    expect((await first).gpus).toHaveLength(1);
    expect((await watch.read()).gpus).toHaveLength(1);
    expect(hand.followed).toEqual([10_000]);
  });

  test("does not wait for ever for a driver that says nothing", async () => {
    const { watch, time } = open([handSource().source]);
    const first = watch.read();
    time.advance(4_000);
    expect((await first).problem).toBe("the driver does not answer");
  });

  test("tells free and foreign memory for whoever plans a load; unknown is null", () => {
    const hand = handSource();
    const { watch } = open([hand.source], 600);
    watch.subscribe(() => undefined);
    expect([watch.freeBytes(), watch.hasCards()]).toEqual([null, null]);
    hand.tell()?.report(reportOf(1000));
    expect([watch.freeBytes(), watch.foreignBytes()]).toEqual([3096 * MIB, 400 * MIB]);
    expect(watch.hasCards()).toBe(true);
  });

  test("a reading that grew old is none: memory that was free may not be any more", () => {
    const hand = handSource();
    const { watch, time } = open([hand.source]);
    watch.subscribe(() => undefined);
    hand.tell()?.report(reportOf(1000));
    time.advance(30_001);
    expect([watch.latest(), watch.freeBytes()]).toEqual([null, null]);
  });

  test("somebody who looks gets a reading every second, until nobody does", () => {
    const hand = handSource();
    const { watch, time } = open([hand.source]);
    watch.subscribe(() => undefined);
    watch.hurry();
    time.advance(5_000);
    watch.hurry();
    time.advance(5_999);
    expect(hand.followed).toEqual([10_000, 1_000]);
    time.advance(1);
    expect(hand.followed).toEqual([10_000, 1_000, 10_000]);
    expect(hand.ended()).toBe(2);
  });

  test.each([
    ["tells that it finds none", (listener: SourceListener | null) => listener?.report(noGpu(0, "Driver Not Loaded"))],
    ["ends before it told anything", (listener: SourceListener | null) => listener?.problem("it ended with code 1")],
  ])("the second source has its turn where the first %s", (_what, fail) => {
    const [first, second] = [handSource(), handSource("nvidia-smi")];
    const { watch } = open([first.source, second.source]);
    watch.subscribe(() => undefined);
    fail(first.tell());
    expect([first.ended(), second.followed]).toEqual([1, [10_000]]);
    second.tell()?.problem("NVIDIA-SMI has failed");
    expect(watch.latest()).toMatchObject({ gpus: [], problem: "NVIDIA-SMI has failed" });
  });

  test("the better source is tried again beside the other, later and later, and takes over with its first card", () => {
    const [first, second] = [handSource(), handSource("nvidia-smi")];
    const { watch, time } = open([first.source, second.source]);
    watch.subscribe(() => undefined);
    first.tell()?.problem("Driver Not Loaded");
    second.tell()?.report(reportOf(1000));
    for (const [failedMs, tried] of [
      [60_000, 2],
      [120_000, 3],
      [240_000, 4],
    ] as const) {
      time.advance(failedMs - 1);
      expect(first.followed).toHaveLength(tried - 1);
      time.advance(1);
      expect(first.followed).toHaveLength(tried);
      const trial = first.tell();
      trial?.report(noGpu(0, "Driver Not Loaded"));
      // The same failure is told once more when its program ends.
      trial?.problem("it ended with code 1");
      second.tell()?.report(reportOf(1000 + tried));
      expect([first.ended(), second.ended(), watch.freeBytes()]).toEqual([tried, 0, (3096 - tried) * MIB]);
    }
    time.advance(480_000);
    first.tell()?.report(reportOf(3000));
    expect([first.ended(), second.ended(), second.followed.length]).toEqual([5, 1, 1]);
    first.tell()?.report(reportOf(3001));
    expect(watch.freeBytes()).toBe(1095 * MIB);
    watch.stop();
    expect([first.ended(), time.pending]).toEqual([6, 0]);
  });

  test("the better source is tried once an hour at the least, and never after the watch has stopped", () => {
    const [first, second] = [handSource(), handSource("nvidia-smi")];
    const { watch, time } = open([first.source, second.source]);
    watch.subscribe(() => undefined);
    first.tell()?.problem("Driver Not Loaded");
    for (let trial = 0; trial < 7; trial += 1) {
      time.advance(3_600_000);
      first.tell()?.problem("Driver Not Loaded");
    }
    const tried = first.followed.length;
    time.advance(3_600_000);
    expect(first.followed).toHaveLength(tried + 1);
    watch.stop();
    expect([first.ended(), second.ended(), time.pending]).toEqual([tried + 1, 1, 0]);
  });

  test("a source that told of cards keeps its turn: a driver that vanished may come back", () => {
    const [first, second] = [handSource(), handSource("nvidia-smi")];
    const { watch } = open([first.source, second.source]);
    watch.subscribe(() => undefined);
    first.tell()?.report(reportOf(1000));
    first.tell()?.problem("GPU is lost");
    expect(watch.latest()).toMatchObject({ gpus: [], problem: "GPU is lost" });
    first.tell()?.report(reportOf(2000));
    expect(watch.freeBytes()).toBe(2096 * MIB);
    expect(second.followed).toEqual([]);
  });

  test("listeners hear of each reading until they leave; a stopped watch starts nothing more", () => {
    const hand = handSource();
    const { watch, time } = open([hand.source]);
    const heard: number[] = [];
    const leave = watch.subscribe(({ at }) => heard.push(at));
    hand.tell()?.report(reportOf(1, 7));
    leave();
    hand.tell()?.report(reportOf(1, 8));
    watch.stop();
    watch.hurry();
    time.advance(60_000);
    expect(heard).toEqual([7]);
    expect([hand.followed, hand.ended()]).toEqual([[10_000], 1]);
  });
});
