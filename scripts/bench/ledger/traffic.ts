import type { AttemptIntent, AttemptOutcome } from "../../../src/core/ledger.ts";
import type { PendingAttempt } from "../../../src/stores/ledger-queue.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A small generator of numbers in [0, 1), the same for the same seed (mulberry32, public domain). */
function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const MODELS = [
  ["anthropic", "claude-sonnet-5", 3_000, 15_000],
  ["anthropic", "claude-haiku-5", 1_000, 5_000],
  ["openai", "gpt-5.4", 1_250, 10_000],
  ["openai", "gpt-5.4-nano", 50, 400],
  ["google", "gemini-3-pro", 2_000, 12_000],
  ["google", "gemini-3-flash", 300, 2_500],
  ["deepseek", "deepseek-v4-flash", 140, 280],
  ["groq", "llama-4-maverick", 200, 600],
  ["mistral", "codestral", 300, 900],
  ["ollama", "qwen3-coder:30b", 0, 0],
  ["ollama", "llama3.2", 0, 0],
] as const;
const TASKS = ["bug_fix", "feature", "refactor", "docs", "test", "review", "explain", "chat"];
const TAGS = ["nightly", "release", "spike", "support"];
const CLIENTS = ["claude-cli/2.1", "codex/1.4", "aider/0.90", "opencode/1.0", "curl/8.9"];
/** Share of a day's requests by the hour (UTC): people sleep. */
const HOURS = [1, 1, 1, 1, 1, 1, 2, 4, 7, 9, 9, 8, 6, 8, 9, 9, 8, 7, 5, 4, 3, 3, 2, 2];

const PROJECTS = 24;
const FILES_OF_PROJECT = 60;
const OPEN_SESSIONS = 40;
const REQUESTS_OF_SESSION = 120;

interface Session {
  readonly id: string;
  readonly project: string | null;
  readonly keyId: string;
  readonly client: string;
  readonly tag: string | null;
  readonly model: (typeof MODELS)[number];
  /** For what needs less: titles, summaries, searches. Coding agents use one beside the main model. */
  readonly sideModel: (typeof MODELS)[number];
}

/** How much traffic: so many rows evenly over so many UTC days, the last of them that of `until` (Unix ms). */
export interface TrafficPlan {
  readonly rows: number;
  readonly days: number;
  readonly until: number;
  readonly seed: number;
}

function pick<Value>(values: readonly Value[], chance: () => number): Value {
  // Squared: a few are used most, as anywhere.
  const value = values[Math.floor(chance() ** 2 * values.length)];
  if (value === undefined) throw new RangeError("nothing to pick from");
  return value;
}

/** When each hour's share of a day is used up. */
const HOUR_ENDS = HOURS.map((_, hour) => HOURS.slice(0, hour + 1).reduce((sum, share) => sum + share, 0));
const DAY_SHARE = HOUR_ENDS.at(-1) ?? 1;

/** The moment of a day (ms) at which this part of its requests has come. */
function momentOf(part: number): number {
  const wanted = part * DAY_SHARE;
  const hour = HOUR_ENDS.findIndex((end) => end > wanted);
  const share = HOURS[hour] ?? 1;
  return (hour + 1 - ((HOUR_ENDS[hour] ?? 0) - wanted) / share) * HOUR_MS;
}

function openSession(number: number, chance: () => number): Session {
  const project = Math.floor(chance() ** 2 * PROJECTS);
  return {
    id: `session-${number.toString(36).padStart(8, "0")}-${project}`,
    project: chance() < 0.05 ? null : `project-${project}`,
    keyId: `key_${project % 12}`,
    client: pick(CLIENTS, chance),
    tag: chance() < 0.3 ? pick(TAGS, chance) : null,
    model: pick(MODELS, chance),
    sideModel: pick(MODELS, chance),
  };
}

type Model = (typeof MODELS)[number];

function intentOf(
  session: Session,
  model: Model,
  startedAt: number,
  number: number,
  chance: () => number,
): AttemptIntent {
  const [provider, name] = model;
  return {
    requestId: `req_${number.toString(36).padStart(10, "0")}`,
    attempt: 1,
    provider,
    account: "default",
    model: name,
    requestedModel: provider === "ollama" ? "free" : name,
    endpoint: "chat",
    clientDialect: "openai-chat",
    isStream: chance() < 0.9,
    keyId: session.keyId,
    project: session.project,
    session: session.id,
    client: session.client,
    tag: session.tag,
    task: chance() < 0.6 ? pick(TASKS, chance) : null,
    file: chance() < 0.4 ? `src/part-${Math.floor(chance() ** 2 * FILES_OF_PROJECT)}.ts` : null,
    routeReason: provider === "ollama" ? "free" : "explicit",
    startedAt,
    reservedNanoUsd: null,
  };
}

const FAULT = { kind: "upstream-error", message: "the upstream answered 503", status: 503 } as const;

function outcomeOf(intent: AttemptIntent, model: Model, hasFailed: boolean, chance: () => number): AttemptOutcome {
  const [provider, , inputPrice, outputPrice] = model;
  const input = hasFailed ? 0 : Math.floor(200 + chance() ** 3 * 60_000);
  const cacheRead = Math.floor(input * chance() * 0.9);
  const text = hasFailed ? 0 : Math.floor(20 + chance() ** 2 * 2_000);
  const isLocal = provider === "ollama";
  return {
    requestId: intent.requestId,
    attempt: intent.attempt,
    state: hasFailed ? "failed" : "final",
    usage: {
      input: { uncached: input - cacheRead, cacheRead, cacheWrite5m: 0, cacheWrite1h: 0 },
      output: { text, reasoning: 0 },
      raw: null,
    },
    usageSource: "provider",
    costNanoUsd: (input - cacheRead) * inputPrice + Math.floor((cacheRead * inputPrice) / 10) + text * outputPrice,
    costReason: isLocal ? "local" : null,
    priceId: isLocal ? null : `${provider}/${intent.model}`,
    savedNanoUsd: isLocal ? input * 3_000 + text * 15_000 : null,
    savedKind: isLocal ? "routing" : null,
    savedPriceId: isLocal ? "anthropic/claude-sonnet-5" : null,
    endedAt: intent.startedAt + Math.floor(300 + chance() * 8_000),
    firstTokenMs: hasFailed ? null : Math.floor(100 + chance() * 900),
    fault: hasFailed ? FAULT : null,
    upstreamStatus: hasFailed ? 503 : 200,
  };
}

function settled(intent: AttemptIntent, outcome: AttemptOutcome): PendingAttempt {
  const key = `${intent.requestId}#${intent.attempt}`;
  return { key, intent, isNew: true, isStreaming: false, outcome, prices: [], bytes: 0 };
}

/**
 * Attempts as a team of developers makes them, oldest first: two dozen projects, long sessions with a main and a side
 * model, quiet nights, 4 % of first attempts failed and tried again elsewhere. The same plan gives the same rows.
 */
export function* traffic({ rows, days, until, seed }: TrafficPlan): Generator<PendingAttempt> {
  const chance = chanceFrom(seed);
  const first = Math.floor(until / DAY_MS) * DAY_MS - (days - 1) * DAY_MS;
  const sessions = Array.from({ length: OPEN_SESSIONS }, (_, number) => openSession(number, chance));
  let opened = sessions.length;
  for (let number = 0, made = 0; made < rows; number += 1, made += 1) {
    const place = Math.floor(chance() * sessions.length);
    const session = sessions[place] ?? openSession(0, chance);
    if (chance() < 1 / REQUESTS_OF_SESSION) sessions[place] = openSession(opened++, chance);
    const day = (made / rows) * days;
    const startedAt = Math.floor(first + Math.floor(day) * DAY_MS + momentOf(day % 1));
    const model = chance() < 0.85 ? session.model : session.sideModel;
    const intent = intentOf(session, model, startedAt, number, chance);
    const hasFailed = chance() < 0.04;
    yield settled(intent, outcomeOf(intent, model, hasFailed, chance));
    if (!hasFailed || made + 1 === rows) continue;
    made += 1;
    const other = pick(MODELS, chance);
    const again = { ...intent, attempt: 2, provider: other[0], model: other[1], startedAt: startedAt + 400 };
    yield settled(again, outcomeOf(again, other, false, chance));
  }
}
