import { type Fault, refusal } from "../core/fault.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import type { ChatRequest, Part, Warning } from "../core/request.ts";
import { needsOf } from "../core/request-text.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { Encoded } from "../dialects/dialect.ts";
import { toolIdFor } from "../dialects/openai-chat/tool-id.ts";
import { setTopLevelMember } from "../dialects/patch.ts";
import type { Attempt } from "./attempt.ts";
import type { ChatCall } from "./call.ts";
import { encodeTargetOf } from "./encode-target.ts";
import type { Route } from "./endpoint.ts";
import { withInlineImages } from "./inline-images.ts";
import type { Services } from "./services.ts";

/** What one target is to be asked. */
export interface ChatDraft {
  readonly call: ChatCall;
  readonly attempt: Attempt;
  readonly route: Route;
  /** The call's own request, or what is left of it for this target. */
  readonly request: ChatRequest;
  /** What was left out. */
  readonly warnings: readonly Warning[];
}

/** A chat request as it goes to one target. */
export interface OutgoingChat {
  readonly body: string;
  readonly warnings: readonly Warning[];
  /** The client's bytes went out as they came: then the reply's bytes go back as they come. */
  readonly isVerbatim: boolean;
  /** As {@link Encoded.answerSchema}: what is left to check the answer against. */
  readonly answerSchema?: JsonObject;
}

/** The id that a part of a tool round goes by. */
function toolIdOf(part: Part): string | null {
  if (part.type === "tool-call") return part.id;
  return part.type === "tool-result" ? part.toolCallId : null;
}

/** Whether a chat request has roles, tool ids or a format that this provider takes in another form only. */
function needsOtherForm({ attempt, route, request }: ChatDraft): boolean {
  if (route.dialect.name !== "openai-chat") return false;
  const { quirks = {} } = attempt.configured.provider;
  if (quirks.developerRole !== true && request.messages.some(({ role }) => role === "developer")) return true;
  if (quirks.jsonSchema === false && request.responseFormat?.type === "json-schema") return true;
  if (quirks.toolIds === undefined) return false;
  const ids = request.messages.flatMap(({ parts }) => parts.map(toolIdOf));
  return ids.some((id) => id !== null && toolIdFor(id, quirks) !== id);
}

/** Whether the client's own bytes may go out: nothing was left out, same dialect, and nothing this provider refuses. */
function canGoVerbatim(draft: ChatDraft): boolean {
  const { call, attempt, route, request } = draft;
  const { quirks } = attempt.configured.provider;
  if (
    attempt.outputCap !== null ||
    call.mustRewrite === true ||
    request !== call.request ||
    !route.isClientDialect ||
    route.dialect.hasRunnerOptions === true ||
    needsOtherForm(draft)
  )
    return false;
  const refused = quirks?.refusedFields ?? [];
  if (refused.some((field) => Object.hasOwn(call.body.json, field))) return false;
  return quirks?.maxTokensField !== "max_completion_tokens" || !Object.hasOwn(call.body.json, "max_tokens");
}

/** Whether a stream's usage must be asked for, whatever the client wished: without it there would be no exact cost. */
function needsUsageFlag({ attempt, route, request }: ChatDraft): boolean {
  const { quirks } = attempt.configured.provider;
  return request.stream && route.dialect.hasStreamUsageFlag === true && quirks?.streamUsageFlag !== false;
}

function verbatimBody(draft: ChatDraft): string {
  const { call, attempt, route } = draft;
  const { model } = attempt.planned.target;
  const isNamed = route.dialect.hasModelInPath === true || model === call.body.json.model;
  const named = isNamed ? call.body.text : setTopLevelMember(call.body.text, "model", JSON.stringify(model));
  if (!needsUsageFlag(draft) || call.request.streamUsage === true) return named;
  const asked = call.body.json.stream_options;
  const options = { ...(isJsonObject(asked) ? asked : {}), include_usage: true };
  return setTopLevelMember(named, "stream_options", JSON.stringify(options));
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

/** Whether images must go out as bytes. A URL of a provider's own file is known to that dialect's own clients alone. */
function mustInlineImages({ route, request }: ChatDraft): boolean {
  const { imageUrls } = route.dialect;
  if (imageUrls === undefined || (imageUrls === "own" && route.isClientDialect)) return false;
  return needsOf(request).images;
}

/** Why a target cannot do what a request needs, as far as anybody knows before it is asked. */
export function missingAbility(
  { attempt, request }: Pick<ChatDraft, "attempt" | "request">,
  services: Services,
): Fault | null {
  const needs = needsOf(request);
  const { provider, model } = attempt.planned.target;
  const facts = services.prices.factsOf(provider, model);
  if (needs.images && facts.canReadImages === false) {
    return {
      kind: "unsupported",
      feature: "images",
      message: `${provider}/${model} cannot read images. Ask a model that can: \`lodestar models --images\`.`,
    };
  }
  if (needs.tools && facts.canUseTools === false) {
    return {
      kind: "unsupported",
      feature: "tools",
      message: `${provider}/${model} cannot use tools. Ask a model that can: \`lodestar models --tools\`.`,
    };
  }
  return null;
}

/** The refusal of a request of which a part lies at a service that this target is not. */
function missingContext({ call, attempt }: ChatDraft, warnings: readonly Warning[]): Fault | null {
  const { kept } = call.dialect;
  const lost = warnings.find(
    ({ field, action }) => action === "dropped" && kept !== undefined && Object.hasOwn(kept, field),
  );
  if (lost === undefined) return null;
  const { provider, model } = attempt.planned.target;
  const message = `${provider}/${model} cannot look up \`${lost.field}\`. ${kept?.[lost.field] ?? ""}`;
  return { kind: "unsupported", feature: lost.field, message };
}

/** What strict mode says instead of a warning. */
export function strictFault(warnings: readonly Warning[]): Fault {
  const list = warnings.map((warning) => `${warning.field} (${warning.reason})`).join(", ");
  const error = refusal("unsupported_parameter", `Strict mode: this target cannot honour ${list}.`);
  return { kind: "unsupported", feature: "parameters", message: error.message };
}

/** What strict mode refuses. A format in words is as good as a native one where a whole answer is checked against it. */
function unhonoured(warnings: readonly Warning[], { answerSchema }: Encoded, isStream: boolean): readonly Warning[] {
  if (answerSchema === undefined || isStream) return warnings;
  return warnings.filter(({ field }) => field !== "response_format");
}

/** The request with the limit that budgets set in the place of the client's. */
function capped(request: ChatRequest, { outputCap }: Attempt): ChatRequest {
  return outputCap === null ? request : { ...request, maxOutputTokens: outputCap };
}

/** Strict mode does not refuse it: that would make every small budget an empty one. */
function capWarnings({ outputCap }: Attempt): readonly Warning[] {
  return outputCap === null ? [] : [{ field: "max_tokens", action: "changed", reason: `budget: ${outputCap}` }];
}

async function translate(draft: ChatDraft, services: Services): Promise<Result<OutgoingChat, Fault>> {
  const { call, attempt, route, request } = draft;
  const prepared = mustInlineImages(draft)
    ? await withInlineImages(request, services.fetchImage, attempt.signal)
    : success(request);
  if (!prepared.ok) return prepared;
  const limited = capped(prepared.value, attempt);
  const asking = needsUsageFlag(draft) ? { ...limited, streamUsage: true } : limited;
  const encoded = route.dialect.encodeRequest(asking, encodeTargetOf(attempt, services));
  const missing = missingContext(draft, encoded.warnings);
  if (missing !== null) return failure(missing);
  const { body, warnings: refused } = withoutRefused(
    encoded.body,
    attempt.configured.provider.quirks?.refusedFields ?? [],
  );
  const warnings = [...draft.warnings, ...encoded.warnings, ...refused];
  const refusable = call.isStrict ? unhonoured(warnings, encoded, request.stream) : [];
  if (refusable.length > 0) return failure(strictFault(refusable));
  const { answerSchema } = encoded;
  return success({
    body: JSON.stringify(body),
    warnings: [...warnings, ...(call.ruled?.warnings ?? []), ...capWarnings(attempt)],
    isVerbatim: false,
    ...(answerSchema === undefined ? {} : { answerSchema }),
  });
}

/** Writes the request for one target: the client's own bytes where that is allowed, else through the codecs. */
export async function writeChatRequest(draft: ChatDraft, services: Services): Promise<Result<OutgoingChat, Fault>> {
  if (!canGoVerbatim(draft)) return translate(draft, services);
  return success({ body: verbatimBody(draft), warnings: draft.warnings, isVerbatim: true });
}
