import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type InstalledModel, rankLocalModels } from "../../src/core/local-choice.ts";

function model(name: string, gigabytes: number, capabilities: readonly string[] | null = null): InstalledModel {
  return { name, sizeBytes: gigabytes * 1_000_000_000, capabilities, contextTokens: null, family: null };
}

function ranked(...models: readonly InstalledModel[]): readonly string[] {
  return rankLocalModels(models).map((one) => one.name);
}

describe("the local models, best first", () => {
  test("the largest that fits a small card comes first, those that do not fit come by how little they do not", () => {
    expect(ranked(model("huge", 40), model("small", 0.4), model("big", 8), model("fits", 3))).toEqual([
      "fits",
      "big",
      "small",
      "huge",
    ]);
  });

  test("a code model is preferred to a somewhat larger one", () => {
    expect(ranked(model("llama3.2:3b", 2), model("qwen2.5-coder:1.5b", 1))).toEqual([
      "qwen2.5-coder:1.5b",
      "llama3.2:3b",
    ]);
  });

  test("models that cannot chat, or are not free, are left out", () => {
    expect(
      ranked(
        model("nomic-embed-text", 0.3),
        model("bge-m3", 1),
        model("qwen3-coder:480b-cloud", 0),
        model("gpt-oss:cloud", 0),
        model("looks-like-embed", 1, ["completion"]),
        model("silent", 1, ["embedding"]),
      ),
    ).toEqual(["looks-like-embed"]);
  });

  test("equals are in the order of their names, whatever order they came in", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(["a", "b", "c", "d"], { minLength: 4 }), (names) => {
        expect(ranked(...names.map((name) => model(name, 2)))).toEqual(["a", "b", "c", "d"]);
      }),
    );
  });

  test("a model of unknown size is still a model", () => {
    expect(ranked(model("nosize", 0))).toEqual(["nosize"]);
  });
});
