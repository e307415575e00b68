import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { percentile } from "../../scripts/bench/report/statistics.ts";
import { gpuHistory } from "../../src/compose/gpu.ts";
import {
  BUCKET_MS,
  type Bucket,
  KEEP_MS,
  overSpan,
  SPANS,
  WIDTHS,
  windowOf,
} from "../../src/core/availability-span.ts";
import { type GpuSample, GRAINS } from "../../src/core/gpu/history.ts";
import { spansOf } from "../../src/core/health-view.ts";
import { openGpuSamples } from "../../src/stores/gpu-samples.ts";
import { openHealthHistory } from "../../src/stores/health-history.ts";
import { DAY, NOON } from "../stores/attempts.ts";
import { temporaryFolder } from "../stores/temporary.ts";

/** One frame of a live view may take so long. */
const BAR_MS = 50;
const TURNS = 100;
const CARDS = 2;
/** Models that answer around the clock for 90 days. */
const SERIES = 20;

/** Milliseconds of the processor, so that what else runs here counts for nothing; the middle of all turns. */
function timeTurns(what: string, rows: number, read: () => unknown): number {
  const turns = Array.from({ length: TURNS }, () => {
    const before = process.cpuUsage();
    read();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  }).toSorted((left, right) => left - right);
  const [p50 = 0, p99 = 0] = [0.5, 0.99].map((rank) => percentile(turns, rank));
  console.log(`${what}: ${rows} rows, n ${TURNS}, CPU p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  return p50;
}

/** The kept samples of each grain: no two alike, so that no page packs better than a real one. */
function* gpuSamples(stepMs: number, keepMs: number): Generator<GpuSample> {
  for (let at = NOON - keepMs + stepMs; at <= NOON; at += stepMs) {
    for (let card = 0; card < CARDS; card += 1) {
      const wave = Math.abs(Math.sin(at / 7e5 + card));
      yield {
        gpu: `GPU-0000000${card}-aaaa-bbbb-cccc-dddddddddddd`,
        at,
        utilizationPercent: wave * 100,
        usedBytes: Math.round(wave * 4e9),
        ownBytes: Math.round(wave * 3e9),
        temperatureCelsius: 40 + wave * 40,
        powerWatts: card === 0 ? null : wave * 40,
        clockMhz: Math.round(wave * 1_800),
        throttledShare: wave / 2,
      };
    }
  }
}

/** Writes samples of a grain as the daemon would over days. */
function fill(path: string, stepMs: number, samples: readonly GpuSample[]): void {
  using database = new Database(path);
  const insert = database.query(
    "INSERT INTO samples VALUES ($stepMs, $gpu, $at, $busy, $used, $own, $heat, $power, $clock, $throttled)",
  );
  database.transaction(() => {
    for (const one of samples) {
      insert.run({
        $stepMs: stepMs,
        $gpu: one.gpu,
        $at: one.at,
        $busy: one.utilizationPercent,
        $used: one.usedBytes,
        $own: one.ownBytes,
        $heat: one.temperatureCelsius,
        $power: one.powerWatts,
        $clock: one.clockMhz,
        $throttled: one.throttledShare,
      });
    }
  })();
}

function bucketsAt(width: Bucket["width"], at: number): readonly Bucket[] {
  const around = (at / BUCKET_MS[width]) % 40;
  const histogram = (middle: number) =>
    Object.fromEntries(Array.from({ length: 24 }, (_, step) => [Math.round(middle + around) + step, step + 1]));
  return Array.from({ length: SERIES }, (_, series) => ({
    width,
    at,
    provider: `provider-${series % 5}`,
    account: "default",
    model: `model-${series}`,
    tally: { answered: 300, faults: { timeout: 2, overloaded: 1 }, latency: histogram(100), firstToken: histogram(60) },
  }));
}

test("90 days of two cards are read within a frame", () => {
  using folder = temporaryFolder();
  const opened = openGpuSamples({ stateDir: folder.path });
  if (!opened.ok) throw new Error(opened.error.message);
  opened.value.close();
  let rows = 0;
  for (const { stepMs, keepMs } of GRAINS) {
    const samples = [...gpuSamples(stepMs, keepMs)];
    fill(join(folder.path, "gpu.db"), stepMs, samples);
    rows += samples.length;
  }
  for (const days of [1, 7, 90]) {
    const read = () => gpuHistory(folder.path, NOON - days * DAY, NOON);
    expect(read().samples.length).toBeGreaterThan(100);
    expect({ days, isQuick: timeTurns(`${days} days of ${CARDS} cards`, rows, read) <= BAR_MS }).toEqual({
      days,
      isQuick: true,
    });
  }
}, 300_000);

test("the health of 20 models that were busy for 90 days is read within a frame", () => {
  using folder = temporaryFolder();
  const opened = openHealthHistory({ stateDir: folder.path });
  if (!opened.ok) throw new Error(opened.error.message);
  const history = opened.value;
  let rows = 0;
  for (const width of WIDTHS) {
    for (let at = NOON - KEEP_MS[width]; at <= NOON; at += BUCKET_MS[width]) {
      const buckets = bucketsAt(width, Math.floor(at / BUCKET_MS[width]) * BUCKET_MS[width]);
      history.add(buckets);
      rows += buckets.length;
    }
  }
  for (const span of SPANS) {
    const read = () => overSpan(history.buckets(windowOf(span, NOON)), span, NOON);
    expect(read().attempts).toBeGreaterThan(1_000);
    expect({ span, isQuick: timeTurns(`${span} of ${SERIES} models`, rows, read) <= BAR_MS }).toEqual({
      span,
      isQuick: true,
    });
  }
  const all = () =>
    spansOf(
      SPANS.flatMap((span) => history.buckets(windowOf(span, NOON))),
      NOON,
    );
  timeTurns("all that `status` reads", rows, all);
  history.close();
}, 300_000);
