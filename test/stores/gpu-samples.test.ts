import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GpuSample, GRAINS, meanSample } from "../../src/core/gpu/history.ts";
import { openGpuSampleReader, openGpuSamples } from "../../src/stores/gpu-samples.ts";
import initial from "../../src/stores/sqlite/migrations/gpu/0001-initial.sql" with { type: "text" };
import { temporaryFolder } from "./temporary.ts";

const [FINE, COARSE, QUARTER] = GRAINS;

function sample(at: number, busy: number | null, gpu = "GPU-1"): GpuSample {
  return { ...meanSample(gpu, at, []), utilizationPercent: busy, usedBytes: 2 ** 33 };
}

function open(stateDir: string) {
  const opened = openGpuSamples({ stateDir });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

test("what was added comes back, oldest first, with null for what was not told; the file is private", () => {
  using folder = temporaryFolder();
  const store = open(folder.path);
  store.add([sample(20_000, 7), sample(10_000, null, "GPU-2"), sample(10_000, 3)]);
  store.add([sample(10_000, 4)]);
  expect(store.list(FINE.stepMs, 10_000, 20_001, FINE.stepMs)).toEqual([
    sample(10_000, 4),
    sample(10_000, null, "GPU-2"),
    sample(20_000, 7),
  ]);
  expect(store.list(FINE.stepMs, 10_001, 20_000, FINE.stepMs)).toEqual([]);
  expect(statSync(join(folder.path, "gpu.db")).mode & 0o777).toBe(0o600);
  store.close();
});

test("a minute is the mean of its samples, each card by itself; doing it again changes nothing", () => {
  using folder = temporaryFolder();
  const store = open(folder.path);
  store.add([
    sample(60_000, 10),
    sample(70_000, 30),
    sample(80_000, null),
    sample(120_000, 99),
    sample(60_000, 50, "GPU-2"),
  ]);
  store.rollUp(60_000);
  store.rollUp(60_000);
  expect(store.list(COARSE.stepMs, 0, 1e9, COARSE.stepMs)).toEqual([sample(60_000, 20), sample(60_000, 50, "GPU-2")]);
  store.close();
});

test("a minute counts in its quarter of an hour at once, however often it is put together", () => {
  using folder = temporaryFolder();
  const store = open(folder.path);
  const quarters = () => store.list(QUARTER.stepMs, 0, 1e9, QUARTER.stepMs);
  store.add([sample(900_000, 10), sample(910_000, 20), sample(960_000, 45), sample(1_800_000, 7)]);
  store.rollUp(900_000);
  expect(quarters()).toEqual([sample(900_000, 15)]);
  for (const at of [960_000, 900_000, 960_000]) store.rollUp(at);
  store.rollUp(1_800_000);
  expect(quarters()).toEqual([sample(900_000, 30), sample(1_800_000, 7)]);
  store.close();
});

test("a file from before quarters were kept gets those of all its minutes", () => {
  using folder = temporaryFolder();
  using old = new Database(join(folder.path, "gpu.db"), { create: true });
  old.run(initial);
  old.run("PRAGMA user_version = 1");
  for (const [at, busy] of [
    [900_000, 10],
    [960_000, 30],
    [1_800_000, 7],
  ] as const) {
    old.run(
      "INSERT INTO samples (step_ms, gpu, at, utilization_percent, used_bytes) VALUES (60000, 'GPU-1', ?, ?, ?)",
      [at, busy, 2 ** 33],
    );
  }
  const store = open(folder.path);
  expect(store.list(QUARTER.stepMs, 0, 1e9, QUARTER.stepMs)).toEqual([sample(900_000, 20), sample(1_800_000, 7)]);
  store.close();
});

test("samples further apart are means, in time that begins where it is a multiple", () => {
  using folder = temporaryFolder();
  const store = open(folder.path);
  store.add([sample(10_000, 10), sample(20_000, 20), sample(30_000, null), sample(60_000, 60)]);
  expect(store.list(FINE.stepMs, 0, 90_000, 30_000)).toEqual([sample(0, 15), sample(30_000, null), sample(60_000, 60)]);
  store.close();
});

test("each grain is kept for its own time", () => {
  using folder = temporaryFolder();
  const store = open(folder.path);
  const now = 200 * 86_400_000;
  const times = [now - COARSE.keepMs - 60_000, now - FINE.keepMs - 60_000, now - 60_000];
  for (const at of times) {
    store.add([sample(at, 1)]);
    store.rollUp(Math.floor(at / 60_000) * 60_000);
  }
  expect(store.prune(now)).toBe(3);
  expect(store.list(FINE.stepMs, 0, now, FINE.stepMs)).toHaveLength(1);
  expect(store.list(COARSE.stepMs, 0, now, COARSE.stepMs)).toHaveLength(2);
  expect(store.prune(now)).toBe(0);
  store.close();
});

test("a reader reads beside the writer; where nothing was written, or something else, it says so", () => {
  using folder = temporaryFolder();
  expect(openGpuSampleReader({ stateDir: folder.path })).toMatchObject({ ok: false, error: { code: "store_missing" } });
  const store = open(folder.path);
  store.add([sample(0, 1)]);
  const reader = openGpuSampleReader({ stateDir: folder.path });
  if (!reader.ok) throw new Error(reader.error.message);
  expect(reader.value.list(FINE.stepMs, 0, 1, FINE.stepMs)).toHaveLength(1);
  reader.value.close();
  store.close();
  using other = temporaryFolder();
  writeFileSync(join(other.path, "gpu.db"), "this is no database at all, but a text that is long enough");
  expect(openGpuSamples({ stateDir: other.path }).ok).toBe(false);
});
