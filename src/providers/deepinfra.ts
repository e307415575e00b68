import type { Provider } from "./provider.ts";

/** Source: deepinfra.com/docs/openai_api. */
export const deepinfra: Provider = {
  id: "deepinfra",
  name: "DeepInfra",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://api.deepinfra.com/v1/openai" }],
  auth: { kind: "bearer" },
  keyEnv: ["DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN"],
  quirks: { reasoningField: "reasoning_content" },
  models: {},
  keyUrl: "https://deepinfra.com/dash/api_keys",
};
