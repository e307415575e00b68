import type { Provider } from "./provider.ts";

/** Prices by time of day. Source: api-docs.deepseek.com, also for the Messages endpoint (bearer and `x-api-key` are both taken there). */
export const deepseek: Provider = {
  id: "deepseek",
  name: "DeepSeek",
  endpoints: [
    { dialect: "openai-chat", baseUrl: "https://api.deepseek.com" },
    { dialect: "anthropic", baseUrl: "https://api.deepseek.com/anthropic/v1" },
  ],
  completions: { path: "/beta/completions", infill: "suffix" },
  auth: { kind: "bearer" },
  keyEnv: ["DEEPSEEK_API_KEY"],
  headers: { "anthropic-version": "2023-06-01" },
  quirks: { reasoningField: "reasoning_content", jsonSchema: false },
  models: { strong: "deepseek-v4-pro", cheap: "deepseek-v4-flash" },
  keyUrl: "https://platform.deepseek.com/api_keys",
};
