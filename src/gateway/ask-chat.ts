import type { Fault } from "../core/fault.ts";
import type { Warning } from "../core/request.ts";
import { failure, type Result, success } from "../core/result.ts";
import { hasSignatures, isSignatureRefusal, withoutSignatures } from "../core/signatures.ts";
import type { UpstreamReply } from "../host/upstream/upstream.ts";
import type { Attempt } from "./attempt.ts";
import type { ChatCall } from "./call.ts";
import { type ChatDraft, missingAbility, type OutgoingChat, writeChatRequest } from "./chat-request.ts";
import type { Route } from "./endpoint.ts";
import { estimateUsage } from "./estimate.ts";
import { callUpstream } from "./exchange.ts";
import { sizeOfChat } from "./local-gate.ts";
import type { Services } from "./services.ts";

/** A call that went out, and what came back. */
export interface Asked extends Omit<OutgoingChat, "body"> {
  readonly reply: UpstreamReply;
}

const REFUSED = "refused by the model";

/** Signatures are valid only where they were minted; a call's signature leaves the call itself whole. */
function unsigned(draft: ChatDraft): ChatDraft {
  const warning: Warning = { field: "reasoning", action: "dropped", reason: "signed by another provider" };
  return { ...draft, request: withoutSignatures(draft.request), warnings: [...draft.warnings, warning] };
}

/** Coding agents ask every model to think. */
function unthinking(draft: ChatDraft): ChatDraft {
  const { reasoning: _, ...request } = draft.request;
  const warning: Warning = { field: "reasoning", action: "dropped", reason: "the model cannot think" };
  return { ...draft, request, warnings: [...draft.warnings, warning] };
}

/** Sampling, by its name on the wire: models that reason refuse all of it. */
const SAMPLING = [
  ["temperature", "temperature"],
  ["top_p", "topP"],
  ["top_k", "topK"],
  ["presence_penalty", "presencePenalty"],
  ["frequency_penalty", "frequencyPenalty"],
] as const;

/** Whether a provider does not know sampling at this model; a value out of range is the client's own mistake. */
function isSamplingRefusal(fault: Fault): boolean {
  if (fault.kind !== "bad-request" || !/support/i.test(`${fault.code ?? ""} ${fault.message}`)) return false;
  return SAMPLING.some(([field]) =>
    fault.param === undefined ? fault.message.includes(field) : fault.param === field,
  );
}

function unsampled(draft: ChatDraft): ChatDraft | null {
  const asked = SAMPLING.filter(([, name]) => draft.request[name] !== undefined);
  if (asked.length === 0) return null;
  const request = { ...draft.request, ...Object.fromEntries(asked.map(([, name]) => [name, undefined])) };
  const warnings = asked.map(([field]): Warning => ({ field, action: "dropped", reason: REFUSED }));
  return { ...draft, request, warnings: [...draft.warnings, ...warnings] };
}

/** Some models want earlier thinking back, and say so in the same words; they are not asked without what they have. */
function isReasoningRefusal(fault: Fault): boolean {
  return (
    fault.kind === "bad-request" && /reasoning_content/.test(fault.message) && !/missing|must/i.test(fault.message)
  );
}

function forgetful(draft: ChatDraft): ChatDraft | null {
  const messages = draft.request.messages.flatMap((message) => {
    const parts = message.parts.filter(({ type }) => type !== "reasoning");
    return parts.length === 0 && message.parts.length > 0 ? [] : [{ ...message, parts }];
  });
  const isSame = messages.every(({ parts }, index) => parts.length === draft.request.messages[index]?.parts.length);
  if (isSame) return null;
  const warning: Warning = { field: "reasoning", action: "dropped", reason: REFUSED };
  return { ...draft, request: { ...draft.request, messages }, warnings: [...draft.warnings, warning] };
}

/** What a target is asked first: all that the client sent, but no other provider's signatures. */
function firstDraft(call: ChatCall, attempt: Attempt, route: Route): ChatDraft {
  const request = attempt.gate?.amend(call.request) ?? call.request;
  const draft = { call, attempt, route, request, warnings: [] };
  return attempt.planned.isHome || !hasSignatures(request) ? draft : unsigned(draft);
}

/** What a target may be asked in place of what it refused; null where nothing can be left out. */
function lesserDraft(draft: ChatDraft, fault: Fault): ChatDraft | null {
  const { request } = draft;
  if (fault.kind === "unsupported" && fault.feature === "thinking" && request.reasoning !== undefined) {
    return unthinking(draft);
  }
  if (isSamplingRefusal(fault)) return unsampled(draft);
  if (isReasoningRefusal(fault)) return forgetful(draft);
  return isSignatureRefusal(fault) && hasSignatures(request) ? unsigned(draft) : null;
}

async function askOnce(draft: ChatDraft, services: Services): Promise<Result<Asked, Fault>> {
  const { call, attempt, route, request } = draft;
  const outgoing = await writeChatRequest(draft, services);
  if (!outgoing.ok) return outgoing;
  const { body, ...told } = outgoing.value;
  const isStream = call.request.stream;
  const path = route.dialect.chatPath(attempt.planned.target.model, isStream);
  attempt.noteSent(() => estimateUsage(request, 0));
  const sent = await callUpstream(attempt, call, route, { path, body, isStream }, services);
  return sent.ok ? success({ ...told, reply: sent.value }) : sent;
}

/** Asks one target; what it refuses for one thing that can be left out is asked again without, since a refusal costs nothing. */
export async function askChat(
  call: ChatCall,
  attempt: Attempt,
  route: Route,
  services: Services,
): Promise<Result<Asked, Fault>> {
  const draft = firstDraft(call, attempt, route);
  const missing = missingAbility(draft, services);
  if (missing !== null) return failure(missing);
  const entered = await services.localGate.enter(attempt, call, route, () => sizeOfChat(call.request));
  if (!entered.ok) return entered;
  const asked = await askOnce(draft, services);
  if (asked.ok) return asked;
  const lesser = lesserDraft(draft, asked.error);
  return lesser === null ? asked : askOnce(lesser, services);
}
