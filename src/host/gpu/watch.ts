import { type GpuReport, type GpuView, gpuView, noGpu, sumOver } from "../../core/gpu/gpu.ts";
import type { Clock } from "../clock.ts";
import { createFeed } from "./feed.ts";
import type { GpuSource } from "./source.ts";

/** The cards, read now and then for as long as there are any. */
export interface GpuWatch {
  /** The last reading; waits for the first one a moment, where one is to be expected. */
  read(): Promise<GpuView>;
  /** The last reading, where it is not too old to count. */
  latest(): GpuView | null;
  /** Free memory over all cards, in bytes; null where that is not known. */
  freeBytes(): number | null;
  /** What programs other than local model servers hold, over all cards, in bytes; null where that is not known. */
  foreignBytes(): number | null;
  /** Whether there is a card at all; null before the driver has told. */
  hasCards(): boolean | null;
  /** Somebody looks: for some seconds readings come every second. */
  hurry(): void;
  subscribe(listener: (view: GpuView) => void): () => void;
  stop(): void;
}

/** What a watch is built on. */
export interface WatchOptions {
  readonly clock: Clock;
  /** The better one first; none: there is no driver here, and nothing is started. */
  readonly sources: readonly GpuSource[];
  /** What local model servers say they put on the card; null where they do not. */
  readonly loadedBytes: () => number | null;
}

const FAST_MS = 1_000;
const SLOW_MS = 10_000;
/** Nobody looks any more, after so long without being told. */
const HURRY_MS = 6_000;
/** A first reading has to start a program and may have to wake the driver up. */
const FIRST_MS = 4_000;
/** Older readings of a card do not count. */
const OLD_MS = 3 * SLOW_MS;
const NO_DRIVER = "no NVIDIA driver is installed here";

/** Starts reading at the first question or listener, never where there is no driver. */
export function watchGpu(options: WatchOptions): GpuWatch {
  const { clock, sources, loadedBytes } = options;
  const listeners = new Set<(view: GpuView) => void>();
  const waiters = new Set<() => void>();
  let last: { readonly report: GpuReport; readonly at: number } | null = null;
  let cancelHurry = (): void => undefined;
  const feed = createFeed({ clock, sources, intervalMs: SLOW_MS }, (report) => {
    last = { report, at: clock.monotonic() };
    for (const waiter of [...waiters]) waiter();
    const view = gpuView(report, loadedBytes());
    for (const listener of listeners) listener(view);
  });

  /** A card of which nothing was heard for long is not known any more; that there is none stays so. */
  function latest(): GpuView | null {
    if (last === null) return null;
    const isOld = last.report.gpus.length > 0 && clock.monotonic() - last.at > OLD_MS;
    return isOld ? null : gpuView(last.report, loadedBytes());
  }

  function nextReport(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(FIRST_MS, resolve);
    waiters.add(resolve);
    return promise.finally(() => {
      cancel();
      waiters.delete(resolve);
    });
  }

  return {
    latest,
    async read() {
      if (sources.length === 0) return gpuView(noGpu(clock.now(), NO_DRIVER), null);
      feed.start();
      if (latest() === null) await nextReport();
      return latest() ?? gpuView(noGpu(clock.now(), "the driver does not answer"), null);
    },
    freeBytes: () => totalIn(latest(), "freeBytes"),
    foreignBytes: () => totalIn(latest(), "foreignBytes"),
    hasCards: () => (sources.length === 0 ? false : last === null ? null : last.report.gpus.length > 0),
    hurry() {
      cancelHurry();
      feed.every(FAST_MS);
      cancelHurry = clock.after(HURRY_MS, () => feed.every(SLOW_MS));
    },
    subscribe(listener) {
      listeners.add(listener);
      feed.start();
      return () => listeners.delete(listener);
    },
    stop() {
      cancelHurry();
      feed.stop();
    },
  };
}

function totalIn(view: GpuView | null, name: "freeBytes" | "foreignBytes"): number | null {
  return view === null ? null : sumOver(view, (memory) => memory[name]);
}
