import { describe, expect, test } from "bun:test";
import { success } from "../../src/core/result.ts";
import type { LoadedModel } from "../../src/core/switch/state.ts";
import type { LocalEngine } from "../../src/local/scheduler.ts";
import { createSharedCard } from "../../src/local/shared-card.ts";
import { createTurns } from "../../src/local/turns.ts";
import { createTestClock, settle } from "./world.ts";

const PAINTING = "sd:images";

/** An engine that gives memory back only where `isWilling`, beside one painter; both write down what is asked of them. */
function cardWith({ memory = ["a:1"], isWilling = true }: { memory?: readonly string[]; isWilling?: boolean } = {}) {
  const log: string[] = [];
  let held: readonly LoadedModel[] = memory.map((model) => ({ model, contextTokens: 8_192 }));
  const engine: LocalEngine = {
    async load(model) {
      log.push(`load ${model}`);
      held = [{ model, contextTokens: 8_192 }];
      return success(undefined);
    },
    async unload(model) {
      log.push(`unload ${model}`);
      if (isWilling) held = held.filter((entry) => entry.model !== model);
    },
    loaded: async () => held,
  };
  const painter = {
    async take() {
      log.push("take");
    },
    async giveBack() {
      log.push("give back");
    },
  };
  const clock = createTestClock();
  const card = createSharedCard(engine, (model) => (model === PAINTING ? painter : null), clock);
  const load = (model: string, signal = new AbortController().signal) => card.engine.load(model, 8_192, signal);
  return { card, clock, load, log };
}

describe("a card that two share", () => {
  test("is cleared of every model before the painter takes it", async () => {
    const { card, load, log } = cardWith({ memory: ["a:1", "b:1"] });
    expect(await load(PAINTING)).toEqual(success(undefined));
    expect(log).toEqual(["unload a:1", "unload b:1", "take"]);
    expect(await card.engine.loaded()).toEqual([{ model: PAINTING, contextTokens: null }]);
    expect(card.displaced()).toBe("a:1");
  });

  test("is given back before a language model is loaded, and forgets whom it displaced", async () => {
    const { card, load, log } = cardWith();
    await load(PAINTING);
    await load("b:1");
    expect(log.slice(-2)).toEqual(["give back", "load b:1"]);
    expect(await card.engine.loaded()).toEqual([{ model: "b:1", contextTokens: 8_192 }]);
    expect(card.displaced()).toBeNull();
  });

  test("that is not given up within its time is not drawn on", async () => {
    const { card, clock, load, log } = cardWith({ isWilling: false });
    const loading = load(PAINTING);
    await settle();
    await clock.advance(16_000);
    expect(await loading).toMatchObject({ ok: false, error: { kind: "unavailable" } });
    expect(log).toEqual(["unload a:1"]);
    expect(await card.engine.loaded()).toEqual([{ model: "a:1", contextTokens: 8_192 }]);
  });

  test("is left alone by one that nobody waits for any more", async () => {
    const { clock, load, log } = cardWith({ isWilling: false });
    const waiting = new AbortController();
    const loading = load(PAINTING, waiting.signal);
    await settle();
    waiting.abort();
    await clock.advance(100);
    expect((await loading).ok).toBe(false);
    expect(log).not.toContain("take");
  });

  test("can be asked back from the painter by its name", async () => {
    const { card, load, log } = cardWith({ memory: [] });
    await load(PAINTING);
    await card.engine.unload(PAINTING);
    expect(log).toEqual(["take", "give back"]);
    expect(await card.engine.loaded()).toEqual([]);
  });
});

describe("turns", () => {
  const stay = new AbortController().signal;

  test("are taken one at a time, in the order of asking", async () => {
    const turns = createTurns();
    const order: string[] = [];
    const ends = ["a", "b", "c"].map(async (name) => {
      const end = await turns.take(stay);
      order.push(name);
      end?.();
    });
    expect(turns.count()).toBe(3);
    await Promise.all(ends);
    expect(order).toEqual(["a", "b", "c"]);
    expect(turns.count()).toBe(0);
  });

  test("are passed over where one has left, and ended only once", async () => {
    const turns = createTurns();
    const first = await turns.take(stay);
    const leaving = new AbortController();
    const second = turns.take(leaving.signal);
    const third = turns.take(stay);
    leaving.abort();
    expect(await second).toBeNull();
    first?.();
    first?.();
    expect(await third).not.toBeNull();
    expect(turns.count()).toBe(1);
    expect(await turns.take(AbortSignal.abort())).toBeNull();
  });
});
