import { expect, test } from "bun:test";
import { contentOf } from "../support/chat-chunks.ts";
import { pauseProblems } from "./simulation/pauses.ts";
import { DEADLINES, type Run, simulate } from "./simulation/world.ts";
import { caseCount, caseLabel, caseNumbers, LONG_TEST_MS, printFigures, suiteSeed } from "./support/run.ts";

const FULL_COUNT = 1_000;
/** The watchdog looks ten times a second. */
const TICK_MS = 100;

type Settled = Extract<Run["events"][number], { event: "settled" }>;

function settledOf(run: Run): readonly Settled[] {
  return run.events.filter((event) => event.event === "settled");
}

function bookProblems(run: Run): readonly string[] {
  const settled = settledOf(run).map(({ intent }) => `${intent.requestId}#${intent.attempt}`);
  const reserved = run.intents.map((intent) => `${intent.requestId}#${intent.attempt}`);
  const problems = run.openAttempts === 0 ? [] : [`${run.openAttempts} attempts were left open`];
  if (settled.length !== new Set(settled).size) problems.push("an attempt was settled twice");
  if (settled.toSorted().join() !== reserved.toSorted().join()) problems.push("reserved and settled differ");
  const sent = settledOf(run).filter(({ outcome }) => outcome.state !== "refused").length;
  if (sent < run.calls.length) problems.push(`${run.calls.length} calls, but only ${sent} rows`);
  return problems;
}

/** The words of one call, from its first, without a gap: anything else mixes answers. */
function contentProblem(content: string): string | null {
  const words = content.split(" ").filter((word) => word !== "");
  const [call] = words[0]?.split(".") ?? [];
  const isOne = words.every((word, index) => word === `${call}.${index}`);
  return isOne ? null : `mixed content: ${content}`;
}

function wholeContent(text: string): string {
  const body = JSON.parse(text) as { choices?: { message?: { content?: string } }[] };
  return body.choices?.[0]?.message?.content ?? "";
}

function clientProblems(run: Run): readonly string[] {
  return run.clients.flatMap(({ client, seen }) => {
    const name = `client ${client.number}`;
    if (seen === null) return [`${name} never got an end`];
    if (seen.hasLeft) return [];
    const isStream = client.isStream && seen.status === 200;
    const mixed = contentProblem(isStream ? contentOf(seen.text) : wholeContent(seen.text));
    const hasEnd = !isStream || seen.text.endsWith("data: [DONE]\n\n") || /data: \{"error":.*\n\n$/.test(seen.text);
    const problems = mixed === null ? [] : [`${name}: ${mixed}`];
    return hasEnd ? problems : [...problems, `${name}: no end: ${seen.text.slice(-200)}`];
  });
}

/** Each passed deadline passed when it should, and none passed unnoticed where the client read at full speed. */
function deadlineProblems(run: Run): readonly string[] {
  return settledOf(run).flatMap(({ intent, outcome }) => {
    const tookMs = outcome.endedAt - intent.startedAt;
    const what = `${intent.requestId}#${intent.attempt} ${outcome.state} ${outcome.fault?.message ?? ""} after ${tookMs} ms`;
    const client = run.clients[Number(intent.session)]?.client;
    const isPrompt = client?.readEveryMs === 0;
    if (isPrompt && tookMs > DEADLINES.totalMs + TICK_MS) return [`past the total: ${what}`];
    if (outcome.fault?.kind !== "timeout") return [];
    const message = outcome.fault.message;
    if (message === "No headers came.") return tookMs === DEADLINES.headersMs ? [] : [`headers: ${what}`];
    if (message.includes("no content")) {
      // Counted from the headers, which have a deadline of their own.
      const latestMs = DEADLINES.headersMs + DEADLINES.firstTokenMs + TICK_MS;
      return tookMs >= DEADLINES.firstTokenMs && tookMs <= latestMs ? [] : [`first token: ${what}`];
    }
    return tookMs >= DEADLINES.idleMs ? [] : [`idle or total: ${what}`];
  });
}

function problemsOf(run: Run): readonly string[] {
  const leftovers = run.pendingTimers === 0 ? [] : [`${run.pendingTimers} timers were left after ${run.elapsedMs} ms`];
  return [
    ...run.broken,
    ...leftovers,
    ...bookProblems(run),
    ...clientProblems(run),
    ...deadlineProblems(run),
    ...pauseProblems(run),
  ];
}

function traceOf(run: Run): string {
  return JSON.stringify([run.events, run.calls, run.clients]);
}

test(
  "every seed keeps the rules: one settlement, one target an answer, deadlines, pauses, no leftovers",
  async () => {
    const numbers = caseNumbers(caseCount(FULL_COUNT));
    const problems: string[] = [];
    const figures = { attempts: 0, fallbacks: 0, "breakers opened": 0, "simulated hours": 0, "clients that left": 0 };
    for (const number of numbers) {
      const run = await simulate(suiteSeed() * 1_000_000 + number);
      problems.push(...problemsOf(run).map((problem) => caseLabel(number, problem)));
      figures.attempts += run.intents.length;
      figures.fallbacks += run.events.filter((event) => event.event === "fallback").length;
      figures["breakers opened"] += run.events.filter(
        (event) => event.event === "health" && event.state === "open",
      ).length;
      figures["clients that left"] += run.clients.filter(({ seen }) => seen?.hasLeft === true).length;
      figures["simulated hours"] += run.elapsedMs / 3_600_000;
    }
    printFigures("simulation", { seeds: numbers.length, ...figures, problems: problems.length });
    expect(problems.slice(0, 8)).toEqual([]);
  },
  LONG_TEST_MS,
);

test("a seed replays to the millisecond", async () => {
  for (const number of caseNumbers(5)) {
    const seed = suiteSeed() * 1_000_000 + number;
    expect(traceOf(await simulate(seed))).toBe(traceOf(await simulate(seed)));
  }
});
