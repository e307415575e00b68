import { describe, expect, test } from "bun:test";
import picocolors from "picocolors";
import { gpuScreen, pastLines } from "../../src/cli/gpu/view.ts";
import { withFooter } from "../../src/cli/live-screen.ts";
import { type GpuReading, type GpuView, gpuView, noGpu } from "../../src/core/gpu/gpu.ts";
import { meanSample } from "../../src/core/gpu/history.ts";
import type { GpuDesk } from "../../src/http/admin/context.ts";
import { NOON } from "../http/admin-world.ts";
import { type CliWorld, createCliWorlds } from "./harness.ts";

const MIB = 1024 * 1024;
const style = picocolors.createColors(false);

const T600: GpuReading = {
  ...{ index: 0, id: "GPU-1", name: "NVIDIA T600", utilizationPercent: 37, memoryPercent: 12 },
  ...{
    totalBytes: 4096 * MIB,
    usedBytes: 3000 * MIB,
    reservedBytes: null,
    temperatureCelsius: 61,
    powerWatts: null,
    powerLimitWatts: null,
  },
  ...{ clockMhz: 1335, memoryClockMhz: 5000, throttle: ["power cap"] },
  processes: [
    { pid: 100, name: "/usr/local/bin/ollama", memoryBytes: 2048 * MIB },
    { pid: 200, name: "/usr/lib/xorg/Xorg", memoryBytes: 300 * MIB },
  ],
};
const UNTOLD: GpuReading = {
  ...{ index: 1, id: "GPU-2", name: null, utilizationPercent: null, memoryPercent: null, totalBytes: null },
  ...{
    usedBytes: null,
    reservedBytes: null,
    temperatureCelsius: null,
    powerWatts: null,
    powerLimitWatts: null,
    clockMhz: null,
  },
  ...{ memoryClockMhz: null, throttle: null, processes: null },
};

function viewOf(gpus: readonly GpuReading[], at = NOON): GpuView {
  return gpuView({ at, source: "nvml", driver: "550.54.15", cuda: "12.4", gpus, problem: null }, null);
}

const samples = Array.from({ length: 60 }, (_, index) => ({
  ...meanSample("GPU-1", NOON - 600_000 + index * 10_000, []),
  utilizationPercent: (index * 100) / 59,
  usedBytes: 3000 * MIB,
}));

const makeWorld = createCliWorlds();

function open(view: GpuView, more: Partial<GpuDesk> = {}): CliWorld {
  const history = (from: number) => ({ from, stepMs: 10_000, samples });
  const gpu = { read: async () => view, latest: () => view, hurry: () => undefined, history, ...more };
  return makeWorld({ gpu });
}

describe("lodestar gpu", () => {
  test("shows each card, whose memory it holds, and by which programs; `?` is what is not told", async () => {
    const { code, out } = await open(viewOf([T600, UNTOLD])).run(["gpu"]);
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "driver 550.54.15, CUDA 12.4, read through nvml

      gpu  name         busy   memory   models     others     free   heat  power  held back
      0    NVIDIA T600  37 %  4.0 GiB  2.0 GiB  952.0 MiB  1.1 GiB  61 °C      ?  power cap
      1    ?               ?        ?        ?          ?        ?      ?      ?  ?

      gpu  pid     memory  whose   program
      0    100    2.0 GiB  models  /usr/local/bin/ollama
      0    200  300.0 MiB  others  /usr/lib/xorg/Xorg
      "
    `);
  });

  test("adds what was recorded: mean and highest of all that was told", async () => {
    const { out } = await open(viewOf([T600])).run(["gpu", "--history", "10m"]);
    expect(out).toContain("0, the last 10m\n");
    expect(out).toContain("mean 50 %, most 100 %");
    expect(out).toContain("mean 2.9 GiB, most 2.9 GiB");
    expect(out).not.toContain("heat  ▁");
  });

  test("says that nothing was recorded", async () => {
    const world = open(viewOf([T600]), { history: (from) => ({ from, stepMs: 10_000, samples: [] }) });
    expect((await world.run(["gpu", "--history", "24h"])).out).toContain("0, the last 24h: nothing was recorded");
  });

  test("prints the view as JSON, with the history where it is asked for", async () => {
    const world = open(viewOf([T600]));
    expect(JSON.parse((await world.run(["gpu", "--json"])).out)).toEqual(JSON.parse(JSON.stringify(viewOf([T600]))));
    const both = JSON.parse((await world.run(["gpu", "--json", "--history", "1h"])).out) as { history: unknown };
    expect(both.history).toMatchObject({ from: NOON - 3_600_000, stepMs: 10_000 });
  });

  test.each([
    ["no NVIDIA driver is installed here", "local models run on the processor"],
    ["Driver Not Loaded (code 9)", "modprobe nvidia"],
    ["Driver/library version mismatch (code 18)", "restart the machine"],
    ["Insufficient Permissions (code 4)", "group that owns /dev/nvidia"],
    ["the driver finds no card", "lspci"],
    ["it said nothing for 20 s and was killed", "nvidia-smi says more"],
  ])("where there is no card it says why and what to do: %s", async (problem, fix) => {
    const { code, err, out } = await open(gpuView(noGpu(NOON, problem), null)).run(["gpu"]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(problem);
    expect(err).toContain(fix);
  });

  test("--watch --json is a line for each new reading, until a signal", async () => {
    let at = NOON;
    let asked = 0;
    let send: (name: "SIGINT") => void = () => undefined;
    const world = open(viewOf([T600]), {
      hurry: () => {
        asked += 1;
        if (asked === 3) setTimeout(() => send("SIGINT"), 5);
      },
      read: async () => viewOf([T600], asked === 2 ? at : ++at),
    });
    const { out } = await world.run(["gpu", "--watch", "--json"], { onStart: (deliver) => (send = deliver) });
    const times = out
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as GpuView).at - NOON);
    expect(times[0]).toBe(1);
    expect(new Set(times).size).toBe(times.length);
    expect(asked).toBeGreaterThanOrEqual(3);
  });

  test("read needs an absolute path, since a bare name is searched in the working folder", async () => {
    const { code, err } = await open(viewOf([])).run(["gpu", "read", "--library", "libnvidia-ml.so.1"]);
    expect(code).toBe(2);
    expect(err).toContain("no absolute path");
  });
});

describe("the live view of the cards", () => {
  const past = { from: NOON - 600_000, to: NOON, samples };

  test("shows bars, traces and programs", () => {
    expect(gpuScreen(viewOf([T600]), past, { columns: 100, style }).join("\n")).toMatchInlineSnapshot(`
      "Lodestar gpu  driver 550.54.15, CUDA 12.4, read through nvml

      0  NVIDIA T600
      busy       ██████████▍░░░░░░░░░░░░░░░░░ 37 %
      memory     ████████████████████▌░░░░░░░ models 2.0 GiB, others 952.0 MiB, free 1.1 GiB of 4.0 GiB
      heat       61 °C, power ?, clock 1335 MHz
      held back  power cap

      busy    ▁▁▁▁▁▁▁▁▂▂▂▂▂▂▂▃▃▃▃▃▃▃▃▄▄▄▄▄▄▄▅▅▅▅▅▅▅▆▆▆▆▆▆▆▆▇▇▇▇▇▇▇████████  mean 50 %, most 100 %
      memory  ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆  mean 2.9 GiB, most 2.9 GiB

      gpu  pid     memory  whose   program
      0    100    2.0 GiB  models  /usr/local/bin/ollama
      0    200  300.0 MiB  others  /usr/lib/xorg/Xorg"
    `);
  });

  test.each([20, 40, 80, 200])("a trace never outgrows a terminal of %p columns by more than its words", (columns) => {
    const [card] = viewOf([T600]).gpus;
    if (card === undefined) throw new Error("no card");
    for (const line of pastLines(card, past, { columns, style }))
      expect(line.length).toBeLessThanOrEqual(Math.max(columns, 70));
  });

  test("the last line of the terminal always says how to leave", () => {
    for (const rows of [1, 3, 50]) {
      const lines = withFooter(["a", "b", "c", "d"], rows, { style });
      expect(lines).toHaveLength(rows);
      expect(lines.at(-1)).toBe("q quit");
    }
  });
});
