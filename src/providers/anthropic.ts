import type { Provider } from "./provider.ts";

/** Requires `anthropic-version` in every call. Source: docs.anthropic.com/en/api/versioning. */
export const anthropic: Provider = {
  id: "anthropic",
  name: "Anthropic",
  endpoints: [{ dialect: "anthropic", baseUrl: "https://api.anthropic.com/v1" }],
  auth: { kind: "header", header: "x-api-key" },
  keyEnv: ["ANTHROPIC_API_KEY"],
  headers: { "anthropic-version": "2023-06-01" },
  countsTokens: true,
  models: { strong: "claude-opus-5", cheap: "claude-haiku-4-5" },
  keyUrl: "https://console.anthropic.com/settings/keys",
};
