import type { Provider } from "./provider.ts";

/** Its reasoning models refuse `max_tokens`; `max_completion_tokens` is right for all. Source: platform.openai.com/docs/api-reference/chat. */
export const openai: Provider = {
  id: "openai",
  name: "OpenAI",
  endpoints: [
    { dialect: "openai-chat", baseUrl: "https://api.openai.com/v1" },
    { dialect: "openai-responses", baseUrl: "https://api.openai.com/v1" },
  ],
  completions: { path: "/completions", models: ["*-instruct*", "davinci-002", "babbage-002"], infill: "suffix" },
  auth: { kind: "bearer" },
  keyEnv: ["OPENAI_API_KEY"],
  quirks: { maxTokensField: "max_completion_tokens", developerRole: true },
  models: { strong: "gpt-5.6", cheap: "gpt-5.4-nano" },
  keyUrl: "https://platform.openai.com/api-keys",
};
