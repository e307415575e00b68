import { without } from "./json.ts";
import type { ChatRequest, EmbeddingRequest, Extra, Message, Part, Tool } from "./request.ts";
import type { Target } from "./target.ts";

/** Whose answer it is, and who gives it: no entry is ever found under another of these. */
export interface CacheScope {
  /** Id of the client key; null on keyless loopback. */
  readonly keyId: string | null;
  readonly project: string | null;
  readonly target: Target;
  /** Where the target stands: the same name at another server is another model. */
  readonly baseUrl: string;
  readonly endpoint: string;
  /** The client's variant of its dialect (`/api/generate`); empty for the usual one. */
  readonly variant: string;
  /** In strict mode an answer with warnings is refused. */
  readonly isStrict: boolean;
  /** Headers of the client that reach the target. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What of a request does not change its answer, and why: the deny-list of the key. Everything that stands here neither is
 * compared nor ties an entry to its dialect.
 */
const LEFT_OUT = {
  request: {
    model: "the target stands in its place",
    stream: "one entry serves both",
    streamUsage: "how a stream tells its usage, not what is answered",
    origin: "the dialect it came in: an entry serves all",
    stopShape: "one string or a list of one",
  },
  message: { shape: "how the same content was written", placement: "a system prompt beside the list or at its head" },
  toolResult: { shape: "how the same content was written" },
  responseFormat: { shape: "the older name of the same field" },
  embedding: { model: "the target stands in its place", isSingle: "one string or a list of one" },
  /** In fields that the model has no name for, of the request itself. */
  requestExtra: {
    stream_options: "how a stream tells its usage",
    store: "whether the provider or Lodestar keeps the answer",
    metadata: "labels of the client's own",
    prompt_cache_key: "where a provider keeps the prompt: its price, not the answer",
    prompt_cache_retention: "how long a provider keeps the prompt",
    keep_alive: "how long a local engine keeps the model loaded",
    cache_control: "marks what a provider keeps of the prompt: its price, not the answer",
  },
  /** In such fields of a message, part or tool. */
  innerExtra: {
    cache_control: "marks what a provider keeps of the prompt: its price, not the answer",
  },
  /** Of what was understood and is kept as it was written. */
  verbatim: {
    input: "one string in the place of a list",
    type: "the type of an item or part, which is understood",
    id: "the id of an item",
    status: "the status of an item",
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

function less<Value extends object>(value: Value, names: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !Object.hasOwn(names, name)));
}

/** What is left of unknown fields, with the dialect they belong to; nothing where none is left. */
function extraOf(extra: Extra | undefined, names: Readonly<Record<string, string>>): object | undefined {
  if (extra === undefined) return undefined;
  const fields = without(extra.fields, Object.keys(names));
  const verbatim = without(extra.verbatim ?? {}, Object.keys(LEFT_OUT.verbatim));
  if (Object.keys(fields).length + Object.keys(verbatim).length === 0) return undefined;
  return { dialect: extra.dialect, fields, verbatim };
}

function partOf(part: Part): object {
  if (part.type === "opaque") return part;
  const extra = extraOf(part.extra, LEFT_OUT.innerExtra);
  if (part.type !== "tool-result") return { ...part, extra };
  return { ...less(part, LEFT_OUT.toolResult), content: part.content.map(partOf), extra };
}

function messageOf(message: Message): object {
  const extra = extraOf(message.extra, LEFT_OUT.innerExtra);
  return { ...less(message, LEFT_OUT.message), parts: message.parts.map(partOf), extra };
}

function toolOf(tool: Tool): object {
  return tool.type === "opaque" ? tool : { ...tool, extra: extraOf(tool.extra, LEFT_OUT.innerExtra) };
}

function formatOf(format: NonNullable<ChatRequest["responseFormat"]>): object {
  if (format.type !== "json-schema") return format;
  return { ...less(format, LEFT_OUT.responseFormat), extra: extraOf(format.extra, LEFT_OUT.innerExtra) };
}

function chatOf(request: ChatRequest): object {
  const { messages, tools = [], responseFormat, extra } = request;
  return {
    ...less(request, LEFT_OUT.request),
    messages: messages.map(messageOf),
    tools: tools.map(toolOf),
    responseFormat: responseFormat === undefined ? undefined : formatOf(responseFormat),
    extra: extraOf(extra, LEFT_OUT.requestExtra),
  };
}

function embeddingOf(request: EmbeddingRequest): object {
  return { ...less(request, LEFT_OUT.embedding), extra: extraOf(request.extra, LEFT_OUT.requestExtra) };
}

/** A value as JSON with the members of every object sorted by name and those that are undefined left out. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

/** The bytes that a chat's key is the digest of: two requests have the same exactly where one answer serves both. */
export function chatCacheText(scope: CacheScope, request: ChatRequest): string {
  return canonicalJson([scope, chatOf(request)]);
}

/** The same for a request for embeddings. */
export function embeddingCacheText(scope: CacheScope, request: EmbeddingRequest): string {
  return canonicalJson([scope, embeddingOf(request)]);
}
