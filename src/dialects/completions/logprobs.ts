import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { stringIn } from "../openai-chat/fields.ts";

function entriesIn(object: JsonObject, name: string): readonly JsonObject[] {
  const list = object[name];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

function probabilityOf({ logprob }: JsonObject): number | null {
  return typeof logprob === "number" ? logprob : null;
}

/**
 * The log probabilities of a chat reply's choice in the form that completions have: four lists beside one another.
 * `startsAt` is where the answer begins in the text. Null where the choice has none. Source: OpenAI's reference, both calls.
 */
export function completionLogprobs(choice: JsonObject | undefined, startsAt: number): JsonObject | null {
  const { logprobs } = choice ?? {};
  const entries = isJsonObject(logprobs) ? entriesIn(logprobs, "content") : [];
  if (entries.length === 0) return null;
  const tokens = entries.map((entry) => stringIn(entry, "token") ?? "");
  let offset = startsAt;
  const textOffsets = tokens.map((token) => {
    const at = offset;
    offset += token.length;
    return at;
  });
  const tops = entries.map((entry) =>
    Object.fromEntries(
      entriesIn(entry, "top_logprobs").map((top) => [stringIn(top, "token") ?? "", probabilityOf(top)]),
    ),
  );
  return { tokens, token_logprobs: entries.map(probabilityOf), top_logprobs: tops, text_offset: textOffsets };
}
