import type { JsonObject } from "../../core/json.ts";

/** A model as Gemini's clients list it. */
export interface GeminiModel {
  /** The name a client asks for, without `models/`. */
  readonly name: string;
  readonly displayName?: string;
  readonly description?: string;
  readonly inputTokenLimit?: number;
  readonly outputTokenLimit?: number;
  /** Whether it thinks; absent where that is unknown. */
  readonly canThink?: boolean;
  /** An embedding model takes other calls than one that chats. */
  readonly isEmbedding?: boolean;
}

const CHAT_METHODS = ["generateContent", "streamGenerateContent", "countTokens"];
const EMBEDDING_METHODS = ["embedContent", "batchEmbedContents"];

/** The most models of one page, and how many come where the client names no number: Google's own figures. */
const MOST_PER_PAGE = 1000;
const PER_PAGE = 50;

/** The body of `GET /v1beta/models/{name}`. Source: ai.google.dev/api/models. */
export function modelReply(model: GeminiModel): JsonObject {
  const { name, displayName, description, inputTokenLimit, outputTokenLimit, canThink, isEmbedding } = model;
  return {
    name: `models/${name}`,
    version: "001",
    displayName: displayName ?? name,
    ...(description === undefined ? {} : { description }),
    ...(inputTokenLimit === undefined ? {} : { inputTokenLimit }),
    ...(outputTokenLimit === undefined ? {} : { outputTokenLimit }),
    supportedGenerationMethods: isEmbedding === true ? EMBEDDING_METHODS : CHAT_METHODS,
    ...(canThink === undefined ? {} : { thinking: canThink }),
  };
}

/** Which part of the list is asked for: `pageSize` and `pageToken` of the URL as they stand there, null where they do not. */
export interface ModelsPage {
  readonly pageSize: string | null;
  readonly pageToken: string | null;
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The body of `GET /v1beta/models`: one page of what {@link modelReply} makes, and the token of the next where there is one. A token is the place it starts at. */
export function modelsReply(models: readonly JsonObject[], page: ModelsPage): JsonObject {
  const size = Math.min(Math.max(wholeNumber(page.pageSize) ?? PER_PAGE, 1), MOST_PER_PAGE);
  const from = wholeNumber(page.pageToken) ?? 0;
  const until = from + size;
  return {
    models: models.slice(from, until),
    ...(until < models.length ? { nextPageToken: String(until) } : {}),
  };
}
