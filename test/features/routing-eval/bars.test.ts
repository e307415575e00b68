import { describe, expect, test } from "bun:test";
import {
  type BanditState,
  createBandit,
  freshBandit,
  learnAnswer,
  readBandit,
} from "../../../src/features/routing-eval/bandit.ts";
import { banditBars, replay } from "../../../src/features/routing-eval/bandit-bars.ts";
import { type Bar, isReached, regressions } from "../../../src/features/routing-eval/bar.ts";
import { calibrationBars } from "../../../src/features/routing-eval/calibration.ts";
import { intentBars } from "../../../src/features/routing-eval/intents.ts";
import { renderPage } from "../../../src/features/routing-eval/markdown.ts";
import { fiveFolds, mmluFewLabels, transfer } from "../../../src/features/routing-eval/pair-bars.ts";
import { poolBars } from "../../../src/features/routing-eval/pool-bars.ts";
import { findRecorded, readPool } from "../../../src/features/routing-eval/recorded.ts";
import { madeRows, NO_DATA_REASON, poolOf, RECORDED } from "./kit.ts";

/** Fits take seconds; on a busy machine several times as long. */
const LONG_MS = 60_000;

const BAR: Bar = {
  id: "x",
  what: "a figure",
  unit: "APGR",
  rows: 1234,
  seed: 1,
  value: { value: 0.65, low: 0.6, high: 0.7 },
  wanted: 0.645,
  isLowBetter: false,
  condition: null,
  controls: { random: 0.5 },
  note: "as measured",
};

describe("a bar", () => {
  test.each<[string, Partial<Bar>, boolean | null]>([
    ["above what is asked for", {}, true],
    ["below it", { wanted: 0.66 }, false],
    ["a low figure where low is better", { isLowBetter: true, wanted: 0.7 }, true],
    ["a high figure where low is better", { isLowBetter: true, wanted: 0.1 }, false],
    ["a condition that fails", { condition: { what: "quality", value: 0.9, wanted: 1 } }, false],
    ["a condition that holds", { condition: { what: "quality", value: 1, wanted: 1 } }, true],
    ["nothing asked for", { wanted: null }, null],
  ])("%s", (_, change, expected) => {
    expect(isReached({ ...BAR, ...change })).toBe(expected);
  });

  test.each<[string, Partial<Bar>, number, boolean]>([
    ["a worse figure", {}, 0.66, true],
    ["a better figure", {}, 0.64, false],
    ["a difference of rounding", {}, 0.651, false],
    ["a higher figure where low is better", { isLowBetter: true }, 0.6, true],
    ["a lower figure where low is better", { isLowBetter: true }, 0.7, false],
  ])("%s than the shipped one", (_, change, before, isWorse) => {
    const bar = { ...BAR, ...change };
    expect(regressions([bar], { x: before })).toEqual(isWorse ? [bar] : []);
    expect(regressions([bar], {})).toEqual([]);
  });

  test("the page says what was reached, missed and not measured, with controls", () => {
    const page = renderPage([BAR, { ...BAR, what: "another", wanted: 0.9 }], ["a third: no data"]);
    expect(page).toContain("| a figure | APGR | 1,234 | 0.650 | 0.600 to 0.700 | at least 0.645 | reached |");
    expect(page).toContain("| at least 0.900 | **missed** |");
    expect(page).toContain("- **a figure** (seed 1). Controls: random 0.500. As measured.");
    expect(page).toContain("## Not measured\n\n- a third: no data");
  });
});

describe("the bandit", () => {
  test("settles on the better of two models and explores in few rounds", () => {
    const bandit = createBandit(["small:1b", "large:70b"], 3);
    let state: BanditState = freshBandit(2);
    let explored = 0;
    for (let round = 0; round < 1000; round++) {
      const { model, isExploring } = bandit.choose(state);
      explored += isExploring ? 1 : 0;
      state = learnAnswer(state, model, model === 1 ? 0.9 : 0.3);
    }
    expect((state.good[1] ?? 0) + (state.bad[1] ?? 0)).toBeGreaterThan(900);
    expect(explored).toBeLessThan(40);
  });

  test("a larger model is asked first while nothing is known, and left when it turns out worse", () => {
    const bandit = createBandit(["small:1b", "large:70b"], 3);
    let state = freshBandit(2);
    expect(bandit.choose(state).model).toBe(1);
    for (let round = 0; round < 400; round++) {
      const { model } = bandit.choose(state);
      state = learnAnswer(state, model, model === 0 ? 0.8 : 0.1);
    }
    expect(bandit.choose({ ...state, rounds: 1 }).model).toBe(0);
  });

  test("a restart changes nothing, a damaged state is none", () => {
    const pool = poolOf(madeRows(100, 1));
    expect(replay(pool, 5, true)).toEqual(replay(pool, 5, false));
    for (const text of [
      "",
      "{}",
      '{"good": [1], "bad": [1, 2], "rounds": 0}',
      '{"good": ["1"], "bad": [1], "rounds": 0}',
    ]) {
      expect(readBandit(text)).toBeNull();
    }
  });

  test(
    "its bars compare with the best fixed model",
    () => {
      const [early, explored] = banditBars(poolOf(madeRows(200, 1, ["bad"])));
      expect(early?.value.value).toBeGreaterThan(0.9);
      expect(early?.condition).toMatchObject({ value: 1 });
      expect(explored?.value.value).toBeLessThan(0.015);
      expect(early?.controls.random).toBeLessThan(early?.value.value ?? 0);
    },
    LONG_MS,
  );
});

describe("intents", () => {
  const queries = (split: string, count: number, words: readonly string[], intent: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => ({
      official_split: split,
      intent: intent(at),
      prompt: `${words[at % words.length]} ${at % 7}`,
    }));
  const TOPICS = ["pay my bill", "play some music", "book a flight"];
  const topic = (at: number) => `intent ${at % 3}`;

  test("are told apart by their words, and strangers are refused", () => {
    const [inScope, outOfScope] = intentBars([
      ...queries("train", 90, TOPICS, topic),
      ...queries("val", 30, TOPICS, topic),
      ...queries("oos_val", 20, ["qqq zzz", "xkcd vvv"], () => "oos"),
    ]);
    expect(inScope?.value.value).toBe(1);
    expect(outOfScope?.value.value).toBe(1);
    expect(outOfScope?.rows).toBe(20);
  });

  test("nothing is refused where too few are right at all", () => {
    const shuffled = queries("val", 30, TOPICS, (at) => `intent ${(at + 1) % 3}`);
    const [inScope, outOfScope] = intentBars([
      ...queries("train", 90, TOPICS, topic),
      ...shuffled,
      ...queries("oos_val", 5, ["qqq"], () => "oos"),
    ]);
    expect(inScope?.value.value).toBe(0);
    expect(outOfScope?.value.value).toBe(0);
  });
});

describe(`the recorded data ${NO_DATA_REASON}`, () => {
  test.skipIf(NO_DATA_REASON !== "")("is found from the root of all data, and nowhere else", () => {
    expect(findRecorded(`${RECORDED}/../..`)).toContain("routing");
    expect(findRecorded(RECORDED)).toBe(RECORDED);
    expect(findRecorded(import.meta.dir)).toBeNull();
  });

  test.skipIf(NO_DATA_REASON !== "")("contaminated rows are dropped, as published", async () => {
    const pool = await readPool(RECORDED, "routellm_gsm8k.jsonl");
    expect(pool.rows.length).toBe(800);
  });
});

describe("thresholds on random halves", () => {
  test(
    "words that tell hard from easy reach the level on most halves, and save",
    () => {
      const pool = poolOf(madeRows(240, 3));
      const bars = calibrationBars(pool, pool.cost ?? new Float64Array());
      expect(bars.map(({ id, wanted }) => [id, wanted])).toEqual([
        ["calibration-90", 0.9],
        ["calibration-95", 0.95],
        ["calibration-98", 0.98],
        ["calibration-100", 1],
      ]);
      for (const { value, wanted, controls } of bars) {
        expect(value.value).toBeGreaterThan((wanted ?? 0) - 0.03);
        expect(value.low).toBeLessThanOrEqual(value.high);
        expect(controls["least quality"]).toBeLessThanOrEqual(value.low);
        expect(controls["share of halves that reach it"]).toBeGreaterThan(0.4);
      }
      expect(bars[0]?.controls.saved).toBeGreaterThan(bars[3]?.controls.saved ?? 1);
    },
    LONG_MS,
  );
});

describe("pair and pool bars on made rows", () => {
  const named = (count: number, seed: number) =>
    poolOf(
      madeRows(count, seed).map(({ prompt, scores }) => ({
        prompt,
        scores: { "gpt-4-1106-preview": scores.large ?? 0, mixtral: scores.small ?? 0 },
      })),
    );

  test(
    "words that tell hard from easy reach far above the controls",
    () => {
      const bar = fiveFolds(named(200, 1), { id: "five", what: "five folds", wanted: 0.6 });
      expect(bar.value.value).toBeGreaterThan(0.7);
      expect(bar.value.low).toBeLessThan(bar.value.high);
      expect(bar.controls.oracle).toBeGreaterThan(bar.value.value);
      expect(isReached(bar)).toBe(true);
    },
    LONG_MS,
  );

  test(
    "a sixth of the rows teaches enough where words tell it",
    () => {
      expect(mmluFewLabels(named(400, 1)).value.value).toBeGreaterThan(0.65);
    },
    LONG_MS,
  );

  test("a transfer is held against nothing", () => {
    const bar = transfer(named(100, 1), named(100, 2), { id: "t", what: "transfer" });
    expect(isReached(bar)).toBeNull();
    expect(bar.rows).toBe(100);
  });

  test(
    "savings of a pool come with the quality that they were reached at",
    () => {
      const pool = poolOf(madeRows(120, 1));
      const bars = poolBars(pool, pool.cost ?? new Float64Array());
      expect(bars.map(({ id }) => id)).toEqual(["pool-100", "pool-98", "pool-95", "pool-90"]);
      expect(bars[2]?.value.value).toBeGreaterThan(0.4);
      expect(bars[2]?.condition?.value).toBeGreaterThan(0.9);
      expect(bars[2]?.controls["oracle's quality"]).toBeGreaterThanOrEqual(bars[2]?.condition?.value ?? 1);
    },
    LONG_MS,
  );
});
