import { matchesPattern } from "../../core/expand.ts";

/** The tokens with which one family of code models is asked to fill in the middle. */
export interface InfillFamily {
  readonly name: string;
  /** Patterns of model names, lower case, after the last slash. */
  readonly models: readonly string[];
  /** What every prompt of this family holds: a prompt that has it was written for the bare model. */
  readonly mark: string;
  /** The prompt that makes the model write what stands between the two texts. */
  write(before: string, after: string): string;
  /** Tokens at which the middle is over, where the server does not stop by itself. */
  readonly stop: readonly string[];
}

/** Sources: the model cards of each family (Qwen2.5-Coder, DeepSeek-Coder, Code Llama, CodeGemma, StarCoder, Codestral). */
const FAMILIES: readonly InfillFamily[] = [
  {
    name: "qwen2.5-coder",
    models: ["qwen*coder*", "codeqwen*"],
    mark: "<|fim_prefix|>",
    write: (before, after) => `<|fim_prefix|>${before}<|fim_suffix|>${after}<|fim_middle|>`,
    stop: ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|endoftext|>"],
  },
  {
    name: "deepseek-coder",
    models: ["deepseek-coder*"],
    mark: "<｜fim▁begin｜>",
    write: (before, after) => `<｜fim▁begin｜>${before}<｜fim▁hole｜>${after}<｜fim▁end｜>`,
    stop: ["<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", "<｜end▁of▁sentence｜>"],
  },
  {
    name: "codellama",
    models: ["codellama*", "code-llama*"],
    mark: "<PRE>",
    write: (before, after) => `<PRE> ${before} <SUF>${after} <MID>`,
    stop: ["<PRE>", "<SUF>", "<MID>", "<EOT>"],
  },
  {
    name: "codegemma",
    models: ["codegemma*"],
    mark: "<|fim_prefix|>",
    write: (before, after) => `<|fim_prefix|>${before}<|fim_suffix|>${after}<|fim_middle|>`,
    stop: ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_separator|>"],
  },
  {
    name: "starcoder",
    models: ["starcoder*", "stable-code*", "granite*code*"],
    mark: "<fim_prefix>",
    write: (before, after) => `<fim_prefix>${before}<fim_suffix>${after}<fim_middle>`,
    stop: ["<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<|endoftext|>"],
  },
  {
    name: "codestral",
    models: ["codestral*"],
    mark: "[PREFIX]",
    write: (before, after) => `[SUFFIX]${after}[PREFIX]${before}`,
    stop: ["[PREFIX]", "[SUFFIX]", "</s>"],
  },
];

/** Names of the families that can, for messages. */
export const INFILL_NAMES: readonly string[] = FAMILIES.map((family) => family.name);

/** The family a model belongs to, by its name at any server (`Qwen/Qwen2.5-Coder-7B`, `starcoder2:3b`); null for all others. */
export function infillFamilyOf(model: string): InfillFamily | null {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  return FAMILIES.find((family) => family.models.some((pattern) => matchesPattern(name, pattern))) ?? null;
}

/** Whether a prompt was written in the tokens of some family: then it must reach the model as it is, without a chat template. */
export function isInfillPrompt(prompt: string): boolean {
  return FAMILIES.some(({ mark }) => prompt.includes(mark));
}
