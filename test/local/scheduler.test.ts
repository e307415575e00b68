import { describe, expect, test } from "bun:test";
import type { Slot } from "../../src/local/scheduler.ts";
import { type Asked, type LocalWorld, openLocalWorld, settle } from "./world.ts";

const QUICK = { loadMs: 60, promptTokens: 300, promptMs: 1_000, outputTokens: 90, outputMs: 3_000 };

function slotOf({ slot }: Asked): Slot {
  if (slot === null) throw new Error("it has no place yet");
  return slot;
}

/** A world in which a model is loaded and one request for it runs. */
async function withRunning(
  model: string,
  world: LocalWorld = openLocalWorld(),
): Promise<{ world: LocalWorld; first: Asked }> {
  const first = world.ask(model);
  await settle();
  await world.engine.finishLoad();
  expect(first.slot).not.toBeNull();
  return { world, first };
}

describe("a place at a local engine", () => {
  test("comes when the model is loaded, with the context that it was loaded with", async () => {
    const world = openLocalWorld();
    const asked = world.ask("a:1b");
    await settle();
    expect([asked.slot, world.engine.loads]).toEqual([null, [{ model: "a:1b", contextTokens: 8_192 }]]);
    await world.clock.advance(2_000);
    await world.engine.finishLoad();
    expect(asked.slot).toMatchObject({ contextTokens: 8_192, waitedMs: 2_000 });
    expect(world.news).toEqual([
      { step: "load", model: "a:1b", contextTokens: 8_192, cause: "idle", tookMs: 2_000, replaced: [] },
    ]);
  });

  test("is shared in one load by all who ask meanwhile, and `latest` is the same model", async () => {
    const world = openLocalWorld(3);
    const all = [world.ask("a"), world.ask("a:latest"), world.ask("a")];
    await settle();
    await world.engine.finishLoad();
    expect(world.engine.loads).toHaveLength(1);
    expect(all.map(({ slot }) => slot?.contextTokens)).toEqual([8_192, 8_192, 8_192]);
  });

  test("goes at once to what is loaded; the other model waits until the running answer is done", async () => {
    const { world, first } = await withRunning("a:1b");
    const other = world.ask("b:1b");
    const same = world.ask("a:1b");
    await settle();
    expect([other.slot, same.slot]).toEqual([null, null]);
    slotOf(first).release(QUICK);
    await settle();
    expect(same.slot).not.toBeNull();
    slotOf(same).release(QUICK);
    await world.clock.advance(6_000);
    await world.engine.finishLoad();
    expect(other.slot).not.toBeNull();
    expect(world.news.at(-1)).toMatchObject({ model: "b:1b", replaced: ["a:1b"] });
  });

  test("a release counts once", async () => {
    const { world, first } = await withRunning("a:1b");
    slotOf(first).release(QUICK);
    slotOf(first).release(QUICK);
    expect(world.scheduler.snapshot()[0]).toMatchObject({ running: 0 });
  });

  test("a completion goes before chats, and chats before batch work", async () => {
    const { world, first } = await withRunning("a:1b");
    const batch = world.ask("a:1b", { priority: "batch" });
    const chat = world.ask("a:1b");
    const completion = world.ask("a:1b", { priority: "completion" });
    const order: string[] = [];
    for (const previous of [first, completion, chat]) {
      slotOf(previous).release(QUICK);
      await settle();
      order.push([batch, chat, completion].map(({ slot }) => (slot === null ? "-" : "x")).join(""));
    }
    expect(order).toEqual(["--x", "-xx", "xxx"]);
  });

  test("who leaves while waiting is told at once, and a load that nobody wants any more is broken off for another", async () => {
    const world = openLocalWorld();
    const left = world.ask("a:1b");
    await settle();
    const stays = world.ask("b:1b");
    await settle();
    left.leave();
    await settle();
    expect(left.fault).toBe("client-left");
    expect(world.engine.loads.map(({ model }) => model)).toEqual(["a:1b", "b:1b"]);
    await world.engine.finishLoad();
    expect(stays.slot).not.toBeNull();
  });

  test("a load that fails is the fault of all who waited for it, and of nobody else", async () => {
    const world = openLocalWorld();
    const doomed = [world.ask("a:1b"), world.ask("a:1b")];
    const other = world.ask("b:1b");
    await settle();
    await world.engine.failLoad();
    expect(doomed.map(({ fault }) => fault)).toEqual(["unavailable", "unavailable"]);
    await world.engine.finishLoad();
    expect(other.slot).not.toBeNull();
    expect(world.scheduler.snapshot()[0]).toMatchObject({ refused: 2 });
  });

  test("more context loads the running model again before anything else begins on it", async () => {
    const { world, first } = await withRunning("a:1b");
    const long = world.ask("a:1b", { promptBoundTokens: 12_000 });
    const short = world.ask("a:1b");
    slotOf(first).release(QUICK);
    await settle();
    expect([long.slot, short.slot, world.engine.loads.at(-1)]).toEqual([
      null,
      null,
      { model: "a:1b", contextTokens: 16_384 },
    ]);
    await world.engine.finishLoad();
    slotOf(long).release(QUICK);
    await settle();
    expect(slotOf(short).contextTokens).toBe(16_384);
    expect(world.scheduler.snapshot()[0]).toMatchObject({ reloads: { context: 1 }, switches: { idle: 1 } });
  });

  test("what another program loaded is used as it is where it is enough", async () => {
    const world = openLocalWorld();
    world.engine.memory = [{ model: "a:1b", contextTokens: 5_000 }];
    const asked = world.ask("a:1b");
    await settle();
    expect([slotOf(asked).contextTokens, world.engine.loads]).toEqual([5_000, []]);
  });

  test("a model that another program drove out is seen to be gone, and its load is told as foreign", async () => {
    const { world, first } = await withRunning("a:1b");
    slotOf(first).release(QUICK);
    world.engine.memory = [{ model: "x:1b", contextTokens: 4_096 }];
    await world.clock.advance(60_000);
    const asked = world.ask("a:1b");
    await settle();
    await world.engine.finishLoad();
    expect(asked.slot).not.toBeNull();
    expect(world.scheduler.snapshot()[0]?.switches).toEqual({ idle: 1, foreign: 1 });
  });

  test("a load inside a request that found its model loaded is counted as unexpected", async () => {
    const { world, first } = await withRunning("a:1b");
    slotOf(first).release({ ...QUICK, loadMs: 2_000 });
    expect(world.scheduler.snapshot()[0]?.reloads).toEqual({ unexpected: 1 });
  });

  test("a request that would wait longer than it may is refused, at once or when that turns out", async () => {
    const { world } = await withRunning("a:1b");
    const impatient = world.ask("b:1b", { overflowMs: 1_000 });
    const patient = world.ask("b:1b", { overflowMs: 20_000 });
    await settle();
    expect([impatient.fault, patient.fault]).toEqual(["unavailable", null]);
    await world.clock.advance(21_000);
    expect(patient.fault).toBe("unavailable");
  });

  test("a request that is not held gets its place whatever is loaded", async () => {
    const world = openLocalWorld();
    const asked = world.ask("a:1b", { isHeld: false });
    await settle();
    expect([slotOf(asked).contextTokens, world.engine.loads]).toEqual([8_192, []]);
  });

  test("warming loads only into an idle engine, and unloading waits for what runs", async () => {
    const { world, first } = await withRunning("a:1b");
    const server = { providerId: "ollama", baseUrl: "http://127.0.0.1:1" };
    world.scheduler.warm({ ...server, model: "b:1b" });
    world.scheduler.unload({ ...server, model: "a:1b" });
    expect([world.engine.loads.length, world.engine.unloads]).toEqual([1, []]);
    slotOf(first).release(QUICK);
    await settle();
    expect([world.engine.unloads, world.scheduler.isIdle(server)]).toEqual([["a:1b"], true]);
    world.scheduler.warm({ ...server, model: "b:1b" });
    await world.engine.finishLoad();
    expect(world.scheduler.contextOf({ ...server, model: "b:1b" })).toBe(8_192);
    expect(world.scheduler.snapshot()[0]).toMatchObject({ loaded: [{ model: "b:1b" }], switches: { "warm-up": 1 } });
  });

  test("two models that were seen in memory at once do not wait for each other", async () => {
    const world = openLocalWorld();
    world.engine.memory = [
      { model: "a:1b", contextTokens: 8_192 },
      { model: "b:1b", contextTokens: 8_192 },
    ];
    const asked = [world.ask("a:1b"), world.ask("b:1b")];
    await settle();
    expect(asked.map(({ slot }) => slot !== null)).toEqual([true, true]);
  });
});

describe("how many requests a model answers at a time", () => {
  async function play(overlap: boolean): Promise<number | undefined> {
    const { world, first } = await withRunning("a:1b", openLocalWorld(null));
    const second = world.ask("a:1b");
    await settle();
    expect(second.slot).not.toBeNull();
    await world.clock.advance(4_000);
    slotOf(first).release(QUICK);
    await world.clock.advance(overlap ? 500 : 4_000);
    slotOf(second).release({ ...QUICK, promptMs: 1_000, outputMs: overlap ? 3_200 : 3_000 });
    return world.scheduler.snapshot()[0]?.slots;
  }

  test("is one where two that were sent together were answered one after the other", async () => {
    expect(await play(false)).toBe(1);
  });

  test("is tried with one more where their answers overlapped", async () => {
    expect(await play(true)).toBe(3);
  });
});
