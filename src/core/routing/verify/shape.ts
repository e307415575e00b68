import { totalOutput } from "../../usage.ts";
import type { Check } from "./verdict.ts";

/** A client that allows this little asks whether somebody is there, and reads nothing. */
const TOKENS_OF_A_PROBE = 16;

/** No text and no call of a tool: thinking alone is no answer. */
export const isEmpty: Check = ({ request, reply, text }) => {
  const { unified } = reply.finish;
  if (unified === "pause" || unified === "content-filter" || unified === "refusal") return undefined;
  if ((request.maxOutputTokens ?? Number.POSITIVE_INFINITY) <= TOKENS_OF_A_PROBE) return undefined;
  if (text.trim() !== "") return null;
  const saysMore = reply.parts.some(({ type }) => type !== "text" && type !== "reasoning");
  return saysMore ? null : "the answer is empty";
};

/** Of the client's limit: an answer that used this much of it was cut by the client itself. */
const SHARE_OF_LIMIT = 0.9;

/** The client wanted no more than this, so that another model would be cut off as well. */
function isClientsLimit(limit: number | undefined, output: number | null): boolean {
  return limit !== undefined && (output === null || output >= limit * SHARE_OF_LIMIT);
}

/** Cut off by the model's own limit, not by the client's. */
export const isCutOff: Check = ({ request, reply, fences }) => {
  const { unified } = reply.finish;
  const output = reply.usage === undefined ? null : totalOutput(reply.usage);
  if (unified === "length") {
    return isClientsLimit(request.maxOutputTokens, output) ? undefined : "the answer was cut off before its end";
  }
  if (unified !== "other") return null;
  return fences.some(({ isClosed }) => !isClosed) ? "the answer ends inside a code block" : null;
};

/** Words of tasks that a model may well refuse: there the refusal is the answer. */
const TOUCHY =
  /\b(?:weapon|bomb|explosive|malware|ransomware|virus|exploit|phish|hack(?:ing)? (?:into|someone)|crack(?:ed|ing)? (?:password|license)|steal|stolen|kill|murder|suicid|self[- ]harm|overdose|drug|meth\b|poison|porn|nude|sexual|minor|racis|slur|hate speech|terroris|launder|counterfeit|fraud|bypass|jailbreak|dox|stalk|spy on|surveil|medical advice|diagnos|legal advice|deepfake|ignore (?:all|previous) instructions)/i;

const REFUSALS: readonly RegExp[] = [
  /^(?:i(?:'|’)?m |i am )?(?:very |so |truly )?sorry[,.!]?\s+(?:but\s+)?(?:i|as an ai)\b.{0,40}\b(?:can(?:no|')t|can’t|cannot|unable|not able|won(?:'|’)t)/i,
  /^(?:i (?:can(?:'|’)t|cannot|can not|won(?:'|’)t|am unable to|am not able to)|i(?:'|’)m (?:unable|not able) to) (?:help|assist|comply|do that|fulfil+|provide|complete|create|write|generate|answer|process|discuss|engage)/i,
  /^as an ai(?: language)?(?: model| assistant)?,? (?:i|it)\b.{0,60}\b(?:can(?:no|')t|can’t|cannot|unable|not able)/i,
  /^(?:es tut mir leid|tut mir leid|leider)\b.{0,60}\bkann (?:ich )?(?:dabei|das|dir|ihnen|nicht)/i,
  /^(?:je suis désolée?|désolée?)\b.{0,60}\b(?:ne peux pas|ne suis pas en mesure)/i,
  /^(?:lo siento)\b.{0,60}\bno puedo/i,
];

/** A refusal is short, and begins so. */
const LONGEST_REFUSAL = 800;

/** A harmless task that was refused. What a provider's filter stopped is not asked elsewhere. */
export const isRefused: Check = ({ reply, text, userText }) => {
  if (reply.finish.unified === "content-filter" || TOUCHY.test(userText)) return undefined;
  const isSpoken = reply.parts.some(({ type }) => type === "refusal") || reply.finish.unified === "refusal";
  const words = text.trim();
  const isWritten = words.length <= LONGEST_REFUSAL && REFUSALS.some((pattern) => pattern.test(words));
  return isSpoken || isWritten ? "the model refused a task that looks harmless" : null;
};
