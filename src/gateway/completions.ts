import { matchesPattern } from "../core/expand.ts";
import type { Fault } from "../core/fault.ts";
import { failure, type Result, success } from "../core/result.ts";
import { completionsAt, infillByTemplate, mistralFim, ollamaInsert, ollamaRaw } from "../dialects/completions/codec.ts";
import { INFILL_NAMES, infillFamilyOf, isInfillPrompt } from "../dialects/completions/infill.ts";
import { chatForm, promptTexts, suffixOf } from "../dialects/completions/request.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { NativeCompletions, ProviderEndpoint } from "../providers/provider.ts";
import type { Attempt } from "./attempt.ts";
import type { ChatCall, Won } from "./call.ts";
import { exchangeChat } from "./chat.ts";
import { strictFault } from "./chat-request.ts";
import { type Route, routeTo } from "./endpoint.ts";
import type { Services } from "./services.ts";

/** A text completion: a chat call whose client speaks the completions variant of the chat dialect. */
export interface CompletionCall extends ChatCall {
  /** What a local engine says that a model of its can (`insert`…); null where it says nothing. */
  readonly abilitiesOf: (provider: string, model: string) => readonly string[] | null;
}

/** How one target is asked; `isChat`: as a chat, since it has no completions. */
interface Way {
  readonly route: Route;
  readonly isChat: boolean;
}

function cannotInfill({ planned }: Attempt): Fault {
  const { provider, model } = planned.target;
  const message = `${provider}/${model} cannot fill in the middle (\`suffix\`). Models that can: ${INFILL_NAMES.join(", ")} behind Ollama, vLLM, llama.cpp, LM Studio, Together or Fireworks, mistral/codestral-latest, and every model of DeepSeek's.`;
  return { kind: "unsupported", feature: "suffix", message };
}

function severalPrompts({ planned }: Attempt): Fault {
  const { provider, model } = planned.target;
  const message = `${provider}/${model} is asked as a chat or by a template, and takes one prompt a request. Send each prompt by itself.`;
  return { kind: "unsupported", feature: "several prompts", message };
}

function nativeOf({ configured, planned }: Attempt): NativeCompletions | null {
  const { completions } = configured.provider;
  if (completions === undefined) return null;
  const { models } = completions;
  const isServed = models === undefined || models.some((pattern) => matchesPattern(planned.target.model, pattern));
  return isServed ? completions : null;
}

/** The codec of a provider with completions of its own; null where it cannot do what is asked. */
function nativeDialect(call: CompletionCall, attempt: Attempt, { path, infill }: NativeCompletions): Dialect | null {
  if (infill === "fim") return mistralFim(path);
  if (infill === "suffix" || suffixOf(call.request) === "") return completionsAt(path);
  const family = infillFamilyOf(attempt.planned.target.model);
  return family === null ? null : infillByTemplate(path, family);
}

function ollamaDialect(call: CompletionCall, attempt: Attempt): Dialect | "chat" | null {
  const { provider, model } = attempt.planned.target;
  const [prompt = ""] = promptTexts(call.request);
  if (suffixOf(call.request) === "") return isInfillPrompt(prompt) ? ollamaRaw(null) : "chat";
  if (call.abilitiesOf(provider, model)?.includes("insert") === true) return ollamaInsert;
  const family = infillFamilyOf(model);
  return family === null ? null : ollamaRaw(family);
}

function isOllama({ configured }: Attempt): boolean {
  return configured.provider.endpoints[0]?.dialect === "ollama";
}

/** The codec that a target's completions are written in, or `chat` where a chat must do; null where it cannot fill in. */
function codecFor(call: CompletionCall, attempt: Attempt): Dialect | "chat" | null {
  if (isOllama(attempt)) return ollamaDialect(call, attempt);
  const native = nativeOf(attempt);
  if (native !== null) return nativeDialect(call, attempt, native);
  return suffixOf(call.request) === "" ? "chat" : null;
}

/** The endpoint that has a provider's completions: Ollama's own, else the one of the chat dialect. */
function endpointOf(attempt: Attempt): ProviderEndpoint | undefined {
  const { endpoints } = attempt.configured.provider;
  return isOllama(attempt) ? endpoints[0] : endpoints.find(({ dialect }) => dialect === "openai-chat");
}

function chatRoute(call: CompletionCall, attempt: Attempt, services: Services): Result<Route, Fault> {
  const client = services.dialects["openai-chat"] ?? call.dialect;
  const route = routeTo(attempt.configured, client, services.dialects);
  if (route !== null) return success({ ...route, isClientDialect: false });
  const message = `${attempt.configured.provider.name} speaks no dialect that this version of Lodestar can use.`;
  return failure({ kind: "unavailable", message });
}

/** Finds how a target can be asked for a completion, or says why it cannot. */
function findWay(call: CompletionCall, attempt: Attempt, services: Services): Result<Way, Fault> {
  const dialect = codecFor(call, attempt);
  if (dialect === null) return failure(cannotInfill(attempt));
  const isNative = dialect !== "chat" && dialect.encodeRequest === call.dialect.encodeRequest;
  if (promptTexts(call.request).length > 1 && !isNative) return failure(severalPrompts(attempt));
  const endpoint = endpointOf(attempt);
  if (dialect !== "chat" && endpoint !== undefined) {
    return success({ route: { endpoint, dialect, isClientDialect: isNative }, isChat: false });
  }
  const route = chatRoute(call, attempt, services);
  return route.ok ? success({ route: route.value, isChat: true }) : route;
}

/** Asks one target for a completion: natively where it has them, with the tokens of its family, or as a chat. */
export async function exchangeCompletion(
  call: CompletionCall,
  attempt: Attempt,
  services: Services,
): Promise<Result<Won, Fault>> {
  const way = findWay(call, attempt, services);
  if (!way.ok) return way;
  const { route, isChat } = way.value;
  if (!isChat) return exchangeChat(call, attempt, services, route);
  const { request, warnings } = chatForm(call.request);
  if (call.isStrict && warnings.length > 0) return failure(strictFault(warnings));
  const won = await exchangeChat({ ...call, request }, attempt, services, route);
  return won.ok ? success({ ...won.value, warnings: [...warnings, ...won.value.warnings] }) : won;
}
