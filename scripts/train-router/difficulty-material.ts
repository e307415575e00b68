import { join } from "node:path";

/** A prompt and how badly small models answered it (0 to 1). */
export interface HardPrompt {
  readonly text: string;
  readonly failed: number;
}

/** Prompts of one origin. */
export interface Family {
  readonly name: string;
  readonly what: string;
  readonly licence: string;
  readonly prompts: readonly HardPrompt[];
}

interface RecordedRow {
  readonly prompt: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly contaminated?: boolean;
}

const MIXTRAL = "mistralai/Mixtral-8x7B-Instruct-v0.1";
/** The small models of the pool that follow instructions; the others of it fail at most formats. */
const SMALL = ["qwen2.5-7b-instruct", "gemma-2-9b-it", "llama-3.1-8b-instruct"];

async function readRows(folder: string, name: string): Promise<readonly RecordedRow[]> {
  const text = await Bun.file(join(folder, name)).text();
  const rows = text
    .trim()
    .split("\n")
    .map((line): RecordedRow => JSON.parse(line));
  return rows.filter(({ contaminated }) => contaminated !== true);
}

function promptsOf(rows: readonly RecordedRow[], models: readonly string[]): readonly HardPrompt[] {
  return rows.map(({ prompt, scores }) => ({
    text: prompt,
    failed: 1 - models.reduce((sum, model) => sum + (scores[model] ?? 0), 0) / models.length,
  }));
}

/** The families of the recorded correctness data. */
export async function readDifficultyMaterial(folder: string): Promise<readonly Family[]> {
  const mmlu = await readRows(folder, "routellm_mmlu.jsonl");
  const gsm8k = await readRows(folder, "routellm_gsm8k.jsonl");
  const pool = await readRows(folder, "llmrouter_scores.jsonl");
  return [
    {
      name: "MMLU",
      what: "Mixtral 8x7B as in lm-sys/RouteLLM",
      licence: "Apache-2.0, MMLU text MIT",
      prompts: promptsOf(mmlu, [MIXTRAL]),
    },
    {
      name: "GSM8K",
      what: "Mixtral 8x7B as in lm-sys/RouteLLM",
      licence: "Apache-2.0, MIT",
      prompts: promptsOf(gsm8k, [MIXTRAL]),
    },
    {
      name: "LLMRouter",
      what: `mean of ${SMALL.join(", ")} as in ulab-uiuc/LLMRouter`,
      licence: "MIT",
      prompts: promptsOf(pool, SMALL),
    },
  ];
}
