import type { Fault } from "../core/fault.ts";
import type { ChatRequest, Message, Part, Source } from "../core/request.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { Services } from "./services.ts";

/** So many images of one request are fetched at a time. */
const AT_ONCE = 4;

type InlineSources = ReadonlyMap<string, Source>;

function urlsIn(part: Part): readonly string[] {
  if (part.type === "image") return part.source.kind === "url" ? [part.source.url] : [];
  return part.type === "tool-result" ? part.content.flatMap(urlsIn) : [];
}

function urlsOf({ messages }: ChatRequest): readonly string[] {
  return [...new Set(messages.flatMap((message) => message.parts.flatMap(urlsIn)))];
}

/** The part with its bytes in place of its URL; the same part where there is nothing to replace. */
function inlined<Some extends Part>(part: Some, sources: InlineSources): Some {
  if (part.type === "tool-result") return { ...part, content: part.content.map((inner) => inlined(inner, sources)) };
  if (part.type !== "image" || part.source.kind !== "url") return part;
  return { ...part, source: sources.get(part.source.url) ?? part.source };
}

function notFetched(reason: string): Fault {
  const message = `The image could not be fetched: ${reason}`;
  return { kind: "bad-request", status: 400, code: "image_not_fetched", message };
}

async function fetchAll(
  urls: readonly string[],
  fetchImage: Services["fetchImage"],
  signal: AbortSignal,
): Promise<Result<InlineSources, Fault>> {
  const sources = new Map<string, Source>();
  const failures: Fault[] = [];
  const stop = new AbortController();
  const waiting = urls.values();
  async function work(): Promise<void> {
    for (const url of waiting) {
      if (stop.signal.aborted) return;
      const fetched = await fetchImage(url, AbortSignal.any([signal, stop.signal]));
      if (fetched.ok) {
        sources.set(url, { kind: "base64", mediaType: fetched.value.mediaType, data: fetched.value.base64 });
        continue;
      }
      failures.push(notFetched(fetched.error));
      stop.abort();
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, urls.length) }, work));
  const [first] = failures;
  return first === undefined ? success(sources) : failure(first);
}

/**
 * Replaces images named by URL by their bytes, in messages and in results of tools, for targets that take bytes only. Each URL
 * is fetched once, a few at a time; the first that cannot be fetched ends the rest.
 */
export async function withInlineImages(
  request: ChatRequest,
  fetchImage: Services["fetchImage"],
  signal: AbortSignal,
): Promise<Result<ChatRequest, Fault>> {
  const sources = await fetchAll(urlsOf(request), fetchImage, signal);
  if (!sources.ok) return sources;
  const inlineMessage = (message: Message): Message => ({
    ...message,
    parts: message.parts.map((part) => inlined(part, sources.value)),
  });
  return success({ ...request, messages: request.messages.map(inlineMessage) });
}
