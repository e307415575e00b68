import { describe, expect, test } from "bun:test";
import { type FreeModel, type Needs, substitutesFor } from "../../src/core/substitute.ts";

function model(name: string, more: Partial<FreeModel> = {}): FreeModel {
  return { provider: "ollama", model: name, contextTokens: 32_768, canUseTools: true, canReadImages: true, ...more };
}

const MODELS: readonly FreeModel[] = [
  model("unsure", { contextTokens: null, canUseTools: null, canReadImages: null }),
  model("text", { canUseTools: false, canReadImages: false }),
  model("tools", { canReadImages: false }),
  model("all"),
  model("short", { contextTokens: 4_096 }),
];

describe("who may answer in the place of a paid model", () => {
  const cases: readonly (readonly [title: string, needs: Needs, names: readonly string[]])[] = [
    [
      "anyone, for a little text",
      { tools: false, images: false, tokens: 1_000 },
      ["text", "tools", "all", "short", "unsure"],
    ],
    ["those that can use tools", { tools: true, images: false, tokens: 1_000 }, ["tools", "all", "short", "unsure"]],
    ["those that can see", { tools: false, images: true, tokens: 1_000 }, ["all", "short", "unsure"]],
    ["those that hold it", { tools: true, images: true, tokens: 4_097 }, ["all", "unsure"]],
    ["none that is known to be too short", { tools: true, images: true, tokens: 40_000 }, ["unsure"]],
  ];
  for (const [title, needs, names] of cases) {
    test(`are ${title}, the certain before the unsure`, () => {
      expect(substitutesFor(MODELS, needs).map((found) => found.model)).toEqual([...names]);
    });
  }
});
