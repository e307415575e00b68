import { describe, expect, test } from "bun:test";
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GpuReport } from "../../../src/core/gpu/gpu.ts";
import { systemClock } from "../../../src/host/clock.ts";
import { findGpuSources, nvmlSource } from "../../../src/host/gpu/find.ts";
import { isOwnFile } from "../../../src/host/gpu/nvml.ts";
import { probeGpu } from "../../../src/host/gpu/probe.ts";
import { temporaryFolder, until } from "../temporary.ts";
import { hastyClock } from "./hasty.ts";
import { STUB, WITHOUT_STUB } from "./stub.ts";

const MAIN = join(import.meta.dir, "../../../src/main.ts");
const MIB = 1024 * 1024;

type Moods = Readonly<Record<string, string | number>>;

/** What `lodestar gpu read` prints with the stub in a mood; it is ended after so many lines. */
async function read(moods: Moods, lines = 1): Promise<readonly GpuReport[]> {
  const command = [process.execPath, MAIN, "gpu", "read", "--interval", "100ms", "--library", STUB ?? ""];
  const env = {
    ...process.env,
    ...Object.fromEntries(Object.entries(moods).map(([name, value]) => [name, String(value)])),
  };
  const child = Bun.spawn(command, { env, stdout: "pipe", stderr: "ignore" });
  let text = "";
  for await (const chunk of child.stdout) {
    text += new TextDecoder().decode(chunk);
    if (text.split("\n").length > lines) child.kill();
  }
  await child.exited;
  return text
    .split("\n")
    .slice(0, lines)
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as GpuReport]));
}

describe.skipIf(STUB === null)(`NVML through a compiled stub${WITHOUT_STUB}`, () => {
  test("tells all that the driver tells", async () => {
    const [report] = await read({});
    expect(report).toEqual({
      at: expect.any(Number),
      source: "nvml",
      driver: "550.54.15",
      cuda: "12.4",
      problem: null,
      gpus: [
        {
          index: 0,
          id: "GPU-0001",
          name: "NVIDIA T600",
          utilizationPercent: 37,
          memoryPercent: 12,
          totalBytes: 4096 * MIB,
          usedBytes: 2800 * MIB,
          reservedBytes: 200 * MIB,
          temperatureCelsius: 61,
          powerWatts: 38.5,
          powerLimitWatts: 41,
          clockMhz: 1335,
          memoryClockMhz: 5000,
          throttle: ["power cap"],
          processes: [
            { pid: 100, name: "/usr/local/bin/ollama", memoryBytes: 2048 * MIB },
            { pid: 200, name: "/usr/lib/xorg/Xorg", memoryBytes: 300 * MIB },
          ],
        },
      ],
    });
  });

  test.each<[string, readonly string[]]>([
    ["nvmlDeviceGetUtilizationRates", ["utilizationPercent", "memoryPercent"]],
    ["nvmlDeviceGetTemperature", ["temperatureCelsius"]],
    ["nvmlDeviceGetPowerUsage", ["powerWatts"]],
    ["nvmlDeviceGetEnforcedPowerLimit", ["powerLimitWatts"]],
    ["nvmlDeviceGetClockInfo", ["clockMhz", "memoryClockMhz"]],
    ["nvmlDeviceGetCurrentClocksThrottleReasons", ["throttle"]],
    ["nvmlDeviceGetName", ["name"]],
  ])("a code of %s makes %p null and nothing else", async (name, members) => {
    const [report] = await read({ [`STUB_CODE_${name}`]: 3 });
    const nulls = Object.entries(report?.gpus[0] ?? {}).flatMap(([member, value]) => (value === null ? [member] : []));
    expect(nulls).toEqual([...members]);
  });

  test("an older driver counts what it keeps for itself as used; a code of both ways is null", async () => {
    const older = { STUB_CODE_nvmlDeviceGetMemoryInfo_v2: 25 };
    const [first, none] = await Promise.all([read(older), read({ ...older, STUB_CODE_nvmlDeviceGetMemoryInfo: 3 })]);
    expect(first[0]?.gpus[0]).toMatchObject({ totalBytes: 4096 * MIB, usedBytes: 3000 * MIB, reservedBytes: null });
    expect(none[0]?.gpus[0]).toMatchObject({ totalBytes: null, usedBytes: null, reservedBytes: null });
  });

  test("in this process: readings come until the signal, and a wait for the next one ends with it", async () => {
    const ended = new AbortController();
    const sizes: (number | null | undefined)[] = [];
    for await (const { gpus } of probeGpu({
      libraries: ["/nonexistent/libnvidia-ml.so.1", STUB ?? ""],
      intervalMs: 5,
      clock: systemClock,
      signal: ended.signal,
    })) {
      sizes.push(gpus[0]?.processes?.length);
      if (sizes.length === 3) setTimeout(() => ended.abort(), 0);
    }
    expect(sizes.slice(0, 3)).toEqual([2, 2, 2]);
  });

  test("a card without an id has its place for one", async () => {
    const [report] = await read({ STUB_CODE_nvmlDeviceGetUUID: 3 });
    expect(report?.gpus[0]?.id).toBe("gpu-0");
  });

  test("processes: lists that fail are null, hidden names and sizes are null, long lists are whole", async () => {
    const both = {
      STUB_CODE_nvmlDeviceGetComputeRunningProcesses_v3: 3,
      STUB_CODE_nvmlDeviceGetGraphicsRunningProcesses_v3: 3,
    };
    const [[none], [hidden], [many]] = await Promise.all([
      read(both),
      read({ STUB_HIDE_SIZES: 1, STUB_CODE_nvmlSystemGetProcessName: 4 }),
      read({ STUB_PROCESSES: 90 }),
    ]);
    expect(none?.gpus[0]?.processes).toBeNull();
    expect(hidden?.gpus[0]?.processes?.[0]).toEqual({ pid: 100, name: null, memoryBytes: null });
    expect(many?.gpus[0]?.processes).toHaveLength(91);
  });

  test.each<[string, Moods, string]>([
    ["a driver that is not loaded", { STUB_CODE_nvmlInit_v2: 9 }, "Driver Not Loaded (code 9)"],
    ["a library of another version", { STUB_CODE_nvmlInit_v2: 18 }, "Driver/library version mismatch (code 18)"],
    ["a code that nobody knows", { STUB_CODE_nvmlInit_v2: 777 }, "Unknown Error (code 777)"],
    ["a count that fails", { STUB_CODE_nvmlDeviceGetCount_v2: 999 }, "Unknown Error (code 999)"],
    ["no card", { STUB_COUNT: 0 }, "the driver finds no card"],
    ["a lost card", { STUB_COUNT: 2, STUB_CODE_nvmlDeviceGetHandleByIndex_v2: 15 }, "card 1: GPU is lost (code 15)"],
  ])("%s is told, and the process ends in order", async (_what, moods, problem) => {
    const reports = await read(moods, 3);
    expect(reports).toMatchObject([{ gpus: [], problem }]);
  });

  test("a card that this user may not open hides itself and no other", async () => {
    const [report] = await read({ STUB_COUNT: 2, STUB_CODE_nvmlDeviceGetHandleByIndex_v2: 4 });
    expect(report?.gpus).toHaveLength(1);
    expect(report?.problem).toBe("1 of 2 cards cannot be opened by this user");
  });

  test("a driver that vanishes ends the readings with the reason", async () => {
    const reports = await read({ STUB_VANISH: 2 }, 9);
    expect(reports.map(({ gpus, problem }) => problem ?? gpus.length)).toEqual([1, 1, "Driver Not Loaded (code 9)"]);
  });

  test.each<[string, Moods, string]>([
    ["hangs", { STUB_HANG: 2 }, "it said nothing for 11 s and was killed"],
    ["crashes", { STUB_CRASH: 2 }, "it "],
  ])("a driver that %s takes only the process beside this one with it", async (_what, moods, reason) => {
    const reports: GpuReport[] = [];
    const problems: string[] = [];
    for (const [name, value] of Object.entries(moods)) process.env[name] = String(value);
    const stop = nvmlSource(STUB ?? "", (words) => [process.execPath, MAIN, ...words]).follow(1_000, hastyClock, {
      report: (report) => reports.push(report),
      problem: (text) => problems.push(text),
    });
    await until(() => problems.length > 0, "an end", 10_000);
    stop();
    for (const name of Object.keys(moods)) delete process.env[name];
    expect(problems[0]).toStartWith(reason);
  });
});

test("a library that is none, or not one of NVIDIA's, is told and not loaded", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "libnvidia-ml.so.1");
  writeFileSync(path, "not an ELF file", { mode: 0o600 });
  const child = Bun.spawn([process.execPath, MAIN, "gpu", "read", "--library", path], { stdout: "pipe" });
  const report = (await new Response(child.stdout).json()) as GpuReport;
  expect(report).toMatchObject({
    source: "none",
    gpus: [],
    problem: `NVIDIA's management library cannot be loaded from ${path}`,
  });
  expect(await child.exited).toBe(0);
});

describe("files named by a variable", () => {
  test("count only where they are plain files of this user that nobody else may write, by an absolute path", () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "lib.so");
    writeFileSync(path, "", { mode: 0o600 });
    expect(isOwnFile(path)).toBe(true);
    chmodSync(path, 0o622);
    expect(isOwnFile(path)).toBe(false);
    expect(isOwnFile("lib.so")).toBe(false);
    expect(isOwnFile(folder.path)).toBe(false);
    expect(isOwnFile(join(folder.path, "none"))).toBe(false);
    const link = join(folder.path, "link.so");
    symlinkSync(path, link);
    expect(isOwnFile(link)).toBe(false);
  });

  test("stand in for the usual ones, the library before the program", () => {
    using folder = temporaryFolder();
    const [library, program] = [join(folder.path, "lib.so"), join(folder.path, "smi")];
    writeFileSync(library, "", { mode: 0o600 });
    writeFileSync(program, "", { mode: 0o700 });
    const names = (environment: Record<string, string>) => findGpuSources(environment).map(({ name }) => name);
    const both = { LODESTAR_NVML: library, LODESTAR_NVIDIA_SMI: program };
    expect(names(both)).toEqual(process.platform === "linux" ? ["nvml", "nvidia-smi"] : ["nvidia-smi"]);
    expect(names({ LODESTAR_NVML: "lib.so", LODESTAR_NVIDIA_SMI: "/nonexistent" })).toEqual([]);
  });
});
