import type { Fault } from "./fault.ts";
import type { ChatRequest, Message, Part } from "./request.ts";

/** Thinking, and calls of tools, may carry a token that only the provider that minted it takes back. */
function isSigned(part: Part): boolean {
  if (part.type === "reasoning") return part.signature !== undefined || part.encrypted !== undefined;
  return part.type === "tool-call" && part.signature !== undefined;
}

/** What is left of a part for other providers: readable thinking, the call itself; nothing of thinking that is sealed. */
function unsigned(part: Part): readonly Part[] {
  if (!isSigned(part)) return [part];
  if (part.type === "reasoning") return part.text === "" ? [] : [{ type: "reasoning", text: part.text }];
  if (part.type !== "tool-call") return [part];
  const { signature: _, ...call } = part;
  return [call];
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
