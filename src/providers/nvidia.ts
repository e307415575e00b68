import type { Provider } from "./provider.ts";

/** NIM. Source: docs.api.nvidia.com/nim. */
export const nvidia: Provider = {
  id: "nvidia",
  name: "NVIDIA",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://integrate.api.nvidia.com/v1" }],
  auth: { kind: "bearer" },
  keyEnv: ["NVIDIA_API_KEY"],
  quirks: { reasoningField: "reasoning_content" },
  models: {},
  keyUrl: "https://build.nvidia.com/settings/api-keys",
};
