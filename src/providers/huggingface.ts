import type { Provider } from "./provider.ts";

/** The router over many inference providers. Source: huggingface.co/docs/inference-providers. */
export const huggingface: Provider = {
  id: "huggingface",
  name: "Hugging Face",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://router.huggingface.co/v1" }],
  auth: { kind: "bearer" },
  keyEnv: ["HF_TOKEN", "HUGGINGFACE_API_KEY"],
  quirks: { reasoningField: "reasoning_content" },
  models: {},
  keyUrl: "https://huggingface.co/settings/tokens",
};
