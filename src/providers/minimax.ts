import type { Provider } from "./provider.ts";

/** Speaks Messages. Source: platform.minimax.io/docs/api-reference/text-anthropic-api. */
export const minimax: Provider = {
  id: "minimax",
  name: "MiniMax",
  endpoints: [{ dialect: "anthropic", baseUrl: "https://api.minimax.io/anthropic/v1" }],
  auth: { kind: "header", header: "x-api-key" },
  keyEnv: ["MINIMAX_API_KEY"],
  headers: { "anthropic-version": "2023-06-01" },
  models: { strong: "MiniMax-M3", cheap: "MiniMax-M3" },
  keyUrl: "https://platform.minimax.io/user-center/basic-information/interface-key",
};
