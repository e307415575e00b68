import { type Fault, refusal } from "../core/fault.ts";
import type { JsonObject } from "../core/json.ts";
import { isJsonObject } from "../core/json.ts";
import type { ChatRequest, ImagePart, Message, Part, Warning } from "../core/request.ts";
import { needsOf, textOfRequest } from "../core/request-text.ts";
import { failure, type Result, success } from "../core/result.ts";
import { estimateTokens } from "../core/usage.ts";
import type { EncodeTarget } from "../dialects/dialect.ts";
import { setTopLevelMember } from "../dialects/patch.ts";
import type { Attempt } from "./attempt.ts";
import type { ChatCall } from "./call.ts";
import type { Route } from "./endpoint.ts";
import type { Services } from "./services.ts";

/** A chat request as it goes to one target. */
export interface OutgoingChat {
  readonly body: string;
  readonly warnings: readonly Warning[];
  /** The client's bytes went out as they came: then the reply's bytes go back as they come. */
  readonly isVerbatim: boolean;
}

const DEFAULT_LOCAL_OUTPUT = 1_024;

/** What the codec must know of this target. */
export function encodeTargetOf(attempt: Attempt, request: ChatRequest | null, services: Services): EncodeTarget {
  const { provider, model } = attempt.planned.target;
  const { quirks, isLocal } = attempt.configured.provider;
  const { maxOutputTokens } = services.prices.factsOf(provider, model);
  const isOllama = provider === "ollama" || attempt.configured.provider.endpoints[0]?.dialect === "ollama";
  const size =
    request === null ? 0 : estimateTokens(textOfRequest(request)) + (request.maxOutputTokens ?? DEFAULT_LOCAL_OUTPUT);
  return {
    provider,
    model,
    ...(maxOutputTokens === null ? {} : { maxOutputTokens }),
    ...(quirks?.reasoningField === undefined ? {} : { reasoningField: quirks.reasoningField }),
    ...(quirks?.maxTokensField === undefined ? {} : { maxTokensField: quirks.maxTokensField }),
    ...(quirks?.developerRole === undefined ? {} : { developerRole: quirks.developerRole }),
    ...(quirks?.toolIds === undefined ? {} : { toolIds: quirks.toolIds }),
    ...(isLocal === true && isOllama
      ? { localOptions: services.localRunner.optionsFor(model, size), keepAlive: services.settings().local.keepAlive }
      : {}),
  };
}

/** Whether the client's own bytes may go out: same dialect, not local, and nothing in them that this provider refuses. */
function canGoVerbatim(call: ChatCall, attempt: Attempt, route: Route): boolean {
  const { provider } = attempt.configured;
  if (route.dialect.name !== call.dialect.name || route.dialect.name === "ollama") return false;
  const refused = provider.quirks?.refusedFields ?? [];
  if (refused.some((field) => Object.hasOwn(call.body.json, field))) return false;
  return provider.quirks?.maxTokensField !== "max_completion_tokens" || !Object.hasOwn(call.body.json, "max_tokens");
}

/** The usage flag of OpenAI chat streams, set whatever the client wished: without it there would be no exact cost. */
function streamOptionsOf(call: ChatCall): string {
  const asked = call.body.json.stream_options;
  return JSON.stringify({ ...(isJsonObject(asked) ? asked : {}), include_usage: true });
}

function needsUsageFlag(call: ChatCall, attempt: Attempt, route: Route): boolean {
  const { quirks } = attempt.configured.provider;
  return call.request.stream && route.dialect.name === "openai-chat" && quirks?.streamUsageFlag !== false;
}

function verbatimBody(call: ChatCall, attempt: Attempt, route: Route): string {
  const { model } = attempt.planned.target;
  const isNamed = route.dialect.hasModelInPath === true || model === call.request.model;
  const named = isNamed ? call.body.text : setTopLevelMember(call.body.text, "model", JSON.stringify(model));
  if (!needsUsageFlag(call, attempt, route) || call.request.streamUsage === true) return named;
  return setTopLevelMember(named, "stream_options", streamOptionsOf(call));
}

/** Leaves out what this provider is declared to refuse. */
function withoutRefused(
  body: JsonObject,
  refused: readonly string[],
): { body: JsonObject; warnings: readonly Warning[] } {
  const present = refused.filter((field) => Object.hasOwn(body, field));
  if (present.length === 0) return { body, warnings: [] };
  const kept = Object.fromEntries(Object.entries(body).filter(([field]) => !present.includes(field)));
  return {
    body: kept,
    warnings: present.map((field) => ({ field, action: "dropped", reason: "refused by the provider" })),
  };
}

/** Ollama takes bytes only; Gemini takes URLs of its own files, which its own clients alone know. */
function mustInlineImages(call: ChatCall, route: Route): boolean {
  const { name } = route.dialect;
  return (name === "ollama" || (name === "gemini" && call.dialect.name !== "gemini")) && needsOf(call.request).images;
}

async function inlineImage(part: ImagePart, attempt: Attempt, services: Services): Promise<Result<ImagePart, Fault>> {
  if (part.source.kind !== "url") return success(part);
  const fetched = await services.fetchImage(part.source.url, attempt.signal);
  if (!fetched.ok) {
    return failure({
      kind: "bad-request",
      status: 400,
      code: "image_not_fetched",
      message: `The image could not be fetched: ${fetched.error}`,
    });
  }
  const { mediaType, base64 } = fetched.value;
  return success({ ...part, source: { kind: "base64", mediaType, data: base64 } });
}

/** Replaces images named by URL by their bytes, through the guarded fetch, for targets that take bytes only. */
async function withInlineImages(
  request: ChatRequest,
  attempt: Attempt,
  services: Services,
): Promise<Result<ChatRequest, Fault>> {
  const messages: Message[] = [];
  for (const message of request.messages) {
    const parts: Part[] = [];
    for (const part of message.parts) {
      if (part.type !== "image") {
        parts.push(part);
        continue;
      }
      const inlined = await inlineImage(part, attempt, services);
      if (!inlined.ok) return inlined;
      parts.push(inlined.value);
    }
    messages.push({ ...message, parts });
  }
  return success({ ...request, messages });
}

function missingAbility(call: ChatCall, attempt: Attempt, services: Services): Fault | null {
  const needs = needsOf(call.request);
  const { provider, model } = attempt.planned.target;
  const facts = services.prices.factsOf(provider, model);
  if (needs.images && facts.canReadImages === false) {
    return { kind: "unsupported", feature: "images", message: `${provider}/${model} cannot read images.` };
  }
  if (needs.tools && facts.canUseTools === false) {
    return { kind: "unsupported", feature: "tools", message: `${provider}/${model} cannot use tools.` };
  }
  return null;
}

function strictFault(warnings: readonly Warning[]): Fault {
  const list = warnings.map((warning) => `${warning.field} (${warning.reason})`).join(", ");
  const error = refusal("unsupported_parameter", `Strict mode: this target cannot honour ${list}.`);
  return { kind: "unsupported", feature: "parameters", message: error.message };
}

/** Writes the request for one target: the client's own bytes where that is allowed, else through the codecs. */
export async function writeChatRequest(
  call: ChatCall,
  attempt: Attempt,
  route: Route,
  services: Services,
): Promise<Result<OutgoingChat, Fault>> {
  const missing = missingAbility(call, attempt, services);
  if (missing !== null) return failure(missing);
  if (canGoVerbatim(call, attempt, route)) {
    return success({ body: verbatimBody(call, attempt, route), warnings: [], isVerbatim: true });
  }
  const prepared = mustInlineImages(call, route)
    ? await withInlineImages(call.request, attempt, services)
    : success(call.request);
  if (!prepared.ok) return prepared;
  const encoded = route.dialect.encodeRequest(prepared.value, encodeTargetOf(attempt, call.request, services));
  const refused = withoutRefused(encoded.body, attempt.configured.provider.quirks?.refusedFields ?? []);
  const warnings = [...encoded.warnings, ...refused.warnings];
  if (call.isStrict && warnings.length > 0) return failure(strictFault(warnings));
  const body = needsUsageFlag(call, attempt, route)
    ? {
        ...refused.body,
        stream_options: {
          ...(isJsonObject(refused.body.stream_options) ? refused.body.stream_options : {}),
          include_usage: true,
        },
      }
    : refused.body;
  return success({ body: JSON.stringify(body), warnings, isVerbatim: false });
}
