import type { Provider } from "./provider.ts";

/** The local engine, spoken to in its own dialect. Source: docs.ollama.com/api. */
export const ollama: Provider = {
  id: "ollama",
  name: "Ollama",
  endpoints: [
    { dialect: "ollama", baseUrl: "http://127.0.0.1:11434" },
    { dialect: "openai-chat", baseUrl: "http://127.0.0.1:11434/v1" },
  ],
  auth: { kind: "none" },
  keyEnv: [],
  baseUrlEnv: ["OLLAMA_HOST"],
  models: {},
  probes: ["/api/tags", "/api/ps"],
  isLocal: true,
};
