import { existsSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, parseJson } from "../../core/json.ts";
import { linesOf } from "../../core/lines.ts";
import { buildPool, modelsOf, type Pool } from "./pool.ts";
import { assumeCosts, readPrices } from "./prices.ts";
import { createRowReader, type ScoredRow } from "./scored-rows.ts";

/** One line of a recorded file. */
export type RecordedLine = Readonly<Record<string, unknown>>;

/** The folder of recorded routing data below a root, whether that is the root of all data or the routing folder; null where there is none. */
export function findRecorded(root: string): string | null {
  const folders = [root, join(root, "routing"), join(root, "data", "routing")];
  return folders.find((folder) => existsSync(join(folder, "train", "routellm_mmlu.jsonl"))) ?? null;
}

/** The objects of a file of `train/`, without those marked as contaminated. */
export async function readLines(folder: string, name: string): Promise<readonly RecordedLine[]> {
  const lines: RecordedLine[] = [];
  for await (const text of linesOf(Bun.file(join(folder, "train", name)).stream())) {
    const value = parseJson(text);
    if (isJsonObject(value) && value.contaminated !== true) lines.push(value);
  }
  return lines;
}

function numbersOf(value: unknown): Record<string, number> {
  const entries = isJsonObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

/** A file with scores as a pool. Data that is pinned and yet not a pool is a bug, so that throws. */
export async function readPool(folder: string, name: string): Promise<Pool> {
  const take = createRowReader();
  const lines = await readLines(folder, name);
  const rows: readonly ScoredRow[] = lines.map(({ prompt, scores }, at) =>
    take(at + 1, { prompt: String(prompt), scores: numbersOf(scores), costs: null }),
  );
  const pool = buildPool(rows, modelsOf(rows));
  if (!pool.ok) throw new Error(`${name}:${pool.error.line}: ${pool.error.field} ${pool.error.message}`);
  return pool.value;
}

/** What each row of the nine-model pool costs, by the prices that stand beside the data. */
export async function readPoolCosts(folder: string, pool: Pool): Promise<Float64Array> {
  const prices = readPrices(await Bun.file(join(folder, "llmrouter_models.json")).text(), pool.models);
  if (!prices.ok) throw new Error(`llmrouter_models.json: ${prices.error}`);
  return assumeCosts(pool, prices.value);
}
