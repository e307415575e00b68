import { type GpuReport, noGpu } from "../../core/gpu/gpu.ts";
import type { Clock } from "../clock.ts";
import { type Nvml, openNvml } from "./nvml.ts";
import { openNvmlReader } from "./nvml-read.ts";

/** What reading in this process needs. */
export interface ProbeOptions {
  /** Absolute paths; the first that loads is used. */
  readonly libraries: readonly string[];
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

function openFirst(libraries: readonly string[]): Nvml | null {
  for (const path of libraries) {
    const opened = openNvml(path);
    if (opened !== null) return opened;
  }
  return null;
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(delayMs, resolve);
  const stop = (): void => {
    cancel();
    resolve();
  };
  signal.addEventListener("abort", stop);
  return promise.finally(() => signal.removeEventListener("abort", stop));
}

/**
 * Reads the cards through NVML in this very process, until the signal or until there is nothing more to read: then the
 * last report says why. A call into a hung driver does not return, so the daemon runs this in a process beside itself.
 */
export async function* probeGpu(options: ProbeOptions): AsyncGenerator<GpuReport> {
  const { clock, signal } = options;
  const nvml = openFirst(options.libraries);
  if (nvml === null) {
    yield noGpu(clock.now(), `NVIDIA's management library cannot be loaded from ${options.libraries.join(", ")}`);
    return;
  }
  const reader = openNvmlReader(nvml);
  if (!reader.ok) {
    yield noGpu(clock.now(), reader.error);
    return;
  }
  while (!signal.aborted) {
    const read = reader.value.read(clock.now());
    yield read.ok ? read.value : noGpu(clock.now(), read.error);
    if (!read.ok || read.value.gpus.length === 0) break;
    await pause(clock, options.intervalMs, signal);
  }
  reader.value.close();
}
