import type { Fault } from "../core/fault.ts";
import type { Warning } from "../core/request.ts";
import { type Result, success } from "../core/result.ts";
import { hasSignatures, isSignatureRefusal, withoutSignatures } from "../core/signatures.ts";
import type { UpstreamReply } from "../host/upstream.ts";
import type { Attempt } from "./attempt.ts";
import type { ChatCall } from "./call.ts";
import { type ChatDraft, type OutgoingChat, writeChatRequest } from "./chat-request.ts";
import type { Route } from "./endpoint.ts";
import { callUpstream } from "./exchange.ts";
import type { Services } from "./services.ts";

/** A call that went out, and what came back. */
export interface Asked extends Omit<OutgoingChat, "body"> {
  readonly reply: UpstreamReply;
}

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

/** What a target is asked first: all that the client sent, but no other provider's signatures. */
function firstDraft(call: ChatCall, attempt: Attempt, route: Route): ChatDraft {
  const draft = { call, attempt, route, request: call.request, warnings: [] };
  return attempt.planned.isHome || !hasSignatures(call.request) ? draft : unsigned(draft);
}

/** What a target may be asked in place of what it refused; null where nothing can be left out. */
function lesserDraft(draft: ChatDraft, fault: Fault): ChatDraft | null {
  const { request } = draft;
  if (fault.kind === "unsupported" && fault.feature === "thinking" && request.reasoning !== undefined) {
    return unthinking(draft);
  }
  return isSignatureRefusal(fault) && hasSignatures(request) ? unsigned(draft) : null;
}

async function askOnce(draft: ChatDraft, services: Services): Promise<Result<Asked, Fault>> {
  const { call, attempt, route } = draft;
  const outgoing = await writeChatRequest(draft, services);
  if (!outgoing.ok) return outgoing;
  const { body, ...told } = outgoing.value;
  const isStream = call.request.stream;
  const path = route.dialect.chatPath(attempt.planned.target.model, isStream);
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
  const asked = await askOnce(draft, services);
  if (asked.ok) return asked;
  const lesser = lesserDraft(draft, asked.error);
  return lesser === null ? asked : askOnce(lesser, services);
}
