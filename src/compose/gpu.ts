import { isLoopbackUrl } from "../config/resolve-providers.ts";
import type { Settings } from "../config/settings.ts";
import type { GpuView } from "../core/gpu/gpu.ts";
import {
  type GpuHistoryView,
  type GpuSample,
  GRAINS,
  grainFor,
  meanSample,
  samplesOf,
  stepFor,
} from "../core/gpu/history.ts";
import type { LocalModels } from "../gateway/local-models.ts";
import type { Clock } from "../host/clock.ts";
import { findGpuSources } from "../host/gpu/find.ts";
import { type GpuWatch, watchGpu } from "../host/gpu/watch.ts";
import type { Log } from "../host/log/log.ts";
import { openGpuSampleReader, openGpuSamples } from "../stores/gpu-samples.ts";

const [FINE, COARSE] = GRAINS;
const PRUNE_MS = 3_600_000;

/** What the model servers of this machine say they put on its cards; null while none answers. */
function loadedBytes(settings: Settings, local: LocalModels): number | null {
  const states = settings.providers.flatMap(({ provider }) => {
    const isOwn = provider.isLocal === true && isLoopbackUrl(provider.endpoints[0]?.baseUrl ?? "");
    return isOwn ? [local.stateOf(provider.id)] : [];
  });
  const answered = states.filter((state) => state !== null);
  if (answered.length === 0) return null;
  return answered.flatMap(({ loaded }) => loaded).reduce((sum, { vramBytes }) => sum + vramBytes, 0);
}

/** The cards of this machine; nothing is started before somebody asks. */
export function createGpuWatch(settings: () => Settings, local: LocalModels, clock: Clock): GpuWatch {
  const sources = findGpuSources(process.env);
  return watchGpu({ clock, sources, loadedBytes: () => loadedBytes(settings(), local) });
}

/** The history since `from` (Unix ms), in the finest grain that is still kept of all of it; empty where none was written, or none can be read. */
export function gpuHistory(stateDir: string, from: number, now: number): GpuHistoryView {
  const stepMs = stepFor(from, now);
  const opened = openGpuSampleReader({ stateDir });
  if (!opened.ok) return { from, stepMs, samples: [] };
  try {
    return { from, stepMs, samples: opened.value.list(grainFor(from, now).stepMs, from, now, stepMs) };
  } catch {
    return { from, stepMs, samples: [] };
  } finally {
    opened.value.close();
  }
}

/** What recording stands on. */
export interface RecorderParts {
  readonly watch: Pick<GpuWatch, "subscribe">;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Puts readings together, ten seconds at a time; `write` gets the samples of each ten seconds that are over. */
export function collectSamples(write: (samples: readonly GpuSample[]) => void): {
  take(view: GpuView): void;
  flush(): void;
} {
  let at = 0;
  let open: GpuSample[] = [];
  const flush = (): void => {
    const cards = Map.groupBy(open, ({ gpu }) => gpu);
    open = [];
    if (cards.size > 0) write([...cards].map(([gpu, samples]) => meanSample(gpu, at, samples)));
  };
  return {
    flush,
    take(view) {
      const begin = Math.floor(view.at / FINE.stepMs) * FINE.stepMs;
      if (begin !== at) flush();
      at = begin;
      open.push(...samplesOf(view));
    },
  };
}

/** Keeps samples in `gpu.db` for as long as there is a card; the file is made with the first of them. */
export function recordGpu({ watch, stateDir, clock, log }: RecorderParts): () => void {
  let store: ReturnType<typeof openGpuSamples> | null = null;
  let minute = 0;
  let prunedAt = Number.NEGATIVE_INFINITY;

  function keep(samples: readonly GpuSample[]): void {
    store ??= openGpuSamples({ stateDir });
    if (!store.ok) return;
    store.value.add(samples);
    const begin = Math.floor((samples[0]?.at ?? 0) / COARSE.stepMs) * COARSE.stepMs;
    if (minute !== 0 && begin !== minute) store.value.rollUp(minute);
    minute = begin;
    if (clock.now() - prunedAt < PRUNE_MS) return;
    prunedAt = clock.now();
    store.value.prune(prunedAt);
  }

  let isTold = false;
  function attempt(action: () => void): void {
    try {
      action();
      if (store?.ok === false) tell(store.error.message);
    } catch (error) {
      tell(String(error));
    }
  }

  function tell(message: string): void {
    if (!isTold) log.write("warn", "the graphics card's history is not kept", { message });
    isTold = true;
  }

  const samples = collectSamples((some) => attempt(() => keep(some)));
  const stop = watch.subscribe(samples.take);
  return () => {
    stop();
    samples.flush();
    if (store?.ok !== true) return;
    const { rollUp, close } = store.value;
    if (minute !== 0) attempt(() => rollUp(minute));
    attempt(close);
  };
}
