import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../core/json.ts";

/**
 * Agents that ask again after any 429, whatever `x-should-retry` says: measured with opencode 1.18, Qwen Code 0.24, Aider
 * 0.86 and pi 0.73, which keep at it for up to minutes. Two of them say who they are; the others pass for the SDK they are
 * made of, unless their configuration has them send `x-lodestar-client`.
 */
const STUBBORN_AGENT = /^(?:opencode|QwenCode)\/|\bai-sdk\//;
const STUBBORN_NAMES: readonly string[] = ["aider", "opencode", "pi", "qwen"];

/**
 * What opencode, pi and Aider (its LiteLLM) look for in the words of an error, to take it for one that passes whatever its
 * status is: "chat answered 429", "$500.00" and "Tried: a/m (rate-limited)" all make them ask again.
 */
const WORDS_OF_PASSING = [
  "429|50[0-4]|524",
  "rate(?:.?|[\\s_-]*)limit|rate increased|too many requests|(?:temporarily|currently) at capacity|capacity exceeded",
  "overloaded|service.?unavailable|(?:server|internal|network|connection).?error|provider.?returned.?error",
  "upstream.?connect|connection.?(?:refused|lost)|socket|fetch failed|failed to fetch|reset before headers|terminated",
  "e(?:timedout|connre|notfound|ai_again)|getaddrinfo|websocket|other side closed|ended without|http2 request",
  "timed? ?out|try again|(?:try|retry) your request|retry delay|resource.?exhausted",
].join("|");
const IS_OF_PASSING = new RegExp(WORDS_OF_PASSING, "i");
/** The first character of each such word, of those that overlap too. */
const STARTS_OF_PASSING = new RegExp(`(?=${WORDS_OF_PASSING}).`, "gi");

/** Takes no room, and is seen by no person; a word that has it inside is another word to a program. */
const WORD_JOINER = "\u2060";

/** Members that clients tell errors by: they stay whatever is in them. */
const ENVELOPE: readonly string[] = ["type", "code", "status", "param"];

function isStubborn(headers: Headers): boolean {
  const name = headers.get("x-lodestar-client") ?? "";
  return STUBBORN_NAMES.includes(name) || STUBBORN_AGENT.test(headers.get("user-agent") ?? "");
}

/** What people read stays, with no word in it that a program knows; ids and times that hold one by chance are left out. */
function withoutPassing(body: JsonObject): JsonObject {
  const members = Object.entries(body).flatMap(([name, value]): readonly (readonly [string, JsonValue])[] => {
    if (typeof value === "string" && (name === "message" || name === "error")) {
      return [[name, value.replace(STARTS_OF_PASSING, (start) => `${start}${WORD_JOINER}`)]];
    }
    if (name === "error" && isJsonObject(value)) return [[name, withoutPassing(value)]];
    return ENVELOPE.includes(name) || !IS_OF_PASSING.test(JSON.stringify(value)) ? [[name, value]] : [];
  });
  return Object.fromEntries(members);
}

/**
 * A refusal for good as such a client understands it: with the status 400 instead of 429, which is also how Anthropic
 * answers where an account has nothing left, and without words that it takes for those of a fault that passes. Headers
 * stay; every other answer and client is left as it is.
 */
export async function forStubbornClient(request: Request, response: Response): Promise<Response> {
  const isForGood = response.status === 429 && response.headers.get("x-should-retry") === "false";
  if (!isForGood || !isStubborn(request.headers)) return response;
  const text = await response.text();
  const body = parseJson(text);
  const told = isJsonObject(body) ? JSON.stringify(withoutPassing(body)) : text;
  return new Response(told, { status: 400, headers: response.headers });
}
