import type { Provider } from "./provider.ts";

/** Usage stands in every chunk without being asked. Source: docs.perplexity.ai/guides/chat-completions-guide. */
export const perplexity: Provider = {
  id: "perplexity",
  name: "Perplexity",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://api.perplexity.ai" }],
  auth: { kind: "bearer" },
  keyEnv: ["PERPLEXITY_API_KEY"],
  quirks: { streamUsageFlag: false },
  models: { strong: "sonar-pro", cheap: "sonar" },
  keyUrl: "https://www.perplexity.ai/account/api/keys",
};
