import type { GpuView } from "./gpu.ts";

/** A span of one card's history: means over `stepMs` from `at` (Unix ms); null where nothing was told. */
export interface GpuSample {
  readonly gpu: string;
  readonly at: number;
  readonly utilizationPercent: number | null;
  readonly usedBytes: number | null;
  readonly ownBytes: number | null;
  readonly temperatureCelsius: number | null;
  readonly powerWatts: number | null;
  readonly clockMhz: number | null;
  /** Share of the readings in which something held the clocks back, 0 to 1. */
  readonly throttledShare: number | null;
}

/** What of a sample is a mean of numbers. */
const SAMPLE_VALUES = [
  "utilizationPercent",
  "usedBytes",
  "ownBytes",
  "temperatureCelsius",
  "powerWatts",
  "clockMhz",
  "throttledShare",
] as const satisfies readonly (keyof GpuSample)[];

/** How long each grain of history is kept. Milliseconds, finest first. */
export const GRAINS = [
  { stepMs: 10_000, keepMs: 86_400_000 },
  { stepMs: 60_000, keepMs: 14 * 86_400_000 },
  { stepMs: 900_000, keepMs: 90 * 86_400_000 },
] as const;

/** `GET /v1/gpu/history`. */
export interface GpuHistoryView {
  readonly from: number;
  readonly stepMs: number;
  readonly samples: readonly GpuSample[];
}

/** The samples of one moment, a card each. */
export function samplesOf(view: GpuView): readonly GpuSample[] {
  return view.gpus.map((gpu) => ({
    gpu: gpu.id,
    at: view.at,
    utilizationPercent: gpu.utilizationPercent,
    usedBytes: gpu.usedBytes,
    ownBytes: gpu.memory.ownBytes,
    temperatureCelsius: gpu.temperatureCelsius,
    powerWatts: gpu.powerWatts,
    clockMhz: gpu.clockMhz,
    throttledShare: gpu.throttle === null ? null : Number(gpu.throttle.length > 0),
  }));
}

function mean(values: readonly (number | null)[]): number | null {
  const told = values.filter((value) => value !== null);
  return told.length === 0 ? null : told.reduce((sum, value) => sum + value, 0) / told.length;
}

/** Samples of one card put together into one that begins at `at`: means of what was told, null where nothing was. */
export function meanSample(gpu: string, at: number, samples: readonly GpuSample[]): GpuSample {
  const values = Object.fromEntries(SAMPLE_VALUES.map((name) => [name, mean(samples.map((sample) => sample[name]))]));
  // Every value is in the list, which the type of `fromEntries` does not keep.
  return { gpu, at, ...values } as unknown as GpuSample;
}

/** The finest grain that is still kept for all of a span that begins at `from`. */
export function grainFor(from: number, now: number): (typeof GRAINS)[number] {
  return GRAINS.find(({ keepMs }) => now - from <= keepMs) ?? GRAINS[2];
}

/** A history has at most about so many moments: more than a screen shows, and quick to send. */
const MOST_MOMENTS = 1_500;

/** How far apart the samples of a span are told, a multiple of its grain. Milliseconds. */
export function stepFor(from: number, now: number): number {
  const { stepMs } = grainFor(from, now);
  return Math.max(1, Math.ceil((now - from) / MOST_MOMENTS / stepMs)) * stepMs;
}

/** Values over `columns` equal parts of `[from, to)`, the mean of each part; null where a part has none. */
export function columnsOf(
  samples: readonly GpuSample[],
  pick: (sample: GpuSample) => number | null,
  span: { readonly from: number; readonly to: number; readonly columns: number },
): readonly (number | null)[] {
  const width = (span.to - span.from) / span.columns;
  const parts: (number | null)[][] = Array.from({ length: span.columns }, () => []);
  for (const sample of samples) {
    const part = parts[Math.floor((sample.at - span.from) / width)];
    if (part !== undefined) part.push(pick(sample));
  }
  return parts.map(mean);
}
