import type { Provider } from "./provider.ts";

/** Source: docs.together.ai/docs/openai-api-compatibility. */
export const together: Provider = {
  id: "together",
  name: "Together AI",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://api.together.xyz/v1" }],
  completions: { path: "/completions", infill: "template" },
  auth: { kind: "bearer" },
  keyEnv: ["TOGETHER_API_KEY"],
  quirks: { reasoningField: "reasoning" },
  models: {},
  keyUrl: "https://api.together.ai/settings/api-keys",
};
