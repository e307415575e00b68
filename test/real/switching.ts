import { type RunningLodestar, startLodestar } from "./driver.ts";
import { type Engine, GEMMA, SMOLLM, startOllama } from "./engines.ts";
import { post } from "./http.ts";

/** How twenty requests that alternate between two models went. Times are milliseconds. */
export interface Round {
  readonly swaps: number;
  readonly totalMs: number;
  readonly medianMs: number;
  readonly worstMs: number;
}

/** The same requests, sent to Ollama itself and through Lodestar: a round of each side for every time they were sent. */
export interface Comparison {
  readonly title: string;
  readonly plain: readonly Round[];
  readonly ours: readonly Round[];
}

/** Pauses between two requests, and what that is called. */
const CROWDS = [
  { title: "all at once", everyMs: 0 },
  { title: "one every 100 ms", everyMs: 100 },
  { title: "one every second", everyMs: 1_000 },
] as const;

const REQUESTS = 20;
const ANSWER_TOKENS = 8;

/** One loaded model, one slot, and one thread: two threads that spin collapse on a busy machine. */
export const ONE_AT_A_TIME = { OLLAMA_NUM_PARALLEL: "1", OLLAMA_CONTEXT_LENGTH: "8192", OMP_NUM_THREADS: "1" };

/** Runners that an Ollama started since it began. */
export function runnerStarts(engine: Engine): number {
  return engine
    .log()
    .split("\n")
    .filter((line) => /msg="starting runner".* --model /.test(line)).length;
}

function body(model: string, isNative: boolean): unknown {
  const messages = [{ role: "user", content: "Say hello." }];
  if (!isNative) return { model: `ollama/${model}`, max_tokens: ANSWER_TOKENS, messages };
  return { model, stream: false, options: { num_predict: ANSWER_TOKENS }, messages };
}

async function timed(baseUrl: string, path: string, request: unknown): Promise<number> {
  const beganAt = performance.now();
  const response = await post(baseUrl, path, request);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 200)}`);
  return performance.now() - beganAt;
}

async function play(engine: Engine, everyMs: number, ask: (model: string) => Promise<number>): Promise<Round> {
  await ask(GEMMA);
  const before = runnerStarts(engine);
  const beganAt = performance.now();
  const pending: Promise<number>[] = [];
  for (let index = 0; index < REQUESTS; index += 1) {
    pending.push(ask(index % 2 === 0 ? SMOLLM : GEMMA));
    if (everyMs > 0) await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const waits = (await Promise.all(pending)).sort((first, second) => first - second);
  return {
    swaps: runnerStarts(engine) - before,
    totalMs: performance.now() - beganAt,
    medianMs: waits[Math.floor(waits.length / 2)] ?? Number.NaN,
    worstMs: waits.at(-1) ?? Number.NaN,
  };
}

/** An engine that is asked itself, and one that is asked through Lodestar. */
interface Sides {
  readonly plain: Engine;
  readonly behind: Engine;
  readonly lodestar: RunningLodestar;
}

/** Both sides at the same moment, so that they meet the same machine: one that is busy for a while loads less often. */
async function playBoth({ plain, behind, lodestar: { apiUrl } }: Sides, everyMs: number): Promise<readonly Round[]> {
  return Promise.all([
    play(plain, everyMs, (model) => timed(plain.url, "/api/chat", body(model, true))),
    play(behind, everyMs, (model) => timed(apiUrl, "/v1/chat/completions", body(model, false))),
  ]);
}

async function compareOn(sides: Sides, rounds: number): Promise<readonly Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const { title, everyMs } of CROWDS) {
    const played: (readonly Round[])[] = [];
    for (let round = 0; round < rounds; round += 1) played.push(await playBoth(sides, everyMs));
    const [plain, ours] = [0, 1].map((side) => played.flatMap((round) => round[side] ?? []));
    comparisons.push({ title, plain: plain ?? [], ours: ours ?? [] });
  }
  return comparisons;
}

/** Plays every crowd against real Ollamas that hold one model, without Lodestar and with it. */
export async function compareSwitching(rounds: number): Promise<readonly Comparison[]> {
  const plain = await startOllama(ONE_AT_A_TIME);
  const behind = await startOllama(ONE_AT_A_TIME);
  let lodestar: RunningLodestar | null = null;
  try {
    lodestar = await startLodestar({ config: "local: { warm: [] }\n", env: { OLLAMA_HOST: behind.host } });
    return await compareOn({ plain, behind, lodestar }, rounds);
  } finally {
    await lodestar?.stop();
    await Promise.all([plain.stop(), behind.stop()]);
  }
}

/** The middle of some numbers; with its range where they differ. */
function middle(values: readonly number[], write: (value: number) => string, hasRange = false): string {
  const texts = values.toSorted((left, right) => left - right).map(write);
  const [least, most, half] = [texts[0], texts.at(-1), texts[texts.length >> 1] ?? ""];
  return hasRange && least !== most ? `${half} (${least} to ${most})` : half;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function cells(rounds: readonly Round[]): string {
  const times = (["medianMs", "worstMs", "totalMs"] as const).map((name) =>
    middle(
      rounds.map((round) => round[name]),
      seconds,
    ),
  );
  const swaps = rounds.map((round) => round.swaps);
  return [middle(swaps, String, true), ...times].join(" | ");
}

/** The comparison as a table in Markdown. */
export function switchingTable(comparisons: readonly Comparison[]): string {
  const lines = comparisons.flatMap(({ title, plain, ours }) => [
    `| ${title} | Ollama alone | ${cells(plain)} |`,
    `| | with Lodestar | ${cells(ours)} |`,
  ]);
  return ["| Twenty requests | | Loads | Median | Longest | All done |", "|---|---|--:|--:|--:|--:|", ...lines].join(
    "\n",
  );
}
