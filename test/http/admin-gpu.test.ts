import { afterEach, describe, expect, test } from "bun:test";
import { type GpuView, gpuView, noGpu } from "../../src/core/gpu/gpu.ts";
import { createAdminApp } from "../../src/http/admin/admin.ts";
import type { GpuDesk } from "../../src/http/admin/context.ts";
import { type AdminWorld, makeAdminWorld, NOON, TOKEN } from "./admin-world.ts";

const MIB = 1024 * 1024;

const VIEW: GpuView = gpuView(
  {
    ...{ at: NOON, source: "nvml", driver: "550.54.15", cuda: "12.4", problem: null },
    gpus: [
      {
        ...{ index: 0, id: "GPU-1", name: 'NVIDIA "T600"', utilizationPercent: 40, memoryPercent: 10 },
        ...{
          totalBytes: 4096 * MIB,
          usedBytes: 3000 * MIB,
          reservedBytes: null,
          temperatureCelsius: 61,
          powerWatts: null,
        },
        ...{ powerLimitWatts: null, clockMhz: 1335, memoryClockMhz: 5000, throttle: ["power cap"] },
        processes: [{ pid: 1, name: "ollama", memoryBytes: 2000 * MIB }],
      },
    ],
  },
  null,
);

const worlds: AdminWorld[] = [];

afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});

function open(more: Partial<GpuDesk> = {}, isRunning = true) {
  const calls: string[] = [];
  const gpu: GpuDesk = {
    read: async () => VIEW,
    latest: () => VIEW,
    hurry: () => void calls.push("hurry"),
    history(from) {
      calls.push(`history ${NOON - from}`);
      return { from, stepMs: 10_000, samples: [] };
    },
    ...more,
  };
  const world = makeAdminWorld({ gpu, isRunning });
  worlds.push(world);
  const app = createAdminApp(world.admin);
  const headers = { host: "127.0.0.1", authorization: `Bearer ${TOKEN}` };
  return { calls, ask: async (path: string) => app.request(path, { headers }) };
}

describe("the cards on the admin port", () => {
  test("are told with whose memory they hold; only who looks on makes readings come faster", async () => {
    const { ask, calls } = open();
    const reply = await ask("/v1/gpu");
    expect(await reply.json()).toEqual(JSON.parse(JSON.stringify(VIEW)));
    expect(calls).toEqual([]);
    await ask("/v1/gpu?watch=true");
    expect(calls).toEqual(["hurry"]);
  });

  test.each([
    ["", 3_600_000],
    ["?span=10m", 600_000],
    ["?span=24h", 86_400_000],
    ["?span=90d", 90 * 86_400_000],
  ])("have a history: %p goes back %p ms", async (query, backMs) => {
    const { ask, calls } = open();
    expect((await ask(`/v1/gpu/history${query}`)).status).toBe(200);
    expect(calls).toEqual([`history ${backMs}`]);
  });

  test.each(["/v1/gpu?watch=yes", "/v1/gpu?x=1", "/v1/gpu/history?span=1y"])("%s is refused", async (path) => {
    expect((await open().ask(path)).status).toBe(400);
  });

  test("stand in `status`: the last reading of a daemon, one of its own without, null where there is none", async () => {
    const gpuIn = async (parts: ReturnType<typeof open>) =>
      ((await (await parts.ask("/v1/status")).json()) as { gpu: unknown }).gpu;
    const read = async (): Promise<GpuView> => gpuView(noGpu(NOON, "no NVIDIA driver is installed here"), null);
    expect(await gpuIn(open())).toMatchObject({ driver: "550.54.15" });
    expect(await gpuIn(open({ latest: () => null }))).toBeNull();
    expect(await gpuIn(open({ latest: () => null }, false))).toMatchObject({ driver: "550.54.15" });
    expect(await gpuIn(open({ latest: () => null, read }, false))).toBeNull();
  });

  test("have gauges; what is not told has no sample, never 0", async () => {
    const text = await (await open().ask("/metrics")).text();
    const samples = text.split("\n").filter((line) => line.startsWith("lodestar_gpu_"));
    const labels = '{gpu="0",uuid="GPU-1",name="NVIDIA \\"T600\\""}';
    expect(samples).toEqual(
      [
        `utilization_ratio${labels} 0.4`,
        `memory_total_bytes${labels} ${4096 * MIB}`,
        `memory_free_bytes${labels} ${1096 * MIB}`,
        `memory_own_bytes${labels} ${2000 * MIB}`,
        `memory_foreign_bytes${labels} ${1000 * MIB}`,
        `temperature_celsius${labels} 61`,
        `clock_hertz${labels} 1335000000`,
        `memory_clock_hertz${labels} 5000000000`,
        `throttled${labels} 1`,
      ].map((line) => `lodestar_gpu_${line}`),
    );
    expect(text).toContain("# TYPE lodestar_gpu_power_watts gauge");
  });
});
