import { chatChunks, chatReply } from "../../support/chat-chunks.ts";
import { messagesEvents, messagesReply, ollamaLines, ollamaReply } from "../../support/other-replies.ts";

/** A provider in this process that keeps no more than counts, so that it serves millions of calls. */
export interface LeanProvider {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Opens a provider on a free loopback port. */
export function startProvider(answer: (request: Request) => Response | Promise<Response>): LeanProvider {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch: answer });
  const port = server.port ?? 0;
  return { url: `http://127.0.0.1:${port}`, port, stop: () => server.stop(true) };
}

const WORDS = ["hi", " there"];

/** A proper answer of 10 tokens in and 5 out, by the path of the call; null for a path that no dialect has. */
export function properAnswer(path: string, isStream: boolean): Response | null {
  const stream = (chunks: readonly string[], type: string): Response =>
    new Response(chunks.join(""), { headers: { "content-type": type } });
  switch (path) {
    case "/v1/chat/completions":
      return isStream ? stream(chatChunks(WORDS), "text/event-stream") : Response.json(chatReply("hi there"));
    case "/v1/messages":
      return isStream ? stream(messagesEvents(WORDS), "text/event-stream") : Response.json(messagesReply("hi there"));
    case "/v1/messages/count_tokens":
      return Response.json({ input_tokens: 10 });
    case "/api/chat":
      return isStream ? stream(ollamaLines(WORDS), "application/x-ndjson") : Response.json(ollamaReply("hi there"));
    case "/api/generate":
      return Response.json({ model: "m", created_at: "2026-01-01T00:00:00Z", response: "hi", done: true });
    case "/v1/embeddings":
      return Response.json({
        object: "list",
        model: "m",
        data: [{ object: "embedding", index: 0, embedding: [0.5] }],
        usage: { prompt_tokens: 1, total_tokens: 1 },
      });
    case "/api/embed":
      return Response.json({ model: "m", embeddings: [[0.5]], prompt_eval_count: 1 });
    default:
      return null;
  }
}
