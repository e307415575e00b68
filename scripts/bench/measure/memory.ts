import type { Target } from "../targets/target.ts";
import { hold } from "./load.ts";
import { residentBytesOf } from "./process.ts";
import type { Samples } from "./samples.ts";
import type { Scale } from "./scenarios.ts";

const MEGABYTE = 1e6;
const SETTLE_MS = 500;
const WATCH_EVERY_MS = 100;
const LIVE = { kind: "sse", events: 100_000, intervalMs: 1_000 } as const;

/** Resident megabytes of a target. */
export function megabytesOf(pid: number): number {
  return residentBytesOf(pid) / MEGABYTE;
}

/** The most that a target holds within a time. */
async function peakOf(pid: number, durationMs: number): Promise<number> {
  let peak = 0;
  for (let waited = 0; waited <= durationMs; waited += WATCH_EVERY_MS) {
    peak = Math.max(peak, megabytesOf(pid));
    await Bun.sleep(WATCH_EVERY_MS);
  }
  return peak;
}

async function measureStreams(target: Target, pid: number, samples: Samples): Promise<void> {
  const manner = { kind: "hold", connections: 500 } as const;
  const first = hold({ target, script: LIVE, manner });
  await first.begun;
  samples.add("streams500", target.name, await peakOf(pid, 2 * SETTLE_MS));
  const second = hold({ target, script: LIVE, manner });
  await second.begun;
  samples.add("streams1000", target.name, await peakOf(pid, 2 * SETTLE_MS));
  await Promise.all([first.end(), second.end()]);
}

/** What 50 readers cost that are slower than the model, on top of what the target held before them. */
export async function measureSlowReaders(target: Target, scale: Scale, samples: Samples): Promise<void> {
  const { pid } = target;
  if (pid === null || target.isWithoutStreams === true) return;
  await Bun.sleep(SETTLE_MS);
  const before = megabytesOf(pid);
  const manner = { kind: "slow", connections: 50, bytesPerSecond: 128 * 1024 } as const;
  const readers = hold({ target, script: { kind: "bulk", mebibytes: 100 }, manner });
  await readers.begun;
  const peak = await peakOf(pid, 4_000 * scale.duration);
  await readers.end();
  samples.add("slowReaders", target.name, Math.max(0, peak - before));
}

/** Memory of a target that has only just been started: idle, and with live streams. */
export async function measureMemory(target: Target, samples: Samples): Promise<void> {
  const { pid, name } = target;
  if (pid === null) return;
  await Bun.sleep(SETTLE_MS);
  samples.add("idleMemory", name, megabytesOf(pid));
  if (target.isWithoutStreams !== true) await measureStreams(target, pid, samples);
}
