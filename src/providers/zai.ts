import type { Provider } from "./provider.ts";

/** GLM. Source: docs.z.ai/api-reference. */
export const zai: Provider = {
  id: "zai",
  name: "Z.ai",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://api.z.ai/api/paas/v4" }],
  auth: { kind: "bearer" },
  keyEnv: ["ZHIPU_API_KEY", "ZAI_API_KEY"],
  quirks: { reasoningField: "reasoning_content", jsonSchema: false },
  models: { strong: "glm-5.2", cheap: "glm-4.7-flash" },
  keyUrl: "https://z.ai/manage-apikey/apikey-list",
};
