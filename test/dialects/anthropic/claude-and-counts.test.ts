import { describe, expect, test } from "bun:test";
import { claudeVersion, traitsOf } from "../../../src/dialects/anthropic/claude.ts";
import { tokenCount } from "../../../src/dialects/anthropic/count-tokens.ts";

describe("the version in a model's name", () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["claude-opus-5", 5],
    ["claude-sonnet-4-5-20250929", 4.05],
    ["claude-haiku-4-5", 4.05],
    ["claude-sonnet-4-20250514", 4],
    ["claude-opus-4-10", 4.1],
    ["anthropic.claude-opus-4-8-v1:0", 4.08],
    ["claude-opus-4.7", 4.07],
    ["claude-3-7-sonnet-20250219", 3.07],
    ["claude-3.5-haiku", 3.05],
    ["claude-3-opus-20240229", 3],
    ["claude-instant-1.2", 1.02],
    ["claude-v2", 2],
    ["claude-mythos-preview", Number.POSITIVE_INFINITY],
    ["MiniMax-M3", undefined],
  ];
  for (const [model, expected] of cases) {
    test(`of ${model} is ${expected}`, () => expect(claudeVersion(model)).toBe(expected as number));
  }

  test("decides what the model takes", () => {
    expect(traitsOf({ model: "claude-sonnet-4-6" })).toEqual({
      hasJsonSchema: true,
      hasAdaptiveThinking: true,
      hasThinkingBudget: true,
      hasEffort: true,
      hasExtraHighEffort: false,
      hasSampling: true,
      hasBothTemperatureAndTopP: false,
      hasSystemInMessages: false,
    });
    expect(traitsOf({ model: "claude-opus-5" })).toMatchObject({ hasSampling: false, hasThinkingBudget: false });
    expect(traitsOf({ model: "MiniMax-M3" })).toMatchObject({
      hasSampling: true,
      hasThinkingBudget: true,
      hasJsonSchema: false,
    });
  });
});

describe("counting tokens", () => {
  test("has a path below the provider's base", () => expect(tokenCount.path("any")).toBe("/messages/count_tokens"));

  test("reads the count, and takes anything else for garbage", () => {
    expect(tokenCount.decodeReply({ input_tokens: 14 })).toEqual({ ok: true, value: 14 });
    for (const body of [null, {}, { input_tokens: "14" }]) {
      expect(tokenCount.decodeReply(body)).toMatchObject({ ok: false, error: { kind: "garbage" } });
    }
  });

  test("answers in Anthropic's shape", () => expect(tokenCount.encodeReply(14)).toEqual({ input_tokens: 14 }));

  test("asks without the fields that shape the answer, and without their warnings", () => {
    const request = {
      model: "m",
      messages: [{ role: "user", parts: [{ type: "text", text: "hi" }] }],
      temperature: 1.5,
      stream: true,
      seed: 1,
    } as const;
    expect(tokenCount.encodeRequest(request, { provider: "minimax", model: "MiniMax-M3" })).toEqual({
      body: { model: "MiniMax-M3", messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }] },
      warnings: [{ field: "seed", action: "dropped", reason: "not in anthropic" }],
    });
  });
});
