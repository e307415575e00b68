import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { areaUnderRoc } from "../../../src/core/learn/metrics.ts";
import { createDifficulty, createDifficultyReader, difficultyHasher } from "../../../src/core/routing/difficulty.ts";
import {
  DIFFICULTY_BITS,
  type DifficultyWeights,
  decodeDifficulty,
  difficultyMark,
  difficultyPlace,
  encodeDifficulty,
} from "../../../src/core/routing/difficulty-weights.ts";
import { readDifficultyWeights } from "../../../src/host/router/difficulty.ts";

const ROOT = join(import.meta.dir, "../../..");
const MMLU = join(
  resolve(ROOT, process.env.LODESTAR_TEST_DATA ?? "../shared"),
  "data/routing/train/routellm_mmlu.jsonl",
);
const NO_DATA = existsSync(MMLU) ? "" : "(skipped: no recorded data; set LODESTAR_TEST_DATA)";
const PLACES = 2 ** DIFFICULTY_BITS;

/** A table that knows these words, each with a weight. */
function tableOf(words: Readonly<Record<string, number>>): DifficultyWeights {
  const [marks, rarities, values] = [new Uint8Array(PLACES), new Uint8Array(PLACES), new Int8Array(PLACES)];
  const hasher = difficultyHasher();
  for (const [word, weight] of Object.entries(words)) {
    const hash = hasher.hash(word)[0] ?? 0;
    marks[difficultyPlace(hash)] = difficultyMark(hash);
    rarities[difficultyPlace(hash)] = 100;
    values[difficultyPlace(hash)] = weight;
  }
  return {
    base: 0.5,
    usual: 0.4,
    scale: 0.01,
    leastKnown: 0.2,
    from: [0, 0.5, 0.6],
    to: [0.1, 0.4, 0.9],
    marks,
    rarities,
    values,
  };
}

const WORDS = tableOf({ prove: 100, lemma: 100, greet: -100, say: -100, the: 0 });

describe("difficulty", () => {
  const difficulty = createDifficulty(encodeDifficulty(WORDS));

  test.each([
    ["prove the lemma prove lemma", 0.9],
    ["greet say greet the say", 0.1],
    ["the the the the the", 0.4],
  ])("%s: %d", (text, value) => {
    expect(difficulty(text)).toEqual({ value, usual: 0.4 });
  });

  test.each([
    ["of other words", "kubectl apply manifests yesterday evening quickly"],
    ["too short to say anything", "prove it"],
    ["empty", ""],
    ["in another language", "докажи лемму по индукции сегодня вечером"],
  ])("abstains where a text is %s", (_, text) => {
    expect(difficulty(text)).toBeNull();
  });

  test("a word said often counts once", () => {
    const read = createDifficultyReader(WORDS);
    expect(read("prove prove prove lemma").places.slice()).toHaveLength(2);
  });

  test("a text of a million characters is read at its ends", () => {
    expect(
      difficulty(`${"prove lemma ".repeat(100)}${"zzz ".repeat(250_000)}${"prove lemma ".repeat(100)}`)?.value,
    ).toBe(0.9);
  });
});

describe("weights of difficulty as bytes", () => {
  test("are read back as they were written", () => {
    expect(decodeDifficulty(encodeDifficulty(WORDS))).toEqual(WORDS);
  });

  test.each([
    ["other bytes", new Uint8Array(100)],
    ["nothing", new Uint8Array()],
    ["cut off", encodeDifficulty(WORDS).subarray(0, -1)],
  ])("%s are refused", (_, bytes) => {
    expect(() => decodeDifficulty(bytes)).toThrow(/weights of difficulty/);
  });
});

describe("the shipped weights", () => {
  const bytes = readDifficultyWeights();
  const difficulty = createDifficulty(bytes);

  test("stay below 1.2 MB", () => {
    expect(bytes.length).toBeLessThan(1.2 * 2 ** 20);
  });

  test("find a question of law harder than one of everyday sense, and abstain from a repository's chores", () => {
    const law = difficulty(
      "A state enacted a statute that required the plaintiff to prove negligence of the defendant. Which of the following is the most likely ruling of the court on the motion?\nA. For the plaintiff\nB. For the defendant\nC. Denied\nD. Granted",
    );
    const sense = difficulty("What do people usually drink in the morning?\nA. coffee\nB. sand\nC. paint\nD. glass");
    expect(law?.value).toBeGreaterThan(sense?.value ?? 1);
    expect(
      difficulty("bump eslint-plugin-import, regenerate pnpm lockfile, drop tsconfig aliases in packages/ui"),
    ).toBeNull();
  });

  test.skipIf(NO_DATA !== "")(`tell their own data apart well above chance ${NO_DATA}`, () => {
    const rows = readFileSync(MMLU, "utf8")
      .trim()
      .split("\n")
      .slice(0, 1500)
      .map((line) => JSON.parse(line));
    const told = rows.flatMap(({ prompt, scores }) => {
      const said = difficulty(prompt);
      return said === null ? [] : [{ value: said.value, failed: 1 - scores["mistralai/Mixtral-8x7B-Instruct-v0.1"] }];
    });
    expect(told.length).toBeGreaterThan(900);
    expect(
      areaUnderRoc(
        told.map(({ value }) => value),
        told.map(({ failed }) => failed),
      ),
    ).toBeGreaterThan(0.65);
  });
});
