import type { Provider } from "./provider.ts";

/** Wants a token with the `models` scope. Source: docs.github.com/en/rest/models/inference. */
export const github: Provider = {
  id: "github",
  name: "GitHub Models",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://models.github.ai/inference" }],
  auth: { kind: "bearer" },
  keyEnv: ["GITHUB_MODELS_TOKEN", "GITHUB_TOKEN"],
  models: {},
  priceId: "github-models",
  keyUrl: "https://github.com/settings/tokens",
};
