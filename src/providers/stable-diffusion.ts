import type { Provider } from "./provider.ts";

/**
 * Stable Diffusion on one's own card: AUTOMATIC1111 (with `--api`) and its relatives, and sd-server of stable-diffusion.cpp.
 * Sources: AUTOMATIC1111's wiki, API; examples/server/api.md of stable-diffusion.cpp.
 */
export const stableDiffusion: Provider = {
  id: "stable-diffusion",
  name: "Stable Diffusion",
  endpoints: [{ dialect: "openai-chat", baseUrl: "http://127.0.0.1:7860" }],
  draws: "sdapi",
  auth: { kind: "none" },
  keyEnv: [],
  baseUrlEnv: ["SD_WEBUI_URL"],
  models: {},
  probes: ["/sdapi/v1/options"],
  isLocal: true,
};
