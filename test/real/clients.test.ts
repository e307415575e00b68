import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { chatChunks } from "../support/chat-chunks.ts";
import { eventually } from "../support/eventually.ts";
import type { Behaviour } from "../support/fake-upstream.ts";
import { stopLodestars } from "./driver.ts";
import { CHAT_WIRES } from "./http.ts";
import { postBytes, type RawExchange, sendRaw } from "./raw-client.ts";
import { MODEL, openWorld, type World } from "./world.ts";

const OPENAI = CHAT_WIRES["openai-chat"];

describe("a client that leaves", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(async () => {
    await stopLodestars();
    await world.fake.stop();
  });

  const ROUNDS = 20;
  const AT_ONCE_MS = 100;

  async function timeToCancel(isStreaming: boolean): Promise<number> {
    const number = world.fake.calls.length + 1;
    const bytes = postBytes(world.lodestar.apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", true, 99));
    const client = sendRaw(world.lodestar.apiUrl, bytes);
    await world.fake.seen(number);
    if (isStreaming) await eventually("content", () => client.received().includes('"content":"one'));
    const call = world.fake.calls[number - 1];
    const leftAt = performance.now();
    client.leave();
    const abortedAt = await eventually("the upstream call is cancelled", () => call?.abortedAt);
    return abortedAt - leftAt;
  }

  const phases = [
    ["before any header", { kind: "hang" }, false],
    ["in the middle of the stream", { kind: "stream", chunks: chatChunks(["one "]).slice(0, 2), ending: "hang" }, true],
  ] as const satisfies readonly (readonly [string, Behaviour, boolean])[];

  for (const [phase, behaviour, isStreaming] of phases) {
    test(`${phase}: the upstream is cancelled within 100 ms, ${ROUNDS} of ${ROUNDS}, and none counts against it`, async () => {
      const before = (await world.lodestar.rows()).length;
      world.behave(behaviour);
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) times.push(await timeToCancel(isStreaming));
      expect(times.filter((timeMs) => timeMs >= AT_ONCE_MS)).toEqual([]);
      await world.lodestar.settled(before + ROUNDS);
      const rows = (await world.lodestar.rows()).slice(before);
      expect(rows.map((row) => [row.state, row.fault?.kind])).toEqual(
        Array.from({ length: ROUNDS }, () => ["aborted", "client-left"] as const),
      );
      const status = await world.lodestar.status();
      const provider = status.providers.find(({ id }) => id === "lab");
      expect(provider).toMatchObject({ state: "closed", lastError: null });
      expect(provider?.availability.failed).toBe(0);
      expect(status.daemon.openStreams).toBe(0);
    }, 30_000);
  }

  test("with a whole reply on the way, it is the same", async () => {
    world.behave({ kind: "hang" });
    const number = world.fake.calls.length + 1;
    const bytes = postBytes(world.lodestar.apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", false, 99));
    const client = sendRaw(world.lodestar.apiUrl, bytes);
    await world.fake.seen(number);
    const leftAt = performance.now();
    client.leave();
    const abortedAt = await eventually("the cancelled call", () => world.fake.calls[number - 1]?.abortedAt);
    expect(abortedAt - leftAt).toBeLessThan(AT_ONCE_MS);
  });
});

describe("many clients at once", () => {
  afterAll(stopLodestars);

  test("300 upstream calls are in flight at the same time: Bun's own limit of 256 is lifted", async () => {
    const count = 300;
    const world = await openWorld();
    world.behave({ kind: "stream", chunks: chatChunks(["one "]).slice(0, 2), ending: "hang" });
    const bytes = postBytes(world.lodestar.apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", true, 99));
    const clients = Array.from({ length: count }, () => sendRaw(world.lodestar.apiUrl, bytes));
    await world.fake.seen(count);
    expect((await world.lodestar.status()).daemon).toMatchObject({ openStreams: count });
    for (const client of clients) client.leave();
    await world.lodestar.settled(count);
    const rows = await world.lodestar.rows();
    expect(rows).toHaveLength(count);
    expect(rows.every((row) => row.state === "aborted")).toBe(true);
    await world.fake.stop();
  }, 30_000);

  test("clients that do not read hold a part of their stream in memory that does not grow with it", async () => {
    const count = 20;
    const world = await openWorld();
    const event = chatChunks(["x".repeat(8_000)], null)[1] ?? "";
    const chunks = [...chatChunks(["one "], null).slice(0, 2), ...Array.from({ length: 5_000 }, () => event)];
    world.behave({ kind: "stream", chunks, ending: "hang" });
    const idle = residentBytes(world.lodestar.pid);
    const clients = Array.from({ length: count }, () => {
      const client: RawExchange = sendRaw(
        world.lodestar.apiUrl,
        postBytes(world.lodestar.apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", true, 99)),
      );
      void client.status.then(() => client.pause());
      return client;
    });
    await Promise.all(clients.map((client) => client.status));
    const answer = await fetch(`${world.lodestar.apiUrl}/livez`);
    expect(answer.status).toBe(200);
    const grown = await settledGrowth(world.lodestar.pid, idle);
    const offered = (count * chunks.length * event.length) / 1e6;
    expect(offered).toBeGreaterThan(800);
    expect(grown / 1e6).toBeLessThan(offered / 4);
    for (const client of clients) client.leave();
    await world.lodestar.settled(count);
    await world.fake.stop();
  }, 30_000);
});

/** Linux. */
function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
}

/** The most memory over `idle`, once it has stopped growing for fifty looks. */
async function settledGrowth(pid: number, idle: number): Promise<number> {
  let highest = 0;
  let still = 0;
  return eventually(
    "memory that no longer grows",
    () => {
      const grown = residentBytes(pid) - idle;
      still = grown > highest + 1e6 ? 0 : still + 1;
      highest = Math.max(highest, grown);
      return still >= 50 && highest;
    },
    20_000,
  );
}
