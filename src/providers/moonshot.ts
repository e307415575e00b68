import type { Provider } from "./provider.ts";

/** Kimi. Source: platform.moonshot.ai/docs/api/chat. */
export const moonshot: Provider = {
  id: "moonshot",
  name: "Moonshot AI",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://api.moonshot.ai/v1" }],
  auth: { kind: "bearer" },
  keyEnv: ["MOONSHOT_API_KEY"],
  quirks: { reasoningField: "reasoning_content" },
  models: { strong: "kimi-k3", cheap: "kimi-k2.6" },
  priceId: "moonshotai",
  keyUrl: "https://platform.moonshot.ai/console/api-keys",
};
