import type { GpuReport } from "../../core/gpu/gpu.ts";
import { systemClock } from "../../host/clock.ts";
import { NVML_PATHS } from "../../host/gpu/nvml.ts";
import { probeGpu } from "../../host/gpu/probe.ts";

/**
 * Reads this machine's cards in this very process, one report each interval, until the signal or the driver ends it.
 * Apart from the composition root, so that the process which does only this stays small.
 */
export function readGpuHere(
  library: string | undefined,
  intervalMs: number,
  signal: AbortSignal,
): AsyncIterable<GpuReport> {
  return probeGpu({
    libraries: library === undefined ? NVML_PATHS : [library],
    intervalMs,
    signal,
    clock: systemClock,
  });
}
