/** A whole Anthropic reply: 10 input and 5 output tokens. */
export function messagesReply(text: string): object {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "upstream-name",
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 5 },
  };
}

/** An Anthropic stream as wire text, one event a chunk: 10 input and 5 output tokens. */
export function messagesEvents(words: readonly string[]): readonly string[] {
  const event = (type: string, rest: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  const message = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "upstream-name",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 1 },
  };
  return [
    event("message_start", { message }),
    event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    ...words.map((text) => event("content_block_delta", { index: 0, delta: { type: "text_delta", text } })),
    event("content_block_stop", { index: 0 }),
    event("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 5 } }),
    event("message_stop", {}),
  ];
}

const OLLAMA_COUNTS = {
  done: true,
  done_reason: "stop",
  total_duration: 1,
  load_duration: 1,
  prompt_eval_count: 10,
  prompt_eval_duration: 1,
  eval_count: 5,
  eval_duration: 1,
};

/** A whole reply of Ollama's chat: 10 input and 5 output tokens. */
export function ollamaReply(content: string): object {
  return {
    model: "upstream-name",
    created_at: "2026-01-01T00:00:00Z",
    message: { role: "assistant", content },
    ...OLLAMA_COUNTS,
  };
}

/** A stream of Ollama's chat, one line a chunk: 10 input and 5 output tokens. */
export function ollamaLines(words: readonly string[]): readonly string[] {
  const line = (content: string, rest: object): string =>
    `${JSON.stringify({ model: "upstream-name", created_at: "2026-01-01T00:00:00Z", message: { role: "assistant", content }, ...rest })}\n`;
  return [...words.map((word) => line(word, { done: false })), line("", OLLAMA_COUNTS)];
}

/** A model as Ollama lists it. */
export interface PulledModel {
  readonly name: string;
  readonly capabilities?: readonly string[];
}

/** What an Ollama answers to the questions that Lodestar asks about it; null for any other path. */
export function ollamaCatalogue(path: string, models: readonly PulledModel[]): object | null {
  switch (path) {
    case "/api/version":
      return { version: "0.24.0" };
    case "/api/tags":
      return { models: models.map((model) => ({ model: model.name, size: 1_000_000_000, ...model })) };
    case "/api/show":
      return {};
    case "/api/ps":
      return {
        models: models.slice(0, 1).map(({ name }) => ({
          name,
          model: name,
          size: 1_000,
          size_vram: 900,
          context_length: 4096,
          expires_at: "2030-01-01T00:00:00Z",
        })),
      };
    default:
      return null;
  }
}
