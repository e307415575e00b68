import type { Provider } from "./provider.ts";

/** Strict about fields that it does not know. Source: docs.mistral.ai/api. */
export const mistral: Provider = {
  id: "mistral",
  name: "Mistral",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://api.mistral.ai/v1" }],
  completions: { path: "/fim/completions", models: ["codestral*"], infill: "fim" },
  auth: { kind: "bearer" },
  keyEnv: ["MISTRAL_API_KEY"],
  quirks: {
    // Unknown fields are a 422 there; the last chunk of a stream carries the usage without being asked.
    streamUsageFlag: false,
    toolIds: "alphanumeric-9",
    refusedFields: ["logit_bias", "logprobs", "top_logprobs", "seed", "service_tier", "store", "user"],
  },
  models: { strong: "mistral-medium-latest", cheap: "mistral-small-latest" },
  keyUrl: "https://console.mistral.ai/api-keys",
};
