import { describe, expect, test } from "bun:test";
import { createCostModel } from "../../src/local/cost-model.ts";
import { createPrediction } from "../../src/local/prediction.ts";
import { startWarmUp, type WarmUpParts } from "../../src/local/warm-up.ts";
import { openLocalWorld, settle } from "./world.ts";

const SERVER = ["ollama", "http://127.0.0.1:1"] as const;

function openWarmWorld(more: Partial<WarmUpParts> = {}, lastUsed: string | null = "a:1b") {
  const world = openLocalWorld();
  const costs = createCostModel(null, () => 1);
  if (lastUsed !== null) costs.noteLoad({ provider: "ollama", model: lastUsed, contextTokens: 8_192 }, 500);
  const prediction = createPrediction();
  const reads: { model: string; signal: AbortSignal }[] = [];
  const stop = startWarmUp({
    scheduler: world.scheduler,
    costs,
    clock: world.clock,
    servers: () => new Map([SERVER]),
    wanted: () => "last-used",
    isInstalled: () => true,
    hasRoom: () => true,
    predictionOf: () => prediction,
    readAhead: async (_provider, model, signal) => {
      reads.push({ model, signal });
      return true;
    },
    ...more,
  });
  return { ...world, costs, prediction, reads, stop };
}

describe("an idle server", () => {
  test("gets the model that was used last, once, with the context that requests use", async () => {
    const { engine, clock } = openWarmWorld();
    await clock.advance(4_000);
    expect(engine.loads).toEqual([]);
    await clock.advance(12_000);
    await engine.finishLoad();
    expect(engine.loads).toEqual([{ model: "a:1b", contextTokens: 8_192 }]);
    engine.memory = [];
    await clock.advance(3_600_000);
    expect(engine.loads).toHaveLength(1);
  });

  const reasons: readonly (readonly [string, Partial<WarmUpParts>, string | null])[] = [
    ["with `warm: []`", { wanted: () => [] }, "a:1b"],
    ["while another program uses the card", { hasRoom: () => false }, "a:1b"],
    ["that never answered anything", {}, null],
    ["that has the model no more", { isInstalled: () => false }, "a:1b"],
  ];
  test.each(reasons)("%s is left alone", async (_reason, more, lastUsed) => {
    const { engine, clock } = openWarmWorld(more, lastUsed);
    await clock.advance(120_000);
    expect(engine.loads).toEqual([]);
  });

  test("gets the first of a named list that it has, again after others were used", async () => {
    const wanted = ["absent:1b", "named:1b"];
    const { engine, clock, ask } = openWarmWorld({
      wanted: () => wanted,
      isInstalled: (_, model) => model !== "absent:1b",
    });
    await clock.advance(15_000);
    await engine.finishLoad();
    const other = ask("other:1b");
    await settle();
    await engine.finishLoad();
    other.slot?.release(null);
    await clock.advance(30_000);
    await engine.finishLoad();
    expect(engine.loads.map(({ model }) => model)).toEqual(["named:1b", "other:1b", "named:1b"]);
  });

  test("gets it after all when the other program has left the card", async () => {
    let hasRoom = false;
    const { engine, clock } = openWarmWorld({ hasRoom: () => hasRoom });
    await clock.advance(120_000);
    hasRoom = true;
    await clock.advance(5_000);
    await engine.finishLoad();
    expect(engine.loads.map(({ model }) => model)).toEqual(["a:1b"]);
  });

  test("is not touched while a request runs", async () => {
    const { engine, clock, ask } = openWarmWorld();
    ask("b:1b");
    await settle();
    await engine.finishLoad();
    await clock.advance(60_000);
    expect(engine.loads.map(({ model }) => model)).toEqual(["b:1b"]);
  });

  test("has the file of the model that is likely loaded next read, and its load then counts as warm", async () => {
    const { clock, prediction, reads, costs } = openWarmWorld({}, null);
    for (const model of ["x", "y", "x", "y", "x"]) prediction.note(model);
    await clock.advance(30_000);
    expect(reads.map(({ model }) => model)).toEqual(["y"]);
    expect(costs.noteLoad({ provider: "ollama", model: "y", contextTokens: 8_192 }, 400)).toBe("warm");
  });

  test("is left alone once it is stopped", async () => {
    const { engine, clock, stop } = openWarmWorld();
    stop();
    await clock.advance(60_000);
    expect(engine.loads).toEqual([]);
  });
});

describe("the prediction", () => {
  test("follows the last two models, where the last one alone would not tell", () => {
    const prediction = createPrediction();
    const round = ["plan", "code", "plan", "check"];
    for (let index = 0; index < 16; index += 1) prediction.note(round[index % 4] ?? "");
    const told: (string | null)[] = [];
    for (let index = 0; index < 4; index += 1) {
      told.push(prediction.next());
      prediction.note(round[index] ?? "");
    }
    expect(told).toEqual(round);
    expect(prediction.score().hits).toBeGreaterThan(prediction.score().misses);
  });

  test("says nothing where anything may follow", () => {
    const prediction = createPrediction();
    for (const model of ["a", "b", "a", "c", "a", "d", "a"]) prediction.note(model);
    expect(prediction.next()).toBeNull();
  });
});
