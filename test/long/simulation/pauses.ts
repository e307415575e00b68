import type { LodestarEvent } from "../../../src/core/event.ts";
import type { AttemptIntent, AttemptOutcome } from "../../../src/core/ledger.ts";
import type { Run } from "./world.ts";

const RATE_LIMIT_PAUSE_MS = 5_000;
const WRONG_KEY_PAUSE_MS = 600_000;
const FIRST_OPEN_MS = 5_000;

/** A pause as the rules want it: of one account, or of all that share its group (here: its provider). */
interface Pause {
  readonly of: string;
  readonly ms: number;
}

function pausesAfter({ provider, account }: AttemptIntent, { fault }: AttemptOutcome): readonly Pause[] {
  if (fault?.kind === "auth") return [{ of: `${provider}/${account}`, ms: WRONG_KEY_PAUSE_MS }];
  if (fault?.kind !== "rate-limited") return [];
  const seconds = /wait (\d+)/.exec(fault.message)?.[1];
  return [{ of: provider, ms: seconds === undefined ? RATE_LIMIT_PAUSE_MS : Number(seconds) * 1_000 }];
}

/** What is to be left alone until when, by the name of a group, an account or a breaker. */
function learn(event: LodestarEvent, until: Map<string, number>): void {
  if (event.event === "health") {
    const breaker = `breaker of ${event.provider}/${event.account}`;
    until.set(breaker, event.state === "open" ? event.at + FIRST_OPEN_MS : 0);
  }
  if (event.event !== "settled") return;
  for (const { of, ms } of pausesAfter(event.intent, event.outcome)) {
    until.set(of, Math.max(until.get(of) ?? 0, event.at + ms));
  }
}

/** Calls to accounts that should have been left alone: a second telling of `gateway/health.ts`, from intents and events alone. */
export function pauseProblems({ story }: Run): readonly string[] {
  const until = new Map<string, number>();
  const problems: string[] = [];
  for (const entry of story) {
    if ("event" in entry) {
      learn(entry, until);
      continue;
    }
    const { provider, account, startedAt, requestId, attempt, routeReason } = entry;
    const name = `${provider}/${account}`;
    // A request may finish its own tries at a target whose breaker they opened.
    const breakerUntil = routeReason.endsWith(">retry") ? 0 : (until.get(`breaker of ${name}`) ?? 0);
    const earlyMs = Math.max(until.get(provider) ?? 0, until.get(name) ?? 0, breakerUntil) - startedAt;
    if (earlyMs > 0) problems.push(`${requestId}#${attempt} (${routeReason}) asked ${name} ${earlyMs} ms too early`);
  }
  return problems;
}
