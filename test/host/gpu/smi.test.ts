import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { GpuReport } from "../../../src/core/gpu/gpu.ts";
import { smiSource } from "../../../src/host/gpu/find.ts";
import { until } from "../temporary.ts";
import { hastyClock } from "./hasty.ts";

const PROGRAM = join(import.meta.dir, "programs/fake-nvidia-smi");
const MIB = 1024 * 1024;
const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  delete process.env.FAKE_SMI;
  delete process.env.FAKE_SMI_CARDS;
});

/** Follows the fake program in a mood over a capture. */
function follow(mood: string, cards = "t600") {
  process.env.FAKE_SMI = mood;
  process.env.FAKE_SMI_CARDS = cards;
  const reports: GpuReport[] = [];
  const problems: string[] = [];
  const listener = {
    report: (report: GpuReport) => reports.push(report),
    problem: (reason: string) => problems.push(reason),
  };
  stops.push(smiSource(PROGRAM).follow(1_000, hastyClock, listener));
  return { reports, problems };
}

describe("nvidia-smi, kept running", () => {
  test("tells a small card without a power sensor: what is missing is null", async () => {
    const { reports, problems } = follow("");
    await until(() => reports.length > 2, "reports");
    expect(reports.at(-1)).toMatchObject({ source: "nvidia-smi", driver: "550.54.15", cuda: null, problem: null });
    expect(reports.at(-1)?.gpus).toMatchObject([
      {
        name: "NVIDIA T600",
        utilizationPercent: 37,
        totalBytes: 4096 * MIB,
        usedBytes: 3000 * MIB,
        powerWatts: null,
        powerLimitWatts: null,
        throttle: ["power cap"],
      },
    ]);
    expect(problems).toEqual([]);
  });

  test("tells whose memory it is: names with commas are whole, hidden ones are null", async () => {
    const { reports } = follow("");
    await until(() => (reports.at(-1)?.gpus[0]?.processes ?? []).length === 3, "processes");
    expect(reports.at(-1)?.gpus[0]?.processes).toEqual([
      { pid: 100, name: "/usr/local/bin/ollama", memoryBytes: 2048 * MIB },
      { pid: 200, name: "/opt/My App, the second/app", memoryBytes: 300 * MIB },
      { pid: 300, name: null, memoryBytes: null },
    ]);
  });

  test("puts two cards of one round into one report", async () => {
    const { reports } = follow("", "two");
    await until(() => reports.length > 1, "reports");
    expect(reports.every(({ gpus }) => gpus.length === 2)).toBe(true);
    expect(reports[0]?.gpus).toMatchObject([
      { index: 0, powerWatts: null, clockMhz: 300, throttle: [] },
      { index: 1, name: "NVIDIA RTX A2000 12GB", powerWatts: 69.51, clockMhz: null, throttle: ["thermal (hardware)"] },
    ]);
  });

  test.each([
    ["finds no card", "", "zero", "No devices were found"],
    ["cannot reach the driver", "fails", "t600", "NVIDIA-SMI has failed"],
    ["hangs", "hangs", "t600", "it said nothing for 11 s and was killed"],
    ["prints garbage and hangs", "garbage", "t600", "it said nothing for 11 s and was killed"],
    ["is killed in the middle of a line", "broken", "t600", "it was ended by SIGKILL"],
  ])("is started again where it %s, and says why; there is no reading", async (_what, mood, cards, reason) => {
    const { reports, problems } = follow(mood, cards);
    await until(() => problems.length >= 2, "two ends");
    expect(problems[0]).toStartWith(reason);
    expect(reports).toEqual([]);
  });

  test("is asked again without a field that its driver does not know", async () => {
    const { reports, problems } = follow("refuses");
    await until(() => reports.length > 0, "a report");
    expect(problems).toHaveLength(1);
    expect(reports[0]?.gpus).toMatchObject([{ utilizationPercent: 37, throttle: null }]);
  });

  test("goes on where the driver comes back", async () => {
    const { reports, problems } = follow("fails");
    await until(() => problems.length > 0, "an end");
    process.env.FAKE_SMI = "";
    await until(() => reports.length > 0, "a report");
  });

  test("that is not there at all is a problem and no crash", async () => {
    const problems: string[] = [];
    const listener = { report: () => undefined, problem: (reason: string) => problems.push(reason) };
    stops.push(smiSource("/nonexistent/nvidia-smi").follow(1_000, hastyClock, listener));
    await until(() => problems.length > 0, "a problem");
  });
});
