import type { Database } from "bun:sqlite";
import { type GpuSample, GRAINS } from "../../core/gpu/history.ts";
import type { Bindings } from "./bindings.ts";

/** What is kept of the cards' readings. */
export interface GpuSampleReader {
  /** The samples of one grain that begin in `[from, to)` (Unix ms), put together to one each `everyMs`, oldest first. */
  list(stepMs: number, from: number, to: number, everyMs: number): readonly GpuSample[];
  close(): void;
}

/** The same for the one who writes. */
export interface GpuSampleStore extends GpuSampleReader {
  /** Stores samples of the finest grain, in place of those that were there. */
  add(samples: readonly GpuSample[]): void;
  /** Puts the samples of the minute that a moment (Unix ms) lies in together, and those of everything coarser that it is part of. */
  rollUp(at: number): void;
  /** Deletes what is older than its grain is kept for; returns how many rows. */
  prune(now: number): number;
}

const [FINE, ...COARSER] = GRAINS;

// avg() leaves NULL out, and is NULL where there is nothing else.
const LIST = `
SELECT gpu, at / $everyMs * $everyMs AS at, avg(utilization_percent) AS utilizationPercent, avg(used_bytes) AS usedBytes,
  avg(own_bytes) AS ownBytes, avg(temperature_celsius) AS temperatureCelsius, avg(power_watts) AS powerWatts,
  avg(clock_mhz) AS clockMhz, avg(throttled_share) AS throttledShare
FROM samples WHERE step_ms = $stepMs AND at >= $from AND at < $to GROUP BY gpu, 2 ORDER BY 2, gpu`;

const ADD = `
INSERT OR REPLACE INTO samples VALUES ($stepMs, $gpu, $at, $utilizationPercent, $usedBytes, $ownBytes,
  $temperatureCelsius, $powerWatts, $clockMhz, $throttledShare)`;

const ROLL_UP = `
INSERT OR REPLACE INTO samples
SELECT $stepMs, gpu, $at, avg(utilization_percent), avg(used_bytes), avg(own_bytes), avg(temperature_celsius),
  avg(power_watts), avg(clock_mhz), avg(throttled_share)
FROM samples WHERE step_ms = $finerMs AND at >= $at AND at < $at + $stepMs GROUP BY gpu`;

const PRUNE = "DELETE FROM samples WHERE step_ms = $stepMs AND at < $before";

/** Reading on SQLite. Closing it closes the handle. */
export function createGpuSampleReader(database: Database): GpuSampleReader {
  const list = database.query<GpuSample, [Bindings]>(LIST);
  return {
    list: (stepMs, from, to, everyMs) => list.all({ stepMs, from, to, everyMs }),
    close: () => database.close(),
  };
}

/** Samples on SQLite. */
export function createGpuSampleStore(database: Database): GpuSampleStore {
  const add = database.query<unknown, [Bindings]>(ADD);
  const rollUp = database.query<unknown, [Bindings]>(ROLL_UP);
  const prune = database.query<unknown, [Bindings]>(PRUNE);
  const addAll = database.transaction((samples: readonly GpuSample[]) => {
    for (const sample of samples) add.run({ ...sample, stepMs: FINE.stepMs });
  });
  const rollUpAll = database.transaction((at: number) => {
    let finerMs: number = FINE.stepMs;
    for (const { stepMs } of COARSER) {
      rollUp.run({ stepMs, finerMs, at: Math.floor(at / stepMs) * stepMs });
      finerMs = stepMs;
    }
  });
  return {
    ...createGpuSampleReader(database),
    add: (samples) => addAll(samples),
    rollUp: (at) => rollUpAll(at),
    prune: (now) =>
      GRAINS.reduce((sum, { stepMs, keepMs }) => sum + prune.run({ stepMs, before: now - keepMs }).changes, 0),
  };
}
