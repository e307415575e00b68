import type { GpuCardView, GpuView } from "../core/gpu/gpu.ts";

/** One gauge of the cards: its name, what it is, and the value, null where it is not told and so left out. */
type Gauge = readonly [name: string, help: string, value: (card: GpuCardView) => number | null];

const GAUGES: readonly Gauge[] = [
  ["utilization_ratio", "Share of time in which a kernel ran.", ({ utilizationPercent: percent }) => ratio(percent)],
  ["memory_total_bytes", "Memory of a card.", ({ memory }) => memory.totalBytes],
  ["memory_free_bytes", "Memory of a card that nobody holds.", ({ memory }) => memory.freeBytes],
  ["memory_own_bytes", "Memory that local model servers hold.", ({ memory }) => memory.ownBytes],
  ["memory_foreign_bytes", "Memory that everybody else holds.", ({ memory }) => memory.foreignBytes],
  ["temperature_celsius", "Temperature of a card.", ({ temperatureCelsius }) => temperatureCelsius],
  ["power_watts", "Power that a card draws.", ({ powerWatts }) => powerWatts],
  ["power_limit_watts", "Power that a card may draw.", ({ powerLimitWatts }) => powerLimitWatts],
  ["clock_hertz", "Clock of the cores.", ({ clockMhz }) => hertz(clockMhz)],
  ["memory_clock_hertz", "Clock of the memory.", ({ memoryClockMhz }) => hertz(memoryClockMhz)],
  ["throttled", "1 while something holds the clocks back.", ({ throttle }) => throttle && Number(throttle.length > 0)],
];

function ratio(percent: number | null): number | null {
  return percent === null ? null : percent / 100;
}

function hertz(megahertz: number | null): number | null {
  return megahertz === null ? null : megahertz * 1e6;
}

/** The families of the cards, without samples where a card does not tell. */
export function gpuGauges(view: GpuView | null): readonly {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}[] {
  return GAUGES.map(([name, help, read]) => ({
    name: `lodestar_gpu_${name}`,
    help,
    samples: (view?.gpus ?? []).flatMap((card) => {
      const value = read(card);
      const labels = { gpu: String(card.index), uuid: card.id, name: card.name ?? "" };
      return value === null ? [] : [{ labels, value }];
    }),
  }));
}
