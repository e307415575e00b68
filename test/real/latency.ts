import { median } from "../../scripts/bench/report/statistics.ts";
import { bootstrap, type Interval } from "../../src/core/learn/metrics.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningLodestar, startLodestar } from "./driver.ts";
import { type Engine, GEMMA, SMOLLM, startOllama } from "./engines.ts";
import { post } from "./http.ts";
import { ONE_AT_A_TIME } from "./switching.ts";

/** Times to the first token of one kind of call, in milliseconds: each of Ollama alone with one through Lodestar beside it. */
export interface Latency {
  readonly title: string;
  readonly model: string;
  readonly pairs: readonly { readonly alone: number; readonly ours: number }[];
}

const COLD_PAIRS = 5;
const HOT_PAIRS = 30;
const MODELS = [SMOLLM, GEMMA] as const;

interface Way {
  readonly url: string;
  readonly path: string;
  readonly prefix: string;
}

/** Time to the first byte of the body: the first token. */
async function firstTokenMs({ url, path, prefix }: Way, model: string): Promise<number> {
  const beganAt = performance.now();
  const messages = [{ role: "user", content: "Say hello." }];
  const limit = { max_tokens: 1, options: { num_predict: 1 } };
  const response = await post(url, path, { model: prefix + model, stream: true, messages, ...limit });
  const reader = response.body?.getReader();
  const first = await reader?.read();
  const tookMs = performance.now() - beganAt;
  for (let rest = first; rest?.done === false; ) rest = await reader?.read();
  if (response.status !== 200 || first?.done !== false) throw new Error(`${path} answered ${response.status}`);
  return tookMs;
}

async function loadedAt({ url }: Engine): Promise<readonly string[]> {
  const ps = (await (await fetch(`${url}/api/ps`)).json()) as { readonly models: readonly { readonly name: string }[] };
  return ps.models.map(({ name }) => name);
}

async function empty(engine: Engine): Promise<void> {
  for (const model of await loadedAt(engine)) {
    await (await post(engine.url, "/api/generate", { model, keep_alive: 0, stream: false })).text();
  }
  await eventually("nothing is in memory", async () => (await loadedAt(engine)).length === 0, 10_000);
}

type Ask = () => Promise<number>;

/** The order changes from pair to pair: what comes second may find a warmer machine. */
async function paired(count: number, before: () => Promise<unknown>, alone: Ask, ours: Ask): Promise<Latency["pairs"]> {
  const pairs: { readonly alone: number; readonly ours: number }[] = [];
  const one = async (ask: Ask): Promise<number> => {
    await before();
    return ask();
  };
  for (let pair = 0; pair < count; pair += 1) {
    if (pair % 2 === 0) pairs.push({ alone: await one(alone), ours: await one(ours) });
    else {
      const second = await one(ours);
      pairs.push({ alone: await one(alone), ours: second });
    }
  }
  return pairs;
}

/** First tokens of a real Ollama that holds one model: not in memory, in use, and warmed up before by Lodestar. */
export async function measureLatency(): Promise<readonly Latency[]> {
  const engine = await startOllama(ONE_AT_A_TIME);
  let lodestar: RunningLodestar | null = null;
  try {
    lodestar = await startLodestar({ config: "local: { warm: [] }\n", env: { OLLAMA_HOST: engine.host } });
    const { apiUrl, cli } = lodestar;
    const rows: Latency[] = [];
    for (const model of MODELS) {
      const alone = () => firstTokenMs({ url: engine.url, path: "/api/chat", prefix: "" }, model);
      const ours = () => firstTokenMs({ url: apiUrl, path: "/v1/chat/completions", prefix: "ollama/" }, model);
      const drop = () => empty(engine);
      const warm = async () => {
        await drop();
        await cli("local", "warm", model);
      };
      rows.push({ title: "not in memory", model, pairs: await paired(COLD_PAIRS, drop, alone, ours) });
      rows.push({ title: "after a warm-up", model, pairs: await paired(COLD_PAIRS, warm, alone, ours) });
      await ours();
      rows.push({ title: "in use", model, pairs: await paired(HOT_PAIRS, async () => undefined, alone, ours) });
    }
    return rows;
  } finally {
    await lodestar?.stop();
    await engine.stop();
  }
}

/** The median of some figures, and where those of as many drawn ones lie. */
function medianWithin(figures: readonly number[]): Interval {
  const medianOf = (rows: Uint32Array): number => median([...rows].map((row) => figures[row] ?? Number.NaN));
  return bootstrap(figures.length, medianOf, { seed: 1, rounds: 2_000 });
}

function milliseconds(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** The figures as a table in Markdown. */
export function latencyTable(rows: readonly Latency[]): string {
  const lines = rows.map(({ title, model, pairs }) => {
    const sides = [pairs.map(({ alone }) => alone), pairs.map(({ ours }) => ours)].map(medianWithin);
    const added = medianWithin(pairs.map(({ alone, ours }) => ours - alone));
    const [alone, ours] = sides.map(({ value }) => `${milliseconds(value)} ms`);
    const within = `${milliseconds(added.value)} ms (${milliseconds(added.low)} to ${milliseconds(added.high)})`;
    return `| ${title} | ${model} | ${pairs.length} | ${alone} | ${ours} | ${within} |`;
  });
  const head = "| The model is | | Pairs | Ollama alone | With Lodestar | Added by a call (95 %) |";
  return [head, "|---|---|--:|--:|--:|--:|", ...lines].join("\n");
}
