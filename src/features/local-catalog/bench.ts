import type { BenchFigure, LocalEvent, LocalProblem } from "../../core/local-view.ts";
import { loadRunner, unloadRunner } from "../../host/ollama/runner.ts";
import { askOnce, refusalProblem } from "./ollama-stream.ts";

/** What to measure. */
export interface BenchWish {
  readonly baseUrl: string;
  readonly model: string;
  readonly runs: number;
  /** The context and keep-alive that requests are sent with. */
  readonly contextTokens: number;
  readonly keepAlive: string;
  /** The model's file; null where it cannot be read from here. */
  readonly blob: string | null;
  readonly signal: AbortSignal;
  /** Milliseconds that only go forward. */
  monotonic(): number;
}

const PROMPT_WORDS = 256;
const ANSWER_TOKENS = 64;
const NANO = 1_000_000_000;

interface Speeds {
  readonly promptTokens: number;
  readonly prefill: number;
  readonly decode: number;
}

type Outcome<Value> = { readonly value: Value } | { readonly problem: LocalProblem };

/** The median between the least and the most. */
function figureOf(values: readonly number[]): BenchFigure {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const median = sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
  return { n: sorted.length, median, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
}

/** Another beginning each time, so that no prompt is read from the engine's own cache. */
function promptOf(run: number, at: number): string {
  return `${run} ${Math.floor(at * 1_000)} ${"ship crew sail harbour ".repeat(PROMPT_WORDS / 4)}`;
}

async function speedOnce(wish: BenchWish, run: number): Promise<Outcome<Speeds>> {
  const { baseUrl, model, contextTokens, keepAlive, signal } = wish;
  const asked = { num_ctx: contextTokens, num_predict: ANSWER_TOKENS, temperature: 0, seed: run };
  const prompt = promptOf(run, wish.monotonic());
  const body = { model, prompt, raw: true, options: asked, keep_alive: keepAlive, stream: false };
  const line = await askOnce({ baseUrl, path: "/api/generate", body, signal });
  if (!line.ok) return line;
  const read = (name: string): number => Number(line.body[name] ?? 0);
  const rate = (count: string, time: string): number => (read(time) > 0 ? (read(count) * NANO) / read(time) : 0);
  return {
    value: {
      promptTokens: read("prompt_eval_count"),
      prefill: rate("prompt_eval_count", "prompt_eval_duration"),
      decode: rate("eval_count", "eval_duration"),
    },
  };
}

/** Drops a file from the page cache (`posix_fadvise`, by coreutils' dd); false where that cannot be done. */
async function dropFromCache(path: string): Promise<boolean> {
  if (process.platform !== "linux" || Bun.which("dd") === null) return false;
  const words = ["dd", `if=${path}`, "iflag=nocache", "count=0"];
  return (await Bun.spawn(words, { stdin: "ignore", stdout: "ignore", stderr: "ignore" }).exited) === 0;
}

interface Loads {
  readonly cold: number[];
  readonly warm: number[];
}

/** Unloads and loads once; cold where the file can be dropped from the page cache before. */
async function measureLoad(wish: BenchWish, loads: Loads, isCold: boolean): Promise<LocalProblem | null> {
  const address = { baseUrl: wish.baseUrl, headers: {} };
  const unloaded = await unloadRunner(address, wish.model, wish.signal);
  if (!unloaded.ok) return refusalProblem(unloaded.error, wish.baseUrl);
  if (isCold && !(wish.blob !== null && (await dropFromCache(wish.blob)))) return null;
  const started = wish.monotonic();
  const loaded = await loadRunner(address, wish, wish.signal);
  if (!loaded.ok) return refusalProblem(loaded.error, wish.baseUrl);
  loads[isCold ? "cold" : "warm"].push(wish.monotonic() - started);
  return null;
}

/** Measures a model on its real server: how long it loads (from disk, from the page cache), how fast it reads and writes. */
export async function* benchModel(wish: BenchWish): AsyncGenerator<LocalEvent> {
  const loads: Loads = { cold: [], warm: [] };
  const speeds: Speeds[] = [];
  for (let run = 1; run <= wish.runs; run += 1) {
    for (const isCold of [true, false]) {
      yield { kind: "step", text: `run ${run} of ${wish.runs}: load ${isCold ? "from disk" : "from the page cache"}` };
      const problem = await measureLoad(wish, loads, isCold);
      if (problem !== null) return yield { kind: "failed", problem };
    }
    yield { kind: "step", text: `run ${run} of ${wish.runs}: read a prompt, write ${ANSWER_TOKENS} tokens` };
    const speed = await speedOnce(wish, run);
    if ("problem" in speed) return yield { kind: "failed", problem: speed.problem };
    speeds.push(speed.value);
  }
  yield {
    kind: "bench",
    bench: {
      model: wish.model,
      contextTokens: wish.contextTokens,
      runs: wish.runs,
      promptTokens: speeds[0]?.promptTokens ?? 0,
      coldLoadMs: loads.cold.length === 0 ? null : figureOf(loads.cold),
      warmLoadMs: figureOf(loads.warm),
      prefill: figureOf(speeds.map(({ prefill }) => prefill)),
      decode: figureOf(speeds.map(({ decode }) => decode)),
    },
  };
  yield { kind: "done" };
}
