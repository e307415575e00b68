import { type GpuReport, noGpu } from "../../core/gpu/gpu.ts";
import type { Clock } from "../clock.ts";
import type { GpuSource, SourceListener } from "./source.ts";

/** Readings from the first source that has any; it starts when it is told to. */
export interface Feed {
  start(): void;
  /** Reads so often from now on. */
  every(intervalMs: number): void;
  stop(): void;
}

/** What a feed is built on. */
export interface FeedOptions {
  readonly clock: Clock;
  /** The better one first. */
  readonly sources: readonly GpuSource[];
  readonly intervalMs: number;
}

/** So long after the best source was given up it is tried again, then after twice that: a driver may come up after the daemon. */
const FIRST_TRIAL_MS = 60_000;
const MOST_TRIAL_MS = 3_600_000;
const NOTHING = (): void => undefined;

/** Tries a source again and again, beside whatever is read meanwhile, until it tells of a card. */
function retrySource(
  clock: Clock,
  source: GpuSource,
  { intervalMs, onCards }: { intervalMs: () => number; onCards: () => void },
): () => void {
  let pauseMs = FIRST_TRIAL_MS;
  let stopTrial = NOTHING;
  let cancel = clock.after(pauseMs, attempt);

  function fail(): void {
    stopTrial();
    stopTrial = NOTHING;
    pauseMs = Math.min(MOST_TRIAL_MS, pauseMs * 2);
    cancel = clock.after(pauseMs, attempt);
  }

  function attempt(): void {
    let isOver = false;
    const once = (end: () => void): void => {
      if (!isOver) end();
      isOver = true;
    };
    const report = ({ gpus }: GpuReport): void => once(gpus.length > 0 ? onCards : fail);
    stopTrial = source.follow(intervalMs(), clock, { report, problem: () => once(fail) });
  }

  return () => {
    cancel();
    stopTrial();
  };
}

/** Makes a feed, which starts nothing yet. After a source that never told of a card the next one has its turn; the last keeps trying. */
export function createFeed(options: FeedOptions, take: (report: GpuReport) => void): Feed {
  const { clock, sources } = options;
  const listener: SourceListener = { report: hear, problem: refuse };
  let { intervalMs } = options;
  let chosen = 0;
  let hasCards = false;
  let isStopped = false;
  let stopSource: (() => void) | null = null;
  let stopTrials = NOTHING;

  function refuse(reason: string): void {
    if (hasCards || chosen + 1 >= sources.length) take(noGpu(clock.now(), reason));
    else choose(chosen + 1);
  }

  function hear(report: GpuReport): void {
    if (report.source === "none") {
      refuse(report.problem ?? "the driver tells nothing");
      return;
    }
    hasCards ||= report.gpus.length > 0;
    take(report);
  }

  function choose(next: number): void {
    stopTrials();
    [chosen, hasCards] = [next, false];
    const [best] = sources;
    const isSpare = best !== undefined && next > 0;
    stopTrials = isSpare
      ? retrySource(clock, best, { intervalMs: () => intervalMs, onCards: () => choose(0) })
      : NOTHING;
    restart();
  }

  function restart(): void {
    stopSource?.();
    stopSource = sources[chosen]?.follow(intervalMs, clock, listener) ?? null;
  }

  return {
    start: () => {
      if (stopSource === null && !isStopped) restart();
    },
    every(next) {
      if (intervalMs === next) return;
      intervalMs = next;
      if (stopSource !== null && !isStopped) restart();
    },
    stop() {
      isStopped = true;
      stopTrials();
      stopSource?.();
    },
  };
}
