import type { Provider } from "./provider.ts";

/** Source: docs.fireworks.ai/tools-sdks/openai-compatibility. */
export const fireworks: Provider = {
  id: "fireworks",
  name: "Fireworks AI",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://api.fireworks.ai/inference/v1" }],
  completions: { path: "/completions", infill: "template" },
  auth: { kind: "bearer" },
  keyEnv: ["FIREWORKS_API_KEY"],
  quirks: { reasoningField: "reasoning_content" },
  models: {},
  keyUrl: "https://app.fireworks.ai/settings/users/api-keys",
};
