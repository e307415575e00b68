import type { Provider } from "./provider.ts";

/** Source: docs.vllm.ai/en/latest/serving/openai_compatible_server.html. */
export const vllm: Provider = {
  id: "vllm",
  name: "vLLM",
  endpoints: [{ dialect: "openai-chat", baseUrl: "http://127.0.0.1:8000/v1" }],
  completions: { path: "/completions", infill: "template" },
  auth: { kind: "bearer" },
  keyEnv: ["VLLM_API_KEY"],
  quirks: { reasoningField: "reasoning" },
  models: {},
  isLocal: true,
};
