import type { Provider } from "./provider.ts";

/** Source: lmstudio.ai/docs/app/api/endpoints/openai. */
export const lmstudio: Provider = {
  id: "lmstudio",
  name: "LM Studio",
  endpoints: [{ dialect: "openai-chat", baseUrl: "http://127.0.0.1:1234/v1" }],
  completions: { path: "/completions", infill: "template" },
  auth: { kind: "bearer" },
  keyEnv: ["LMSTUDIO_API_KEY"],
  quirks: { reasoningField: "reasoning_content" },
  models: {},
  isLocal: true,
};
