import type { Blueprint } from "../../core/memory-plan/blueprint.ts";

/** What a model is good for, as the catalogue sorts it. */
export const LOCAL_TASKS = ["complete", "chat", "code", "tools", "tiny"] as const;

/** One of {@link LOCAL_TASKS}. */
export type LocalTask = (typeof LOCAL_TASKS)[number];

/** A model that can be pulled by name. What fits where is reckoned from its dimensions, never written down. */
export interface CatalogueModel {
  /** As `ollama pull` takes it. */
  readonly name: string;
  readonly family: string;
  /** As people write it. */
  readonly parameters: string;
  readonly licence: string;
  /** The format of its prompts. */
  readonly template: "chatml" | "llama3" | "llama2" | "mistral" | "gemma" | "deepseek" | "none";
  readonly tasks: readonly LocalTask[];
  /** A line for people. */
  readonly strengths: string;
  readonly blueprint: Blueprint;
}

/** The day on which the rows were last held against the models' own `config.json` and cards. */
export const CATALOGUE_DATE = "2026-11-22";

type Dimensions = readonly [
  layers: number,
  embedding: number,
  feedForward: number,
  heads: number,
  kvHeads: number,
  headLength: number,
  vocabulary: number,
  contextTokens: number,
];

type Rest = Pick<Blueprint, "architecture" | "isTied"> &
  Partial<Pick<Blueprint, "quantization" | "window" | "visionBytes" | "isStoredTwice">>;

function blueprint(dimensions: Dimensions, rest: Rest): Blueprint {
  const [layers, embedding, feedForward, heads, kvHeads, headLength, vocabulary, contextTokens] = dimensions;
  const sizes = { layers, embedding, feedForward, heads, kvHeads, headLength, vocabulary, contextTokens };
  return { quantization: "Q4_K_M", ...sizes, ...rest };
}

const QWEN2 = { architecture: "qwen2", isTied: true } as const;
const QWEN3 = { architecture: "qwen3", isTied: true } as const;
const LLAMA = { architecture: "llama", isTied: false } as const;
const OLD_QUANT = { ...LLAMA, quantization: "Q4_0" } as const;

const QWEN_CODER = { family: "Qwen2.5-Coder", template: "chatml" } as const;
const DEEPSEEK_CODER = { family: "DeepSeek-Coder", template: "deepseek", licence: "DeepSeek model licence" } as const;
const LLAMA_3 = { family: "Llama 3", template: "llama3" } as const;
const GEMMA_3 = { family: "Gemma 3", template: "gemma", licence: "Gemma terms" } as const;
const QWEN_3 = { family: "Qwen3", template: "chatml", licence: "Apache-2.0" } as const;

/**
 * The models that are known without being on this machine. Source of the dimensions: each model's `config.json`; of the
 * quantization: what its plain tag in Ollama's library holds; of the licences: its card.
 */
export const CATALOGUE: readonly CatalogueModel[] = [
  {
    ...QWEN_CODER,
    name: "qwen2.5-coder:0.5b",
    parameters: "0.5B",
    licence: "Apache-2.0",
    tasks: ["complete", "tiny"],
    strengths: "completion as you type, beside a larger model",
    blueprint: blueprint([24, 896, 4_864, 14, 2, 64, 151_936, 32_768], QWEN2),
  },
  {
    ...QWEN_CODER,
    name: "qwen2.5-coder:1.5b",
    parameters: "1.5B",
    licence: "Apache-2.0",
    tasks: ["complete", "code", "tools"],
    strengths: "the best completion for its size; small edits",
    blueprint: blueprint([28, 1_536, 8_960, 12, 2, 128, 151_936, 32_768], QWEN2),
  },
  {
    ...QWEN_CODER,
    name: "qwen2.5-coder:3b",
    parameters: "3B",
    licence: "Qwen Research (not for commercial use)",
    tasks: ["complete", "code", "chat", "tools"],
    strengths: "edits and questions about code on a 4 GB card",
    blueprint: blueprint([36, 2_048, 11_008, 16, 2, 128, 151_936, 32_768], QWEN2),
  },
  {
    ...QWEN_CODER,
    name: "qwen2.5-coder:7b",
    parameters: "7B",
    licence: "Apache-2.0",
    tasks: ["complete", "code", "chat", "tools"],
    strengths: "code of real size; wants an 8 GB card",
    blueprint: blueprint([28, 3_584, 18_944, 28, 4, 128, 152_064, 32_768], { ...QWEN2, isTied: false }),
  },
  {
    ...QWEN_3,
    name: "qwen3:0.6b",
    parameters: "0.6B",
    tasks: ["chat", "tools", "tiny"],
    strengths: "thinking and tools at the smallest size",
    blueprint: blueprint([28, 1_024, 3_072, 16, 8, 128, 151_936, 40_960], { ...QWEN3, isStoredTwice: true }),
  },
  {
    ...QWEN_3,
    name: "qwen3:1.7b",
    parameters: "1.7B",
    tasks: ["chat", "tools"],
    strengths: "thinking and tools with room for context",
    blueprint: blueprint([28, 2_048, 6_144, 16, 8, 128, 151_936, 40_960], { ...QWEN3, isStoredTwice: true }),
  },
  {
    ...QWEN_3,
    name: "qwen3:4b",
    parameters: "4B",
    tasks: ["chat", "code", "tools"],
    strengths: "reasoning and tool calls; a wide cache",
    blueprint: blueprint([36, 2_560, 9_728, 32, 8, 128, 151_936, 262_144], QWEN3),
  },
  {
    ...DEEPSEEK_CODER,
    name: "deepseek-coder:1.3b",
    parameters: "1.3B",
    tasks: ["complete", "code"],
    strengths: "completion; its cache is wide (every head has its own)",
    blueprint: blueprint([24, 2_048, 5_504, 16, 16, 128, 32_256, 16_384], OLD_QUANT),
  },
  {
    ...DEEPSEEK_CODER,
    name: "deepseek-coder:6.7b",
    parameters: "6.7B",
    tasks: ["complete", "code", "chat"],
    strengths: "code; its cache is very wide (every head has its own)",
    blueprint: blueprint([32, 4_096, 11_008, 32, 32, 128, 32_256, 16_384], OLD_QUANT),
  },
  {
    name: "codellama:7b",
    family: "CodeLlama",
    template: "llama2",
    parameters: "7B",
    licence: "Llama 2",
    tasks: ["complete", "code"],
    strengths: "completion; its cache is very wide (every head has its own)",
    blueprint: blueprint([32, 4_096, 11_008, 32, 32, 128, 32_016, 16_384], OLD_QUANT),
  },
  {
    name: "mistral:7b",
    family: "Mistral",
    template: "mistral",
    parameters: "7B",
    licence: "Apache-2.0",
    tasks: ["chat", "tools"],
    strengths: "conversation and tools; wants an 8 GB card",
    blueprint: blueprint([32, 4_096, 14_336, 32, 8, 128, 32_768, 32_768], LLAMA),
  },
  {
    ...LLAMA_3,
    name: "llama3.2:1b",
    parameters: "1B",
    licence: "Llama 3.2",
    tasks: ["chat", "tiny"],
    strengths: "summaries and rewriting, long context",
    blueprint: blueprint([16, 2_048, 8_192, 32, 8, 64, 128_256, 131_072], {
      ...LLAMA,
      isTied: true,
      quantization: "Q8_0",
    }),
  },
  {
    ...LLAMA_3,
    name: "llama3.2:3b",
    parameters: "3B",
    licence: "Llama 3.2",
    tasks: ["chat", "tools"],
    strengths: "conversation, summaries, simple tools",
    blueprint: blueprint([28, 3_072, 8_192, 24, 8, 128, 128_256, 131_072], { ...LLAMA, isTied: true }),
  },
  {
    ...LLAMA_3,
    name: "llama3.1:8b",
    parameters: "8B",
    licence: "Llama 3.1",
    tasks: ["chat", "code", "tools"],
    strengths: "conversation and tools; wants an 8 GB card",
    blueprint: blueprint([32, 4_096, 14_336, 32, 8, 128, 128_256, 131_072], LLAMA),
  },
  {
    ...GEMMA_3,
    name: "gemma3:270m",
    parameters: "0.27B",
    tasks: ["tiny"],
    strengths: "classification and extraction, once tuned",
    blueprint: blueprint([18, 640, 2_048, 4, 1, 256, 262_144, 32_768], {
      architecture: "gemma3",
      isTied: true,
      quantization: "Q8_0",
      window: { tokens: 512, globalEvery: 6 },
    }),
  },
  {
    ...GEMMA_3,
    name: "gemma3:1b",
    parameters: "1B",
    tasks: ["chat", "tiny"],
    strengths: "conversation; a very small cache (sliding window)",
    blueprint: blueprint([26, 1_152, 6_912, 4, 1, 256, 262_144, 32_768], {
      architecture: "gemma3",
      isTied: true,
      window: { tokens: 512, globalEvery: 6 },
    }),
  },
  {
    ...GEMMA_3,
    name: "gemma3:4b",
    parameters: "4B",
    tasks: ["chat"],
    strengths: "conversation and images; a small cache (sliding window)",
    blueprint: blueprint([34, 2_560, 10_240, 8, 4, 256, 262_144, 131_072], {
      architecture: "gemma3",
      isTied: true,
      window: { tokens: 1_024, globalEvery: 6 },
      visionBytes: 851_000_000,
    }),
  },
  {
    name: "gemma2:2b",
    family: "Gemma 2",
    template: "gemma",
    parameters: "2.6B",
    licence: "Gemma terms",
    tasks: ["chat"],
    strengths: "conversation; context ends at 8k",
    blueprint: blueprint([26, 2_304, 9_216, 8, 4, 256, 256_000, 8_192], {
      architecture: "gemma2",
      isTied: true,
      quantization: "Q4_0",
      window: { tokens: 4_096, globalEvery: 2 },
    }),
  },
  {
    name: "codegemma:2b",
    family: "CodeGemma",
    template: "none",
    parameters: "2.5B",
    licence: "Gemma terms",
    tasks: ["complete"],
    strengths: "completion only; one head of keys, so a very small cache",
    blueprint: blueprint([18, 2_048, 16_384, 8, 1, 256, 256_000, 8_192], {
      architecture: "gemma",
      isTied: true,
      quantization: "Q4_0",
    }),
  },
];
