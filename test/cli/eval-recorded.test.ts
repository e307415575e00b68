import { beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { madeRows } from "../features/routing-eval/kit.ts";
import { run } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "lodestar-recorded-"));
const POOL = ["gemma-2-9b-it", "mistral-7b", "large-1"];
const PRICES = { "gemma-2-9b-it": 0.1, "mistral-7b": 0.2, "large-1": { input_price: 0.9, output_price: 0.9 } };

async function write(name: string, rows: readonly unknown[]): Promise<void> {
  await Bun.write(join(folder, "routing", name), rows.map((row) => JSON.stringify(row)).join("\n"));
}

/** Recorded data as published, in small: pairs, a pool and intents. */
beforeAll(async () => {
  const pair = (seed: number) =>
    madeRows(90, seed).map(({ prompt, scores }) => ({
      prompt,
      scores: { mixtral: scores.small, "gpt-4-1106-preview": scores.large },
    }));
  await write("train/routellm_mmlu.jsonl", [...pair(1), { ...pair(2)[0], contaminated: true }]);
  await write("train/routellm_gsm8k.jsonl", pair(3));
  await write(
    "train/llmrouter_scores.jsonl",
    madeRows(90, 4, ["bad"]).map(({ prompt, scores }) => ({
      prompt,
      scores: { [POOL[0] ?? ""]: scores.small, [POOL[1] ?? ""]: scores.bad, [POOL[2] ?? ""]: scores.large },
    })),
  );
  await write("llmrouter_models.json", [PRICES]);
  const intents = ["pay my bill", "play some music"].flatMap((prompt, intent) =>
    ["train", "val"].flatMap((official_split) =>
      Array.from({ length: 20 }, (_, at) => ({
        prompt: `${prompt} ${at}`,
        intent: `intent ${intent}`,
        official_split,
      })),
    ),
  );
  await write("train/clinc150.jsonl", [...intents, { prompt: "zzz qqq", intent: "oos", official_split: "oos_val" }]);
});

describe("lodestar eval routing on recorded data, in small", () => {
  test("measures what was asked for, group by group, and tells the controls", async () => {
    const { out, err } = await run(["eval", "routing", "--data", folder, "--only", "gsm8k,bandit"], { columns: 200 });
    expect(err).toContain("measuring gsm8k …");
    expect(out).toMatch(/GSM8K pair, five folds +APGR +90 /);
    expect(out).toContain("GSM8K pair, five folds: controls: random 0.500");
    expect(out).toContain("bandit, lost to exploring: replays that a restart does not change 1.000; controls:");
  });

  test("fails where a figure is worse than the shipped one, and names both", async () => {
    const { code, err, out } = await run(["eval", "routing", "--data", folder, "--only", "pool", "--json"]);
    const bars: { id: string; value: { value: number }; isReached: boolean | null }[] = JSON.parse(out).bars;
    expect(bars.map(({ id }) => id)).toEqual(["pool-100", "pool-98", "pool-95", "pool-90"]);
    expect(code).toBe(1);
    expect(err).toContain("routing_got_worse");
    expect(err).toMatch(/shipped with 0\.\d{3}/);
  });

  test("harm is none where the cheapest model is the best of its kind", async () => {
    const { code, out } = await run(["eval", "routing", "--data", folder, "--only", "no-harm", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out).bars[0]).toMatchObject({ value: { value: 1 }, isReached: true });
  });

  test("writes the page and the shipped figures of everything", async () => {
    const { code } = await run(["eval", "routing", "--data", folder, "--write", folder]);
    expect(code).toBe(0);
    const page = readFileSync(join(folder, "docs/routing-evaluation.md"), "utf8");
    for (const what of ["MMLU pair, five folds", "learnt on GSM8K, tested on MMLU", "CLINC150", "## Not measured"]) {
      expect(page).toContain(what);
    }
    const shipped = JSON.parse(readFileSync(join(folder, "src/features/routing-eval/shipped.gen.json"), "utf8"));
    expect(Object.keys(shipped)).toEqual(
      expect.arrayContaining(["mmlu-few", "mmlu-five", "pool-95", "no-harm", "intents-in-scope"]),
    );
    expect(Object.values(shipped).every((figure) => typeof figure === "number")).toBe(true);
  }, 60_000);
});
