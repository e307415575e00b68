import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { seededChance } from "../../../src/core/learn/chance.ts";
import { buildPool, modelsOf, type Pool } from "../../../src/features/routing-eval/pool.ts";
import { createRowReader } from "../../../src/features/routing-eval/scored-rows.ts";

const ROOT = join(import.meta.dir, "../../..");
/** The recorded routing data. */
export const RECORDED = join(resolve(ROOT, process.env.LODESTAR_TEST_DATA ?? "../shared"), "data/routing");
/** Why tests on it are skipped; empty where it is there. */
export const NO_DATA_REASON = existsSync(join(RECORDED, "train"))
  ? ""
  : "(skipped: no recorded data; set LODESTAR_TEST_DATA)";

/** A row as a file has it. */
export interface MadeRow {
  readonly prompt: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly costs?: Readonly<Record<string, number>>;
}

const HARD = ["prove", "lemma", "limit"];
const EASY = ["greet", "count", "order"];

/**
 * Rows in which `small` is right on easy prompts only, `large` on nearly all, at a hundred times the price; the words tell which.
 * With `others`, further models that are bad and dear.
 */
export function madeRows(count: number, seed: number, others: readonly string[] = []): readonly MadeRow[] {
  const chance = seededChance(seed);
  const pick = (words: readonly string[]): string => words[Math.floor(chance() * words.length)] ?? "";
  return Array.from({ length: count }, (_, at) => {
    const isHard = chance() < 0.4;
    const bad = Object.fromEntries(others.map((name) => [name, chance() < 0.2 ? 1 : 0]));
    return {
      prompt: `please ${pick(isHard ? HARD : EASY)} number ${at} ${pick(["now", "soon", "today"])}`,
      scores: { small: isHard && chance() < 0.9 ? 0 : 1, large: chance() < 0.97 ? 1 : 0, ...bad },
      costs: { small: 0.0001, large: 0.01, ...Object.fromEntries(others.map((name) => [name, 0.02])) },
    };
  });
}

/** Made rows as a pool. */
export function poolOf(rows: readonly MadeRow[]): Pool {
  const take = createRowReader();
  const read = rows.map(({ prompt, scores, costs }, at) => take(at + 1, { prompt, scores, costs: costs ?? null }));
  const pool = buildPool(read, modelsOf(read));
  if (!pool.ok) throw new Error(pool.error.message);
  return pool.value;
}
