import type { FinishReason, Reply } from "../../../../src/core/reply.ts";
import type { ChatRequest, Message, Part } from "../../../../src/core/request.ts";
import { CHECK_NAMES, type CheckName, type SyntaxCheck } from "../../../../src/core/routing/verify/verdict.ts";
import { verifyAnswer } from "../../../../src/core/routing/verify/verify-answer.ts";
import { scriptProblem } from "../../../../src/host/script-syntax.ts";

const SYNTAX: SyntaxCheck = { script: scriptProblem };

/** A message of one text. */
export function said(role: Message["role"], text: string): Message {
  return { role, parts: [{ type: "text", text }] };
}

/** A request for `prompt`, changed by `more`. */
export function ask(prompt: string, more: Partial<ChatRequest> = {}): ChatRequest {
  return { model: "m", stream: false, messages: [said("user", prompt)], ...more };
}

/** A reply of one text or of the given parts. */
export function answer(
  content: string | readonly Part[],
  finish: FinishReason["unified"] = "stop",
  more: Partial<Reply> = {},
): Reply {
  const parts = typeof content === "string" ? [{ type: "text", text: content } as const] : content;
  return { id: "r", model: "m", parts, finish: { unified: finish, raw: null }, ...more };
}

/** What one check finds: its evidence, null where it passes, undefined where it has nothing to look at. */
export function find(name: CheckName, request: ChatRequest, reply: Reply): string | null | undefined {
  const verdict = verifyAnswer(request, reply, { checks: CHECK_NAMES, syntax: SYNTAX });
  return verdict.checks.find((check) => check.name === name)?.evidence;
}
