import type { Provider } from "./provider.ts";

/** Its compatibility API. Source: docs.cohere.com/docs/compatibility-api. */
export const cohere: Provider = {
  id: "cohere",
  name: "Cohere",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://api.cohere.ai/compatibility/v1" }],
  auth: { kind: "bearer" },
  keyEnv: ["COHERE_API_KEY", "CO_API_KEY"],
  quirks: { refusedFields: ["store", "logit_bias", "top_logprobs", "n", "service_tier", "parallel_tool_calls"] },
  models: { strong: "command-a-03-2025", cheap: "command-r7b-12-2024" },
  keyUrl: "https://dashboard.cohere.com/api-keys",
};
