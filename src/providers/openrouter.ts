import type { Provider } from "./provider.ts";

/** Many models behind one key; it reports its own cost. Source: openrouter.ai/docs/api-reference. */
export const openrouter: Provider = {
  id: "openrouter",
  name: "OpenRouter",
  endpoints: [
    { dialect: "openai-chat", baseUrl: "https://openrouter.ai/api/v1" },
    { dialect: "openai-responses", baseUrl: "https://openrouter.ai/api/v1" },
    { dialect: "anthropic", baseUrl: "https://openrouter.ai/api/v1" },
  ],
  auth: { kind: "bearer" },
  keyEnv: ["OPENROUTER_API_KEY"],
  quirks: { reasoningField: "reasoning" },
  models: {},
  keyUrl: "https://openrouter.ai/keys",
};
