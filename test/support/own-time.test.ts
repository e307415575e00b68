import { expect, test } from "bun:test";
import { loopMs, processorMs } from "./own-time.ts";

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("the loop's time counts a wait, and leaves out what kept the loop from running", async () => {
  const from = performance.now();
  const waited = await loopMs(pause(120));
  expect(waited).toBeWithin(1, performance.now() - from + 1);
  const stalled = pause(20).then(() => {
    const until = performance.now() + 200;
    while (performance.now() < until);
  });
  const before = performance.now();
  const seen = await loopMs(stalled);
  expect(performance.now() - before - seen).toBeGreaterThan(190);
});

test("the processor's time leaves out waits", () => {
  const sleep = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  expect(processorMs(sleep)).toBeLessThan(60);
  const spin = (): void => {
    const before = process.cpuUsage();
    while (process.cpuUsage(before).user < 50_000);
  };
  expect(processorMs(spin)).toBeGreaterThanOrEqual(50);
});
