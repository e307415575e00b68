/**
 * Agents that ask again after any 429, whatever `x-should-retry` says: measured with opencode 1.18, Qwen Code 0.24, Aider
 * 0.86 and pi 0.73, which keep at it for up to minutes. Two of them say who they are; the others pass for the SDK they are
 * made of, unless their configuration has them send `x-lodestar-client`.
 */
const STUBBORN_AGENT = /^(?:opencode|QwenCode)\/|\bai-sdk\//;
const STUBBORN_NAMES: readonly string[] = ["aider", "opencode", "pi", "qwen"];

function isStubborn(headers: Headers): boolean {
  const name = headers.get("x-lodestar-client") ?? "";
  return STUBBORN_NAMES.includes(name) || STUBBORN_AGENT.test(headers.get("user-agent") ?? "");
}

/**
 * A refusal for good as such a client understands it: with the status 400 instead of 429, which is also how Anthropic
 * answers where an account has nothing left. Body and headers stay; every other answer and client is left as it is.
 */
export function forStubbornClient(request: Request, response: Response): Response {
  const isForGood = response.status === 429 && response.headers.get("x-should-retry") === "false";
  if (!isForGood || !isStubborn(request.headers)) return response;
  return new Response(response.body, { status: 400, headers: response.headers });
}
