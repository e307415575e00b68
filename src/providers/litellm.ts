import type { Provider } from "./provider.ts";

/**
 * Whatever it serves behind it may cost money, so it does not count as local. Its `/health` sends a real completion to every
 * deployment, so that one is never asked. Source: docs.litellm.ai/docs/proxy and docs.litellm.ai/docs/proxy/health.
 */
export const litellm: Provider = {
  id: "litellm",
  name: "LiteLLM proxy",
  endpoints: [{ dialect: "openai-chat", baseUrl: "http://127.0.0.1:4000" }],
  auth: { kind: "bearer" },
  keyEnv: ["LITELLM_API_KEY", "LITELLM_PROXY_API_KEY"],
  baseUrlEnv: ["LITELLM_PROXY_API_BASE"],
  quirks: { reasoningField: "reasoning_content" },
  models: {},
  probes: ["/health/liveliness", "/health/readiness"],
};
