import type { Provider } from "./provider.ts";

/** Source: tools/server/README.md of llama.cpp. */
export const llamacpp: Provider = {
  id: "llamacpp",
  name: "llama.cpp server",
  endpoints: [{ dialect: "openai-chat", baseUrl: "http://127.0.0.1:8080/v1" }],
  completions: { path: "/completions", infill: "template" },
  auth: { kind: "bearer" },
  keyEnv: ["LLAMA_API_KEY"],
  quirks: { reasoningField: "reasoning_content" },
  models: {},
  isLocal: true,
};
