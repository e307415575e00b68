import type { Provider } from "./provider.ts";

/** Gemini. The chat endpoint wants the key as a bearer token. Source: ai.google.dev/gemini-api/docs/openai. */
export const google: Provider = {
  id: "google",
  name: "Google",
  endpoints: [
    { dialect: "gemini", baseUrl: "https://generativelanguage.googleapis.com/v1beta" },
    {
      dialect: "openai-chat",
      baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
      auth: { kind: "bearer" },
    },
  ],
  auth: { kind: "header", header: "x-goog-api-key" },
  keyEnv: ["GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "GOOGLE_API_KEY"],
  baseUrlEnv: ["LODESTAR_GEMINI_BASE_URL"],
  quirks: {
    // Unknown names are a 400 there.
    refusedFields: ["frequency_penalty", "presence_penalty", "seed", "logit_bias", "store", "prompt_cache_key"],
  },
  models: { strong: "gemini-3.1-pro-preview", cheap: "gemini-3.1-flash-lite" },
  keyUrl: "https://aistudio.google.com/apikey",
};
