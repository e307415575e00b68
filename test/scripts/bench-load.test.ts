import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createPassThrough } from "../../scripts/bench/hono-proxy.ts";
import type { Manner } from "../../scripts/bench/load/job.ts";
import { type Attendance, runJob } from "../../scripts/bench/load/manners.ts";
import { freePort, isServing } from "../../scripts/bench/targets/child.ts";
import { type Script, scriptWords } from "../../scripts/bench/upstream/script.ts";
import { type BenchUpstream, startBenchUpstream } from "../../scripts/bench/upstream/server.ts";

const AT_ONCE: Attendance = { begun: () => undefined, ending: Promise.resolve() };

let upstream: BenchUpstream;
beforeAll(() => {
  upstream = startBenchUpstream();
});
afterAll(() => upstream.stop());

function load(script: Script, manner: Manner, attendance = AT_ONCE, port = upstream.port) {
  const body = JSON.stringify({ messages: [{ content: `${scriptWords(script)}#{mark}` }] });
  return runJob({ destination: { port, path: "/v1/chat/completions", headers: {}, body }, manner }, attendance);
}

describe("the load generator against the fake upstream", () => {
  test.each([
    ["whole replies", { kind: "json" }],
    ["bursts", { kind: "sse", events: 300, intervalMs: 0 }],
    ["paced streams", { kind: "sse", events: 5, intervalMs: 2 }],
    ["large streams", { kind: "bulk", mebibytes: 2 }],
  ] as const)("a closed loop gets every answer whole: %s", async (_title, script) => {
    const result = await load(script, { kind: "closed", connections: 4, durationMs: 40 });
    expect(result.sent).toBeGreaterThanOrEqual(4);
    expect(result.answered).toBe(result.sent);
    expect(result.firstFailure).toBeNull();
    expect(result.latency.p99).toBeGreaterThanOrEqual(result.latency.p50);
  });

  test("an open loop sends exactly what the rate and the time come to", async () => {
    const result = await load({ kind: "json" }, { kind: "open", perSecond: 500, durationMs: 100 });
    expect([result.sent, result.answered]).toEqual([50, 50]);
  });

  test("an open loop does not wait for answers: streams of 60 ms overlap", async () => {
    const script = { kind: "sse", events: 6, intervalMs: 12 } as const;
    const result = await load(script, { kind: "open", perSecond: 200, durationMs: 100 });
    expect([result.sent, result.answered]).toEqual([20, 20]);
    expect(result.durationMs).toBeLessThan(20 * 60);
    expect(result.firstToken.p50).toBeLessThan(result.latency.p50);
  });

  test("held streams have all begun, and end when they are told to", async () => {
    const { promise: ending, resolve: end } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const script = { kind: "sse", events: 10_000, intervalMs: 50 } as const;
    const pending = load(script, { kind: "hold", connections: 8 }, { begun: begin, ending });
    await begun;
    end();
    expect((await pending).sent).toBe(8);
  });

  test("slow readers hold the upstream back", async () => {
    const { promise: ending, resolve: end } = Promise.withResolvers<void>();
    const begun = (): void => end();
    const manner = { kind: "slow", connections: 3, bytesPerSecond: 65_536 } as const;
    const result = await load({ kind: "bulk", mebibytes: 50 }, manner, { begun, ending });
    expect([result.sent, result.answered]).toEqual([3, 0]);
  });

  test.each([
    ["while they wait for headers", { kind: "hang" }, 5, "waits"],
    ["in the stream", { kind: "sse", events: 1_000, intervalMs: 5 }, null, "reads"],
  ] as const)("clients that leave %s are seen to leave, each by its mark", async (_title, script, afterMs, prefix) => {
    const result = await load(script, { kind: "leave", requests: 3, afterMs, prefix });
    expect(result.leavings.map(({ mark }) => mark)).toEqual([`${prefix}0`, `${prefix}1`, `${prefix}2`]);
    const isSeen = (mark: string): boolean => upstream.cuts.some((cut) => cut.mark === mark);
    while (!result.leavings.every(({ mark }) => isSeen(mark))) await Bun.sleep(1);
    const told = await (await fetch(`http://127.0.0.1:${upstream.port}/cuts`)).json();
    expect(told).toEqual(upstream.cuts as never);
  });

  test("a server that answers with errors is a failure with its words", async () => {
    const server = Bun.serve({ port: 0, fetch: () => new Response("broken today", { status: 500 }) });
    const manner = { kind: "closed", connections: 1, durationMs: 5 } as const;
    const result = await load({ kind: "json" }, manner, AT_ONCE, server.port);
    await server.stop(true);
    expect(result.answered).toBe(0);
    expect(result.firstFailure).toBe("status 500: broken today");
  });
});

describe("the bare pass-through", () => {
  test("passes whole replies and streams, and lets the upstream go with its client", async () => {
    const app = createPassThrough(`http://127.0.0.1:${upstream.port}`);
    const server = Bun.serve({ port: 0, fetch: app.fetch });
    const closed = { kind: "closed", connections: 2, durationMs: 20 } as const;
    for (const script of [{ kind: "json" }, { kind: "sse", events: 50, intervalMs: 0 }] as const) {
      const result = await load(script, closed, AT_ONCE, server.port);
      expect(result.answered).toBe(result.sent);
    }
    const script = { kind: "sse", events: 1_000, intervalMs: 5 } as const;
    await load(script, { kind: "leave", requests: 1, afterMs: null, prefix: "proxied" }, AT_ONCE, server.port);
    while (!upstream.cuts.some(({ mark }) => mark === "proxied0")) await Bun.sleep(1);
    await server.stop(true);
  });
});

describe("a server that is being waited for", () => {
  test("is served by, or given up on in time", async () => {
    const server = Bun.serve({ port: 0, fetch: () => new Response("ok") });
    expect(await isServing(`http://127.0.0.1:${server.port}/livez`, 2_000)).toBe(true);
    await server.stop(true);
    expect(await isServing(`http://127.0.0.1:${freePort()}/livez`, 30, 5)).toBe(false);
  });
});
