/** How the clients of each dialect ask for an answer that may be kept, and the dialect's name in the index of the recordings. */
export const WIRES = {
  "openai-chat": {
    index: "openai-chat",
    path: () => "/v1/chat/completions",
    body: (model: string, text: string, stream: boolean) => ({
      model,
      temperature: 0,
      stream,
      max_tokens: 100,
      messages: [{ role: "user", content: text }],
    }),
  },
  "openai-responses": {
    index: "openai-responses",
    path: () => "/v1/responses",
    body: (model: string, text: string, stream: boolean) => ({
      model,
      temperature: 0,
      stream,
      max_output_tokens: 100,
      input: text,
    }),
  },
  anthropic: {
    index: "anthropic-messages",
    path: () => "/v1/messages",
    body: (model: string, text: string, stream: boolean) => ({
      model,
      temperature: 0,
      stream,
      max_tokens: 100,
      messages: [{ role: "user", content: text }],
    }),
  },
  gemini: {
    index: "gemini-generate",
    path: (model: string, stream: boolean) =>
      `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: (_model: string, text: string) => ({
      contents: [{ role: "user", parts: [{ text }] }],
      generationConfig: { temperature: 0, maxOutputTokens: 100 },
    }),
  },
  ollama: {
    index: "ollama",
    path: () => "/api/chat",
    body: (model: string, text: string, stream: boolean) => ({
      model,
      stream,
      options: { temperature: 0, num_predict: 100 },
      messages: [{ role: "user", content: text }],
    }),
  },
} as const;

/** A dialect of {@link WIRES}. */
export type WireName = keyof typeof WIRES;

/** All of them, for tables. */
export const WIRE_NAMES = Object.keys(WIRES) as WireName[];
