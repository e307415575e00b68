import type { Flags } from "../command.ts";

/** The model that a command is about. */
export const modelFlag = {
  model: { type: "positional", required: true, valueHint: "MODEL", description: "its name, as qwen2.5-coder:1.5b" },
} as const satisfies Flags;

/** The engine that it lies at. */
export const providerFlag = {
  provider: { type: "string", valueHint: "ID", description: "which Ollama, where several are configured" },
} as const satisfies Flags;
