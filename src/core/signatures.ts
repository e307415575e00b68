import type { Fault } from "./fault.ts";
import { isJsonObject, without } from "./json.ts";
import type { ChatRequest, Message, Part } from "./request.ts";

/** Gemini's word for the token, where a part has no member for it: text, images and what only Gemini knows may carry one too. */
const TOKEN = "thoughtSignature";

/** Any part may carry a token that only the provider that minted it takes back. */
function isSigned(part: Part): boolean {
  switch (part.type) {
    case "reasoning":
      return part.signature !== undefined || part.encrypted !== undefined;
    case "tool-call":
      return part.signature !== undefined;
    case "opaque":
      return isJsonObject(part.json) && Object.hasOwn(part.json, TOKEN);
    default:
      return part.extra?.verbatim?.[TOKEN] !== undefined;
  }
}

/** What is left of a signed part for other providers: the part itself; of thinking what can be read, nothing of what is sealed. */
function unsigned(part: Part): readonly Part[] {
  if (!isSigned(part)) return [part];
  if (part.type === "reasoning") return part.text === "" ? [] : [{ type: "reasoning", text: part.text }];
  if (part.type === "tool-call") {
    const { signature: _, ...call } = part;
    return [call];
  }
  if (part.type === "opaque")
    return isJsonObject(part.json) ? [{ ...part, json: without(part.json, [TOKEN]) }] : [part];
  const { extra } = part;
  if (extra?.verbatim === undefined) return [part];
  return [{ ...part, extra: { ...extra, verbatim: without(extra.verbatim, [TOKEN]) } }];
}

function unsignedMessage(message: Message): readonly Message[] {
  if (!message.parts.some(isSigned)) return [message];
  const parts = message.parts.flatMap(unsigned);
  return parts.length === 0 ? [] : [{ ...message, parts }];
}

/** Whether a conversation carries what one provider minted for itself. */
export function hasSignatures({ messages }: ChatRequest): boolean {
  return messages.some((message) => message.parts.some(isSigned));
}

/** The same conversation for a provider that did not mint its signatures: these, and thinking that is nothing else, are left out. */
export function withoutSignatures(request: ChatRequest): ChatRequest {
  return { ...request, messages: request.messages.flatMap(unsignedMessage) };
}

/**
 * Whether a provider refused a request for a signature it did not mint. In their words: "Invalid `signature` in `thinking`
 * block" (Anthropic), "The encrypted content … could not be verified" (OpenAI), "Thought signature is not valid" (Google).
 */
export function isSignatureRefusal(fault: Fault): boolean {
  return fault.kind === "bad-request" && /signature|encrypted[ _]content/i.test(fault.message);
}
