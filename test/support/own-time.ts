/** How often the clock of {@link loopMs} moves, and how far at most at a time. */
const TICK_MS = 1;
const MOST_A_TICK_MS = 4;

/**
 * How long something takes from now on in the time of this process's event loop, which stands still while the machine runs
 * something else: a bound on it holds on a busy machine as on an idle one, and a timer of the program's own still counts whole.
 */
export async function loopMs(work: Promise<unknown>): Promise<number> {
  let elapsed = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    elapsed += Math.min(MOST_A_TICK_MS, now - last);
    last = now;
  }, TICK_MS);
  try {
    await work;
    return elapsed;
  } finally {
    clearInterval(timer);
  }
}

/** The milliseconds of processor time that something without waits takes, whatever else runs on the machine. */
export function processorMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
