import type { Fault } from "../../core/fault.ts";
import { unfencedReply } from "../../core/fenced-json.ts";
import type { Reply } from "../../core/reply.ts";
import type { ChatRequest } from "../../core/request.ts";
import { textOfReply } from "../../core/request-text.ts";
import { conversationId } from "../../core/routing/conversation.ts";
import { readSignals } from "../../core/routing/signals.ts";
import { badness, failedNames, tellVerdict, withEvidence } from "../../core/routing/verify/evidence-note.ts";
import { isLooping } from "../../core/routing/verify/repetition.ts";
import type { Verdict } from "../../core/routing/verify/verdict.ts";
import { verifyAnswer } from "../../core/routing/verify/verify-answer.ts";
import type { Target } from "../../core/target.ts";
import { estimateTokens, type Usage } from "../../core/usage.ts";
import { digestOf } from "../../host/digest.ts";
import { scriptProblem } from "../../host/script-syntax.ts";
import type { Attempt } from "../attempt.ts";
import { estimateUsage } from "../estimate.ts";
import { costAt } from "./cost.ts";
import type { AnswerGate } from "./gate.ts";
import { askJudge } from "./judge.ts";
import { nextAfter, type Run, usageOf } from "./run.ts";

const DAY_MS = 86_400_000;
const SYNTAX = { script: scriptProblem };
const LOOP: Verdict = {
  isGood: false,
  checks: [{ name: "repetition", isPassed: false, evidence: "the answer goes round in a loop" }],
};

/** The gate of one attempt, and what it found for the client's header. */
export interface AttemptGate extends AnswerGate {
  /** What the client is told of its answer. */
  told(): string;
}

function holdsStream({ cascade, call }: Run): boolean {
  if (cascade.mode !== "on" || cascade.streams === "pass") return false;
  if (cascade.streams === "hold") return true;
  const { responseFormat, toolChoice } = call.request;
  const isJson = responseFormat !== undefined && responseFormat.type !== "text";
  return isJson || toolChoice?.type === "required" || toolChoice?.type === "tool";
}

/** A fence around JSON costs nobody another model: it is taken off, as where a schema is told in words. */
function tidied({ cascade, call }: Run, reply: Reply): Reply {
  const isJson = (call.request.responseFormat?.type ?? "text") !== "text";
  return isJson && cascade.checks.includes("json") ? unfencedReply(reply) : reply;
}

/** A limit that budgets set is no fault of the model, as the client's own is none. */
function asAsked(request: ChatRequest, { outputCap }: Attempt): ChatRequest {
  return outputCap === null ? request : { ...request, maxOutputTokens: outputCap };
}

/** The verdict of the checks, and where they pass and somebody else could be asked, that of the judge. */
async function verdictOn(run: Run, attempt: Attempt, reply: Reply, usage: Usage): Promise<Verdict> {
  const { call, cascade, services, job, rejections } = run;
  const verdict = verifyAnswer(asAsked(call.request, attempt), reply, { checks: cascade.checks, syntax: SYNTAX });
  const isJudged = verdict.isGood && cascade.mode === "on" && cascade.judge !== null;
  if (!isJudged || cascade.judge === null || nextAfter(run, attempt, usage) === null) return verdict;
  run.judgements++;
  const question = call.request.messages.findLast(({ role }) => role === "user");
  const judged = await askJudge(
    {
      job,
      call,
      judge: cascade.judge,
      number: run.judgements,
      question: question?.parts.map((part) => (part.type === "text" ? part.text : "")).join("\n") ?? "",
      answer: textOfReply(reply),
      deadline: run.deadline,
    },
    attempt,
    services,
  );
  rejections.spend(judged.costNanoUsd);
  if (judged.check === null) return verdict;
  return { isGood: judged.check.isPassed, checks: [...verdict.checks, judged.check] };
}

/** Checks that an answer passes by what it says, not by being one at all. */
const TELLING: readonly string[] = ["json", "json-schema", "tool-calls", "edits", "code", "judge"];

/**
 * The steps of an agent, and a script that repeats itself, are no independent observations: of a conversation's verdicts on a model
 * the latest of each kind is kept, a UTC day.
 */
function verdictId({ call }: Run, { provider, model }: Target, isGood: boolean, now: number): string {
  const conversation = conversationId(call.caller, readSignals(call.request).conversationKey);
  const what = [provider, model, call.task ?? "", conversation, Math.floor(now / DAY_MS)].join("\n");
  return `verdict:${digestOf(what).slice(0, 24)}:${isGood ? "passed" : "failed"}`;
}

function record(run: Run, { planned, intent }: Attempt, verdict: Verdict): void {
  const { call, services } = run;
  if (services.evidence === undefined) return;
  if (verdict.isGood && !verdict.checks.some(({ name }) => TELLING.includes(name))) return;
  const { provider, model } = planned.target;
  const now = services.clock.now();
  services.evidence.recordEvidence({
    id: verdictId(run, planned.target, verdict.isGood, now),
    at: now,
    provider,
    model,
    taskClass: call.task ?? "general",
    kind: "verdict",
    score: verdict.isGood ? 1 : 0,
    voter: null,
    requestId: intent.requestId,
    project: call.caller.project,
  });
}

function rejectionOf(verdict: Verdict): Fault {
  return { kind: "rejected", message: `rejected: ${tellVerdict(verdict)}`.slice(0, 500) };
}

function headerOf({ cascade, rejections }: Run, verdict: Verdict | null): string {
  if (verdict === null) return `no; reason=streamed${rejections.told()}`;
  const names = verdict.isGood ? verdict.checks.map(({ name }) => name) : failedNames(verdict);
  const listed = `${verdict.isGood ? "checks" : "reason"}=${names.join(",")}`;
  const outcome = verdict.isGood ? "passed" : "failed";
  return `${cascade.mode === "shadow" ? "shadow-" : ""}${outcome}; ${listed}${rejections.told()}`;
}

/** Makes the gate of one attempt. */
export function createAttemptGate(run: Run, attempt: Attempt): AttemptGate {
  const { cascade, services, rejections, call } = run;
  let verdict: Verdict | null = null;

  /** What came of an answer that failed: it is rejected, or given all the same since none better can be had. */
  function decide(found: Verdict, usage: Usage): Fault | null {
    if (found.isGood || cascade.mode === "shadow") return null;
    const isBeaten = rejections.best !== null && badness(rejections.best.verdict) < badness(found);
    if (nextAfter(run, attempt, usage) === null) {
      run.isOver = isBeaten;
      if (!isBeaten) return null;
    }
    rejections.add(attempt.planned, found);
    rejections.spend(costAt(attempt.planned, usage, services));
    return rejectionOf(found);
  }

  return {
    holdsStream: holdsStream(run),
    amend(request) {
      const evidence = cascade.tellsEvidence ? rejections.evidence() : null;
      return evidence === null ? request : withEvidence(request, evidence);
    },
    isLost(text) {
      if (!cascade.checks.includes("repetition") || !isLooping(text)) return false;
      const usage = estimateUsage(call.request, estimateTokens(text));
      if (nextAfter(run, attempt, usage) === null) return false;
      record(run, attempt, LOOP);
      rejections.add(attempt.planned, LOOP);
      rejections.spend(costAt(attempt.planned, usage, services));
      return true;
    },
    tidy: (reply) => (cascade.mode === "on" ? tidied(run, reply) : reply),
    async judge(answer) {
      const reply = tidied(run, answer);
      const usage = usageOf(run, reply);
      verdict = await verdictOn(run, attempt, reply, usage);
      record(run, attempt, verdict);
      const fault = decide(verdict, usage);
      if (!verdict.isGood && cascade.mode === "on") attempt.recording = null;
      return fault;
    },
    keep(answer) {
      if (verdict !== null) rejections.keep({ answer, attempt, verdict });
    },
    told: () => headerOf(run, verdict),
  };
}
