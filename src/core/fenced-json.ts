import { parseJson } from "./json.ts";
import type { Reply } from "./reply.ts";
import type { Part, TextPart } from "./request.ts";

/** The text of an answer's parts as one. */
export function textOfParts(parts: readonly Part[]): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
}

/** The text between the code fences that models put around JSON; undefined where there is no fence. */
export function unfenced(text: string): string | undefined {
  const trimmed = text.trim();
  const firstLineEnd = trimmed.indexOf("\n");
  if (!trimmed.startsWith("```") || !trimmed.endsWith("```") || firstLineEnd === -1) return undefined;
  return trimmed.slice(firstLineEnd + 1, -3).trim();
}

/** The parts with one text in place of all theirs. */
export function withText(parts: readonly Part[], text: string): readonly Part[] {
  const first = parts.findIndex(({ type }) => type === "text");
  return parts.flatMap((part, index): readonly Part[] => {
    if (part.type !== "text") return [part];
    const whole: TextPart = { type: "text", text };
    return index === first ? [whole] : [];
  });
}

function unfencedChoice<Choice extends Pick<Reply, "parts">>(choice: Choice): Choice {
  const text = textOfParts(choice.parts);
  const inner = parseJson(text) === undefined ? unfenced(text) : undefined;
  if (inner === undefined || parseJson(inner) === undefined) return choice;
  return { ...choice, parts: withText(choice.parts, inner) };
}

/** A reply, and each of its alternatives, less the code fence around its JSON; the same object where there is none. */
export function unfencedReply(reply: Reply): Reply {
  const main = unfencedChoice(reply);
  const alternatives = reply.alternatives?.map(unfencedChoice);
  const isSame = main === reply && alternatives?.every((one, index) => one === reply.alternatives?.[index]) !== false;
  if (isSame || alternatives === undefined) return main;
  return { ...main, alternatives };
}
