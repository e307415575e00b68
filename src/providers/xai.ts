import type { Provider } from "./provider.ts";

/** Source: docs.x.ai/docs/api-reference, and its guide to reasoning for what is refused. */
export const xai: Provider = {
  id: "xai",
  name: "xAI",
  endpoints: [
    { dialect: "openai-chat", baseUrl: "https://api.x.ai/v1" },
    { dialect: "openai-responses", baseUrl: "https://api.x.ai/v1" },
  ],
  auth: { kind: "bearer" },
  keyEnv: ["XAI_API_KEY"],
  quirks: {
    reasoningField: "reasoning_content",
    // Refused by reasoning models, which all of its newer ones are.
    refusedFields: ["presence_penalty", "frequency_penalty", "stop"],
  },
  models: { strong: "grok-4.5", cheap: "grok-build-0.1" },
  priceId: "x-ai",
  keyUrl: "https://console.x.ai",
};
