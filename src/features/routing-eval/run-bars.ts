import { banditBars } from "./bandit-bars.ts";
import type { Bar } from "./bar.ts";
import { calibrationBars } from "./calibration.ts";
import { intentBars } from "./intents.ts";
import { fiveFolds, mmluFewLabels, transfer } from "./pair-bars.ts";
import { noHarmBar, poolBars } from "./pool-bars.ts";
import { readLines, readPool, readPoolCosts } from "./recorded.ts";

/** A group of figures that can be asked for alone. */
export interface BarGroup {
  readonly name: string;
  /** Measures on the recorded data of a folder. */
  measure(folder: string): Promise<readonly Bar[]>;
}

const MMLU = "routellm_mmlu.jsonl";
const GSM8K = "routellm_gsm8k.jsonl";
const SCORES = "llmrouter_scores.jsonl";

async function measurePool(folder: string): Promise<readonly Bar[]> {
  const pool = await readPool(folder, SCORES);
  return poolBars(pool, await readPoolCosts(folder, pool));
}

async function measureCalibration(folder: string): Promise<readonly Bar[]> {
  const pool = await readPool(folder, SCORES);
  return calibrationBars(pool, await readPoolCosts(folder, pool));
}

async function measureNoHarm(folder: string): Promise<readonly Bar[]> {
  const pool = await readPool(folder, SCORES);
  return [noHarmBar(pool, await readPoolCosts(folder, pool))];
}

async function measureTransfer(folder: string): Promise<readonly Bar[]> {
  const [mmlu, gsm8k] = [await readPool(folder, MMLU), await readPool(folder, GSM8K)];
  return [
    transfer(mmlu, gsm8k, { id: "mmlu-to-gsm8k", what: "learnt on MMLU, tested on GSM8K" }),
    transfer(gsm8k, mmlu, { id: "gsm8k-to-mmlu", what: "learnt on GSM8K, tested on MMLU" }),
  ];
}

/** Every group, in the order of the page. */
export const BAR_GROUPS: readonly BarGroup[] = [
  { name: "mmlu-few", measure: async (folder) => [mmluFewLabels(await readPool(folder, MMLU))] },
  {
    name: "mmlu",
    measure: async (folder) => [
      fiveFolds(await readPool(folder, MMLU), {
        id: "mmlu-five",
        what: "MMLU pair, five folds, all labels",
        wanted: 0.69,
      }),
    ],
  },
  {
    name: "gsm8k",
    measure: async (folder) => [
      fiveFolds(await readPool(folder, GSM8K), { id: "gsm8k-five", what: "GSM8K pair, five folds", wanted: 0.625 }),
    ],
  },
  { name: "transfer", measure: measureTransfer },
  { name: "pool", measure: measurePool },
  { name: "calibration", measure: measureCalibration },
  { name: "no-harm", measure: measureNoHarm },
  { name: "bandit", measure: async (folder) => banditBars(await readPool(folder, SCORES)) },
  { name: "intents", measure: async (folder) => intentBars(await readLines(folder, "clinc150.jsonl")) },
];
