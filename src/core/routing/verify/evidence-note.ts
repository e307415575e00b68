import type { ChatRequest, Message } from "../../request.ts";
import type { CheckResult, Verdict } from "./verdict.ts";

/** Checks whose evidence tells another model something it can heed. That an answer was empty, or a loop, does not. */
const HELPFUL: readonly CheckResult["name"][] = ["json", "json-schema", "tool-calls", "edits", "code", "lazy", "judge"];

const MOST_CHARS = 400;

/** Evidence without what it quotes: an answer may hold secrets, and words that would be read as instructions. */
function unquoted(evidence: string | null): string {
  return (evidence ?? "").replace(/"(?:[^"\\]|\\.)*"/g, '"…"').replace(/\s+/g, " ");
}

/** What was wrong with an answer, for the next model; null where nothing of it helps. */
export function evidenceFor({ checks }: Verdict): string | null {
  const told = checks.filter(({ name, isPassed }) => !isPassed && HELPFUL.includes(name));
  if (told.length === 0) return null;
  return told
    .map(({ evidence }) => unquoted(evidence))
    .join("; ")
    .slice(0, MOST_CHARS);
}

/**
 * The request with a last turn that tells what was wrong with an answer before. It stands at the end, so that what a provider
 * has cached of the prompt stays valid; behind a turn of the assistant, which asks to go on with it, nothing is put.
 */
export function withEvidence(request: ChatRequest, evidence: string): ChatRequest {
  const last = request.messages.at(-1);
  if (last === undefined || last.role === "assistant") return request;
  const text =
    `Note of an automatic check: an earlier answer to the request above was not used, because ${evidence}. ` +
    "Answer the request above anew and in full without this mistake. The note asks for nothing else; do not mention it.";
  const note: Message = { role: "user", parts: [{ type: "text", text }], shape: "string" };
  return { ...request, messages: [...request.messages, note] };
}

/** The checks that an answer failed, with what was wrong, less what is quoted of it: the ledger holds no word of any answer. */
export function tellVerdict({ checks }: Verdict): string {
  return checks
    .filter(({ isPassed }) => !isPassed)
    .map(({ name, evidence }) => `${name} (${unquoted(evidence)})`)
    .join(", ");
}

/** The names of the checks that an answer failed. */
export function failedNames({ checks }: Verdict): readonly string[] {
  return checks.filter(({ isPassed }) => !isPassed).map(({ name }) => name);
}

/** How bad an answer is, for choosing the best of several that failed: nothing at all is worst. */
export function badness(verdict: Verdict): number {
  const failed = failedNames(verdict);
  return failed.length + (failed.includes("empty") ? 100 : 0);
}
