/** Calls of the five dialects that Lodestar does not serve, and what serves the same wish. */
const ELSEWHERE: readonly (readonly [path: RegExp, instead: string])[] = [
  [
    /^\/api\/(?:pull|push|create|copy|delete|blobs)\b/,
    "Lodestar changes no models: run `ollama pull`, `create` or `rm` beside your Ollama, and it sees them at once.",
  ],
  [
    /^\/v1\/responses\/compact$/,
    "Send the conversation with a shorter history, or go on by `previous_response_id`: POST /v1/responses.",
  ],
  [
    /^\/v1\/responses\/input_tokens$/,
    "POST /v1/messages/count_tokens and Gemini's :countTokens count the tokens of any model.",
  ],
  [/^\/v1\/responses\/[^/]+\/cancel$/, "Responses run in the foreground: close the connection to end one."],
  [/^\/v1\/conversations\b/, "Go on from an answer by `previous_response_id` on POST /v1/responses."],
  [/^\/v1\/(?:assistants|threads)\b/, "POST /v1/responses with `previous_response_id` keeps a conversation."],
  [/^\/v1\/images\//, "Of images there is POST /v1/images/generations; edits go to the provider itself."],
  [/^\/v1(?:beta)?\/(?:messages\/)?batches\b/, "Send the requests one by one; batches go to the provider itself."],
  [
    /^\/v1beta\/cachedContents\b/,
    "Send the contents themselves: providers cache the front of a prompt by their own rules.",
  ],
  [
    /^\/v1(?:beta)?\/(?:audio|files|fine_tuning|moderations|realtime|rerank|uploads|vector_stores|videos)\b/,
    "Lodestar serves text, images and embeddings; for this call, use the provider's own address.",
  ],
];

/** What to do instead of a call that is known and not served here; null for a path of no dialect. */
export function insteadOf(path: string): string | null {
  return ELSEWHERE.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}
