import { afterAll, describe, expect, test } from "bun:test";
import { stopLodestars } from "../real/driver.ts";
import { openMemoryCage } from "./support/cage.ts";
import { planOf, sendPlanned } from "./support/load.ts";
import { type LeanProvider, properAnswer, startProvider } from "./support/provider.ts";
import { type QuietDaemon, startQuietDaemon } from "./support/quiet-daemon.ts";
import { readRows } from "./support/rows.ts";
import { caseCount, caseNumbers, inParallel, LONG_TEST_MS, printFigures } from "./support/run.ts";

const FULL_COUNT = 1_000_000;
const WIDTH = 32;
const ABORT_SHARE = 0.1;
const LEAVES_WITHIN_MS = 10;
const SAMPLES = 1_000;
/** The collector lets memory rise and fall; what stays is the least of so many samples. */
const WINDOW = 40;
/** Caches, pools and compiled code grow meanwhile; the slope is taken after it. */
const WARM_UP_REQUESTS = 60_000;
const LEAST_WINDOWS = 8;
/** Beyond it something is wrong, however short the run. */
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_SLOPE_BYTES = 5 * 1024 * 1024;
const SMALL_MEMORY_BYTES = 128 * 1024 * 1024;
/** Kept connections come and go. */
const FILES_SLACK = 16;
const MEGABYTE = 1024 * 1024;

afterAll(stopLodestars);

function startUpstream(): LeanProvider {
  return startProvider(async (request) => {
    const isStream = (await request.text()).includes('"stream":true');
    return properAnswer(new URL(request.url).pathname, isStream) ?? new Response(null, { status: 404 });
  });
}

function configFor({ url }: LeanProvider): string {
  return `
providers:
  up: { dialect: openai-chat, baseUrl: "${url}/v1", models: [m], accounts: [{ key: env:KEY }] }
prices: { overrides: { up/m: { input: 1, output: 2 } } }
`;
}

interface Sample {
  readonly done: number;
  readonly bytes: number;
  readonly files: number;
}

/** A straight line by least squares: bytes a request, and the standard error of that. */
function slopeOf(samples: readonly Sample[]): { readonly slope: number; readonly error: number } {
  const count = samples.length;
  const meanX = samples.reduce((total, { done }) => total + done, 0) / count;
  const meanY = samples.reduce((total, { bytes }) => total + bytes, 0) / count;
  const spread = samples.reduce((total, { done }) => total + (done - meanX) ** 2, 0);
  const slope = samples.reduce((total, { done, bytes }) => total + (done - meanX) * (bytes - meanY), 0) / spread;
  const rest = samples.reduce((total, { done, bytes }) => total + (bytes - meanY - slope * (done - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / Math.max(1, count - 2) / spread) };
}

/** The least memory of each window after the warm-up. */
function lowPoints(samples: readonly Sample[]): readonly Sample[] {
  const warm = samples.filter(({ done }) => done > WARM_UP_REQUESTS);
  return Array.from({ length: Math.floor(warm.length / WINDOW) }, (_, index) => {
    const window = warm.slice(index * WINDOW, (index + 1) * WINDOW);
    return window.reduce((least, sample) => (sample.bytes < least.bytes ? sample : least));
  });
}

async function soak(daemon: QuietDaemon, numbers: readonly number[]): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const every = Math.max(1, Math.floor(numbers.length / SAMPLES));
  let done = 0;
  await inParallel(numbers, WIDTH, async (number) => {
    const plan = planOf(number, ABORT_SHARE, LEAVES_WITHIN_MS);
    const { status } = await sendPlanned(daemon.apiUrl, plan, "up/m");
    if (status !== 200 && plan.leavesAfterMs === null) throw new Error(`request ${number} got ${status}`);
    done += 1;
    if (done % every === 0) samples.push({ done, bytes: daemon.memory().nowBytes, files: daemon.openFiles() });
  });
  return samples;
}

function mostFiles(samples: readonly Sample[]): number {
  return Math.max(...samples.map(({ files }) => files));
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}

describe.skipIf(process.platform !== "linux")("the compiled binary under load (skipped without /proc)", () => {
  test(
    "does not grow, in memory or in open files",
    async () => {
      const numbers = caseNumbers(caseCount(FULL_COUNT));
      const provider = startUpstream();
      const daemon = await startQuietDaemon(configFor(provider));
      const idle = daemon.memory().nowBytes;
      const samples = await soak(daemon, numbers);
      const points = lowPoints(samples);
      const isMeasured = points.length >= LEAST_WINDOWS;
      const { slope, error } = slopeOf(points);
      const perMillion = slope * 1_000_000;
      const early = mostFiles(samples.slice(0, Math.ceil(samples.length / 2)));
      const late = mostFiles(samples.slice(Math.ceil(samples.length / 2)));
      const { peakBytes } = daemon.memory();
      expect(await daemon.stop()).toBe(0);
      await provider.stop();
      printFigures("soak", {
        requests: numbers.length,
        "resident memory after the start": megabytes(idle),
        "at its highest": megabytes(peakBytes),
        "at the end": megabytes(samples.at(-1)?.bytes ?? 0),
        "slope a million requests, after the warm-up": isMeasured
          ? `${megabytes(perMillion)} ± ${megabytes(2 * error * 1_000_000)}`
          : "not measured: the run is too short",
        "open files, first and second half at most": `${early} and ${late}`,
      });
      expect(peakBytes).toBeLessThanOrEqual(MOST_BYTES);
      // A shorter run cannot tell a small slope from noise: then only what is surely too steep fails.
      const doubt = numbers.length >= FULL_COUNT ? 0 : 2 * error * 1_000_000;
      if (isMeasured) expect(perMillion - doubt).toBeLessThanOrEqual(MOST_SLOPE_BYTES);
      expect(late).toBeLessThanOrEqual(early + FILES_SLACK);
      expect(samples.length).toBeGreaterThan(SAMPLES / 2);
    },
    LONG_TEST_MS,
  );

  test(
    "starts and serves in 128 MiB",
    async () => {
      const numbers = caseNumbers(Math.min(caseCount(FULL_COUNT), 20_000));
      const provider = startUpstream();
      const cage = openMemoryCage(SMALL_MEMORY_BYTES);
      const daemon = await startQuietDaemon(configFor(provider), cage?.enter);
      await soak(daemon, numbers);
      const { peakBytes } = daemon.memory();
      expect(daemon.isAlive()).toBe(true);
      expect(await daemon.stop()).toBe(0);
      await provider.stop();
      printFigures("soak in 128 MiB", {
        requests: numbers.length,
        "held to it by":
          cage === null ? "nothing here (no cgroup could be made); resident memory was measured" : "a cgroup",
        "resident memory at its highest": megabytes(peakBytes),
        "the cgroup's highest use, file cache included": cage === null ? "unknown" : megabytes(cage.peakBytes()),
        "ledger rows": readRows(daemon.stateDir).length,
      });
      cage?.remove();
      if (cage === null) expect(peakBytes).toBeLessThanOrEqual(SMALL_MEMORY_BYTES);
    },
    LONG_TEST_MS,
  );
});
