import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { INFILL_NAMES, infillFamilyOf, isInfillPrompt } from "../../../src/dialects/completions/infill.ts";

/** Source: the model card of each family. */
const CASES: readonly (readonly [model: string, family: string, prompt: string])[] = [
  ["qwen2.5-coder:1.5b-base", "qwen2.5-coder", "<|fim_prefix|>A<|fim_suffix|>B<|fim_middle|>"],
  ["Qwen/Qwen2.5-Coder-32B-Instruct", "qwen2.5-coder", "<|fim_prefix|>A<|fim_suffix|>B<|fim_middle|>"],
  ["qwen3-coder:30b", "qwen2.5-coder", "<|fim_prefix|>A<|fim_suffix|>B<|fim_middle|>"],
  ["deepseek-coder:1.3b", "deepseek-coder", "<｜fim▁begin｜>A<｜fim▁hole｜>B<｜fim▁end｜>"],
  ["deepseek-ai/DeepSeek-Coder-V2-Lite-Base", "deepseek-coder", "<｜fim▁begin｜>A<｜fim▁hole｜>B<｜fim▁end｜>"],
  ["codellama:7b-code", "codellama", "<PRE> A <SUF>B <MID>"],
  ["CodeLlama-13b-hf", "codellama", "<PRE> A <SUF>B <MID>"],
  ["codegemma:2b", "codegemma", "<|fim_prefix|>A<|fim_suffix|>B<|fim_middle|>"],
  ["bigcode/starcoder2-3b", "starcoder", "<fim_prefix>A<fim_suffix>B<fim_middle>"],
  ["granite-code:3b", "starcoder", "<fim_prefix>A<fim_suffix>B<fim_middle>"],
  ["codestral:22b", "codestral", "[SUFFIX]B[PREFIX]A"],
];

describe("the tokens for filling in the middle", () => {
  test.each(CASES)("of %s are those of %s", (model, name, prompt) => {
    const family = infillFamilyOf(model);
    expect(family?.name).toBe(name);
    expect(family?.write("A", "B")).toBe(prompt);
  });

  test("are there for every family that messages name", () => {
    expect(new Set(CASES.map(([, name]) => name))).toEqual(new Set(INFILL_NAMES));
  });

  test.each(["gpt-4o", "llama3.2:1b", "qwen3:8b", "deepseek-r1:7b", "mistral-large", "gemma3:4b", ""])(
    "are nobody's business for %p, which only chats",
    (model) => {
      expect(infillFamilyOf(model)).toBeNull();
    },
  );

  test("hold both texts whole, stop where the next part would begin, and are known again in a prompt", () => {
    const texts = fc.string({ unit: fc.constantFrom("a", "\n", " ", "{", "é", "字") });
    fc.assert(
      fc.property(fc.constantFrom(...CASES), texts, texts, ([model], before, after) => {
        const family = infillFamilyOf(model);
        const prompt = family?.write(before, after) ?? "";
        expect(prompt).toContain(before);
        expect(prompt).toContain(after);
        expect(isInfillPrompt(prompt)).toBe(true);
        expect(isInfillPrompt(before + after)).toBe(false);
        expect(family?.stop.length).toBeGreaterThan(1);
      }),
    );
  });
});
