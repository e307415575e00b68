import type { Provider } from "./provider.ts";

/** The refused fields are a 400 there. Source: inference-docs.cerebras.ai/resources/openai. */
export const cerebras: Provider = {
  id: "cerebras",
  name: "Cerebras",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://api.cerebras.ai/v1" }],
  auth: { kind: "bearer" },
  keyEnv: ["CEREBRAS_API_KEY"],
  quirks: {
    reasoningField: "reasoning",
    refusedFields: ["frequency_penalty", "logit_bias", "presence_penalty"],
  },
  models: { strong: "zai-glm-4.7", cheap: "gpt-oss-120b" },
  keyUrl: "https://cloud.cerebras.ai",
};
