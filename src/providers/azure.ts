import type { Provider } from "./provider.ts";

/** A resource of the user's own; `model` is the name of a deployment. Source: learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle. */
export const azure: Provider = {
  id: "azure",
  name: "Azure OpenAI",
  endpoints: [
    { dialect: "openai-chat", baseUrl: "https://resource.openai.azure.com/openai/v1" },
    { dialect: "openai-responses", baseUrl: "https://resource.openai.azure.com/openai/v1" },
  ],
  auth: { kind: "header", header: "api-key" },
  keyEnv: ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"],
  baseUrlEnv: ["AZURE_OPENAI_ENDPOINT"],
  ownAddress: { path: "/openai/v1" },
  quirks: { maxTokensField: "max_completion_tokens", developerRole: true },
  models: {},
  keyUrl: "https://ai.azure.com",
};
