import type { Provider } from "./provider.ts";

/** The refused fields are a 400 there. Source: console.groq.com/docs/openai. */
export const groq: Provider = {
  id: "groq",
  name: "Groq",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://api.groq.com/openai/v1" }],
  auth: { kind: "bearer" },
  keyEnv: ["GROQ_API_KEY"],
  quirks: { reasoningField: "reasoning", refusedFields: ["logprobs", "logit_bias", "top_logprobs", "n"] },
  models: { strong: "openai/gpt-oss-120b", cheap: "llama-3.1-8b-instant" },
  keyUrl: "https://console.groq.com/keys",
};
