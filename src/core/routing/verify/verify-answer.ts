import type { Reply } from "../../reply.ts";
import type { ChatRequest } from "../../request.ts";
import { hasBrokenCode } from "./code.ts";
import { hasBadEdits } from "./edits.ts";
import { breaksSchema, isNotJson } from "./json.ts";
import { isOtherLanguage } from "./language.ts";
import { isLazy } from "./lazy.ts";
import { repeatsItself } from "./repetition.ts";
import { isCutOff, isEmpty, isRefused } from "./shape.ts";
import { subjectOf } from "./subject.ts";
import { hasBadToolCalls } from "./tool-calls.ts";
import {
  CHECK_NAMES,
  type Check,
  type CheckName,
  type CheckResult,
  type SyntaxCheck,
  type Verdict,
} from "./verdict.ts";

const CHECKS: Readonly<Record<CheckName, Check>> = {
  empty: isEmpty,
  "cut-off": isCutOff,
  repetition: repeatsItself,
  json: isNotJson,
  "json-schema": breaksSchema,
  "tool-calls": hasBadToolCalls,
  edits: hasBadEdits,
  code: hasBrokenCode,
  lazy: isLazy,
  refusal: isRefused,
  language: isOtherLanguage,
};

/** What the checks need beside the answer. */
export interface Checking {
  readonly checks: readonly CheckName[];
  readonly syntax: SyntaxCheck;
}

/**
 * Checks a whole answer before anybody gets it. Pure, and quick: no model is asked. A check that has nothing to look at (no
 * code, no tools) leaves no result; an answer that nothing could be said of is good.
 */
export function verifyAnswer(request: ChatRequest, reply: Reply, { checks, syntax }: Checking): Verdict {
  const subject = subjectOf(request, reply, syntax);
  const results: CheckResult[] = [];
  for (const name of CHECK_NAMES) {
    if (!checks.includes(name)) continue;
    const evidence = CHECKS[name](subject);
    if (evidence !== undefined) results.push({ name, isPassed: evidence === null, evidence });
  }
  return { isGood: results.every(({ isPassed }) => isPassed), checks: results };
}
