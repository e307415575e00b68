import type { JsonObject } from "./json.ts";
import type { ChatRequest, Message, Part, Source } from "./request.ts";
import { textOfRequest } from "./request-text.ts";
import { estimateTokens } from "./usage.ts";

/** An upper bound of the input tokens of a request, as far as they do not depend on the model. */
export interface InputBound {
  /** Text, tools, formats and what a provider wraps them in. */
  readonly textTokens: number;
  /** Images cost what the model makes of them: {@link inputTokensFor}. */
  readonly imageCount: number;
  /** Audio, video and documents. */
  readonly mediaTokens: number;
}

/**
 * Nine of ten texts are within 25 % of the estimate, which was fitted to OpenAI's tokenizers; Anthropic's newer ones make up to
 * 35 % more tokens of the same text: 1.35 / 0.75 is 1.8.
 */
export const ESTIMATE_MARGIN = 2;
const SLACK_TOKENS = 64;
/** Role, name and separators around a message. */
const MESSAGE_TOKENS = 16;
/** Anthropic puts up to 804 tokens of its own before tools, others less. Source: its page "Tool use". */
const TOOLS_TOKENS = 1_000;
const TOOL_TOKENS = 32;

/** Text compresses to no less than this many tokens a byte of a PDF: a page of 1,600 tokens as an image and its text in 5 KB. */
const DOCUMENT_TOKENS_PER_BYTE = 1 / 2;
/** Gemini counts 32 tokens a second, and speech takes at least 750 bytes a second. */
const AUDIO_TOKENS_PER_BYTE = 1 / 16;
/** A document or recording that only the provider can see. */
const UNSEEN_TOKENS = 100_000;
const BASE64_BYTES = 3 / 4;

/** The most tokens that an image becomes: Anthropic 4,784, Gemini 2,240, OpenAI 1,536 and fewer; but for GPT-4o mini. */
const IMAGE_TOKENS = 5_000;
/** Its images cost 33 times the tokens, so that they cost what those of GPT-4o do: 2,833 and 5,667 a tile, six at most. */
const MINI_IMAGE_TOKENS = 37_000;

/** UTF-8 bytes of a text: no tokenizer of bytes makes more tokens than that. */
function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x800) bytes += code >= 0xd800 && code < 0xe000 ? 1 : 2;
    else if (code >= 0x80) bytes += 1;
  }
  return bytes;
}

/** Twice the estimate, but never more than there are bytes. */
export function textTokenBound(text: string): number {
  const cautious = estimateTokens(text) * ESTIMATE_MARGIN;
  return cautious <= text.length ? cautious : Math.min(cautious, byteLength(text));
}

function unseenOr(source: Source, tokensPerByte: number): number {
  if (source.kind !== "base64") return UNSEEN_TOKENS;
  return Math.ceil(source.data.length * BASE64_BYTES * tokensPerByte) + IMAGE_TOKENS;
}

interface Heavy {
  readonly images: number;
  readonly media: number;
  /** What is read as text although it is none in the model of a request. */
  readonly text: string;
}

const LIGHT: Heavy = { images: 0, media: 0, text: "" };

function addHeavy(left: Heavy, right: Heavy): Heavy {
  return { images: left.images + right.images, media: left.media + right.media, text: left.text + right.text };
}

/** A sealed thought stands for about half as many tokens as it has characters, at most. */
function sealedTokens(...seals: readonly (string | undefined)[]): number {
  return Math.ceil(seals.reduce((sum, seal) => sum + (seal?.length ?? 0), 0) / 2);
}

function heavyOf(part: Part): Heavy {
  switch (part.type) {
    case "image":
      return { ...LIGHT, images: 1 };
    case "file":
      return { ...LIGHT, media: unseenOr(part.source, DOCUMENT_TOKENS_PER_BYTE) };
    case "audio":
      return { ...LIGHT, media: unseenOr(part.source, AUDIO_TOKENS_PER_BYTE) };
    case "reasoning":
      return { ...LIGHT, media: sealedTokens(part.signature, part.encrypted) };
    case "tool-call":
      return { ...LIGHT, media: sealedTokens(part.signature) };
    case "tool-result":
      return part.content.map(heavyOf).reduce(addHeavy, LIGHT);
    case "opaque":
      return { ...LIGHT, text: JSON.stringify(part.json) };
    default:
      return LIGHT;
  }
}

function schemaOf({ responseFormat }: ChatRequest): JsonObject | null {
  return responseFormat?.type === "json-schema" ? responseFormat.schema : null;
}

function wrapping({ messages, tools = [] }: ChatRequest): number {
  const forTools = tools.length === 0 ? 0 : TOOLS_TOKENS + TOOL_TOKENS * tools.length;
  return SLACK_TOKENS + MESSAGE_TOKENS * messages.length + forTools;
}

const bounds = new WeakMap<ChatRequest, InputBound>();

/** The bound of a chat request; a second look at the same one costs nothing. */
export function inputBound(request: ChatRequest): InputBound {
  const known = bounds.get(request);
  if (known !== undefined) return known;
  const heavy = request.messages
    .flatMap(({ parts }: Message) => parts)
    .map(heavyOf)
    .reduce(addHeavy, LIGHT);
  const schema = schemaOf(request);
  const text = textTokenBound(textOfRequest(request)) + textTokenBound(heavy.text);
  const bound = {
    textTokens: text + (schema === null ? 0 : textTokenBound(JSON.stringify(schema))) + wrapping(request),
    imageCount: heavy.images,
    mediaTokens: heavy.media,
  };
  bounds.set(request, bound);
  return bound;
}

/** The bound of plain text. */
export function inputBoundOfText(text: string): InputBound {
  return { textTokens: textTokenBound(text) + SLACK_TOKENS, imageCount: 0, mediaTokens: 0 };
}

/** The most tokens that one model makes of an input. */
export function inputTokensFor({ textTokens, imageCount, mediaTokens }: InputBound, model: string): number {
  const perImage = model.includes("4o-mini") ? MINI_IMAGE_TOKENS : IMAGE_TOKENS;
  return textTokens + mediaTokens + imageCount * perImage;
}
