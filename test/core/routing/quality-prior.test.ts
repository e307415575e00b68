import { describe, expect, test } from "bun:test";
import { type ModelTraits, type PublishedFigure, plainName, priorOf } from "../../../src/core/routing/quality-prior.ts";
import { parametersOfName } from "../../../src/core/routing/quality-size.ts";

const local = (model: string, parametersBillions: number | null): ModelTraits => ({
  model,
  isLocal: true,
  parametersBillions,
  outputUsdPerMillion: 0,
});
const paid = (model: string, outputUsdPerMillion: number | null): ModelTraits => ({
  model,
  isLocal: false,
  parametersBillions: null,
  outputUsdPerMillion,
});

const FIGURE: PublishedFigure = {
  names: ["qwen2.5-coder-7b"],
  taskClasses: ["code_generation"],
  metric: "some tasks, solved",
  value: 0.579,
  n: 133,
  source: "https://example.org/board",
  date: "2024-10-16",
};

describe("the prior of a model", () => {
  test("is a published figure with where and when, for its own class alone", () => {
    const qwen = local("qwen2.5-coder:7b-instruct-q4_K_M", 7.6);
    expect(priorOf(qwen, "code_generation", [FIGURE])).toEqual({
      mean: 0.579,
      weight: 6,
      source: "https://example.org/board (2024-10-16)",
      basis: "some tasks, solved, n = 133",
    });
    expect(priorOf(qwen, "bug_fix", [FIGURE]).source).toBeNull();
  });

  test("of few tasks counts no more than they are, and is never a certainty", () => {
    const few = { ...FIGURE, n: 3, value: 1 };
    expect(priorOf(local("qwen2.5-coder:7b", 7.6), "code_generation", [few])).toMatchObject({ mean: 0.98, weight: 3 });
  });

  test("never falls with the size of a local model, nor with the price of a paid one", () => {
    const means = (models: readonly ModelTraits[]) => models.map((one) => priorOf(one, "general", []).mean);
    const bySize = means([0.5, 3, 7, 14, 32, 70, 400].map((billions) => local("x", billions)));
    const byPrice = means([0.1, 0.6, 2, 10, 15, 75].map((usd) => paid("x", usd)));
    for (const list of [bySize, byPrice]) expect(list).toEqual(list.toSorted((a, b) => a - b));
  });

  test.each([
    [local("x", 3.9), "local, below 4 B parameters"],
    [local("x", 4), "local, 4 to 10 B parameters"],
    [local("x", 120), "local, 60 B parameters or more"],
    [local("x", null), "local, of unknown size"],
    [paid("x", 0.4), "paid, below 1 USD per million output tokens"],
    [paid("x", 15), "paid, 15 USD or more per million output tokens"],
    [paid("x", null), "of unknown price"],
  ])("of %p is a guess that says so", (model, basis) => {
    expect(priorOf(model, "general", [FIGURE])).toMatchObject({ weight: 2, source: null, basis });
  });
});

test.each([
  ["qwen2.5-coder:7b", "qwen2.5-coder-7b"],
  ["Qwen/Qwen2.5-Coder-7B-Instruct-GGUF", "qwen2.5-coder-7b"],
  ["qwen2.5-coder:7b-instruct-q4_K_M", "qwen2.5-coder-7b"],
  ["gpt-4o-2024-11-20", "gpt-4o"],
  ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5"],
  ["gemini-3-flash-preview", "gemini-3-flash"],
  ["accounts/fireworks/models/llama-v3p1-8b-instruct", "llama-v3p1-8b"],
  ["gemma-2-27b-it", "gemma-2-27b"],
  ["gpt-5.2-codex", "gpt-5.2-codex"],
])("%s is plainly %s", (model, plain) => {
  expect(plainName(model)).toBe(plain);
});

test.each([
  ["qwen2.5-coder:7b", 7],
  ["Llama-3.1-70B-Instruct", 70],
  ["qwen2.5:0.5b", 0.5],
  ["smollm:360m", 0.36],
  ["mixtral:8x7b", 56],
  ["qwen3:30b-a3b", 30],
  ["gemma3n:e4b", 4],
  ["gpt-oss:20b", 20],
  ["mistral-small", null],
  ["gpt-4o", null],
  ["claude-3-5-sonnet-20241022", null],
  ["phi3:3.8b-mini-128k", 3.8],
  ["yarn-llama2:128k", null],
])("the name %s tells a size of %p billion", (name, billions) => {
  expect(parametersOfName(name)).toBe(billions);
});
