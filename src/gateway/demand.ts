import { type InputBound, inputBound, inputBoundOfText } from "../core/input-bound.ts";
import { isJsonObject } from "../core/json.ts";
import type { ChatRequest, EmbeddingRequest, Tool } from "../core/request.ts";
import { needsOf } from "../core/request-text.ts";

/** What a request may use at most, whoever answers it. Reckoned only where a budget counts it. */
export interface Demand {
  readonly input: InputBound;
  /** Output tokens of one answer as the client limits them; null where it does not. */
  readonly maxOutputTokens: number | null;
  readonly answerCount: number;
  /** Searches that the provider may make for the answer. */
  readonly webSearches: number;
  /** Whether a target can be told a lower limit of output. */
  readonly canCap: boolean;
  /** The dearer service that the request asks for by name; null for the usual one. */
  readonly serviceTier: string | null;
  /** What a model must be able to do to take another's place; null where none can. */
  readonly needs: { readonly images: boolean; readonly tools: boolean } | null;
}

function positive(value: unknown): number | null {
  return typeof value === "number" && value > 0 ? Math.ceil(value) : null;
}

function serviceTierOf({ extra }: ChatRequest): string | null {
  const { service_tier: tier, speed } = extra?.fields ?? {};
  const named = typeof tier === "string" ? tier : speed;
  return typeof named === "string" && !["auto", "default", "standard", "standard_only"].includes(named) ? named : null;
}

/** Taken for the most where a request lets the provider search and states no limit: no provider publishes one. */
const OPEN_SEARCHES = 10;

function searchesOf(tool: Tool): number {
  if (tool.type !== "opaque" || !isJsonObject(tool.json)) return 0;
  const { type, max_uses: most } = tool.json;
  const names = [...Object.keys(tool.json), typeof type === "string" ? type : ""];
  return names.some((name) => SEARCH_TOOL.test(name)) ? (positive(most) ?? OPEN_SEARCHES) : 0;
}

/** Anthropic and OpenAI name it by type (`web_search_20250305`, `web_search_preview`), Gemini by member (`googleSearch`), OpenAI's chat by a field. */
const SEARCH_TOOL = /^(web_search|google_?search)/i;

function webSearchesOf({ tools = [], extra }: ChatRequest): number {
  const stated = extra?.fields?.web_search_options === undefined ? 0 : OPEN_SEARCHES;
  return tools.reduce((most, tool) => most + searchesOf(tool), stated);
}

/** A request to a chat model. */
export function chatDemand(request: ChatRequest): Demand {
  return {
    input: inputBound(request),
    maxOutputTokens: positive(request.maxOutputTokens),
    answerCount: positive(request.choiceCount) ?? 1,
    webSearches: webSearchesOf(request),
    canCap: true,
    serviceTier: serviceTierOf(request),
    needs: needsOf(request),
  };
}

/** A text completion: each prompt gets its answers, and `best_of` writes more of them than it returns. */
export function completionDemand(request: ChatRequest): Demand {
  const demand = chatDemand(request);
  const { suffix, best_of: bestOf } = request.extra?.fields ?? {};
  const answers = Math.max(demand.answerCount, positive(bestOf) ?? 1);
  const hasSuffix = typeof suffix === "string" && suffix !== "";
  return {
    ...demand,
    answerCount: answers * Math.max(1, request.messages.length),
    needs: hasSuffix ? null : demand.needs,
  };
}

/** Embeddings write nothing, and those of another model are of no use. */
export function embeddingDemand({ inputs }: EmbeddingRequest): Demand {
  const texts = inputs.filter((input) => typeof input === "string");
  const given = inputs.reduce((sum, input) => sum + (typeof input === "string" ? 0 : input.length), 0);
  const { textTokens } = inputBoundOfText(texts.join("\n"));
  return {
    input: { textTokens: textTokens + given + inputs.length, imageCount: 0, mediaTokens: 0 },
    maxOutputTokens: 0,
    answerCount: 1,
    webSearches: 0,
    canCap: false,
    serviceTier: null,
    needs: null,
  };
}

/** The largest image at the highest quality that OpenAI sells by tokens has 6,240. Source: its guide to image generation. */
const IMAGE_OUTPUT_TOKENS = 6_240;

/** Images, of which nothing but the number can be limited. */
export function imageDemand(body: string, count: unknown): Demand {
  return {
    input: inputBoundOfText(body),
    maxOutputTokens: IMAGE_OUTPUT_TOKENS,
    answerCount: positive(count) ?? 1,
    webSearches: 0,
    canCap: false,
    serviceTier: null,
    needs: null,
  };
}
