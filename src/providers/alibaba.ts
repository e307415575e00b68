import type { Provider } from "./provider.ts";

/** Qwen through Model Studio, international region. Source: alibabacloud.com/help/en/model-studio. */
export const alibaba: Provider = {
  id: "alibaba",
  name: "Alibaba Cloud",
  endpoints: [{ dialect: "openai-chat", baseUrl: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1" }],
  auth: { kind: "bearer" },
  keyEnv: ["DASHSCOPE_API_KEY"],
  quirks: { reasoningField: "reasoning_content" },
  models: { strong: "qwen3.7-max", cheap: "qwen3.6-flash" },
  keyUrl: "https://modelstudio.console.alibabacloud.com",
};
