/** An OpenAI chat stream of one provider, as wire text: one chunk an event. */
export function chatChunks(
  words: readonly string[],
  usage: object | null = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
): readonly string[] {
  const chunk = (rest: object): string =>
    `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "upstream-name", ...rest })}\n\n`;
  const delta = (content: string): string =>
    chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null });
  return [
    chunk({ choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }], usage: null }),
    ...words.map(delta),
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: null }),
    ...(usage === null ? [] : [chunk({ choices: [], usage })]),
    "data: [DONE]\n\n",
  ];
}

/** A whole OpenAI chat reply. */
export function chatReply(
  content: string,
  usage: object = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "upstream-name",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage,
  };
}

/** The text that the `delta.content` of a chat stream adds up to. */
export function contentOf(wire: string): string {
  return eventsOf(wire)
    .map((event) => (event as { choices?: { delta?: { content?: string } }[] }).choices?.[0]?.delta?.content ?? "")
    .join("");
}

/** The JSON events of an SSE text, `[DONE]` and comments left out. */
export function eventsOf(wire: string): readonly unknown[] {
  return wire
    .split("\n")
    .filter((line) => line.startsWith("data: ") && line !== "data: [DONE]")
    .map((line) => JSON.parse(line.slice("data: ".length)) as unknown);
}
