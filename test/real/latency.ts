import { eventually } from "../support/eventually.ts";
import { type RunningLodestar, startLodestar } from "./driver.ts";
import { type Engine, GEMMA, SMOLLM, startOllama } from "./engines.ts";
import { post } from "./http.ts";
import { ONE_AT_A_TIME } from "./switching.ts";

/** Times to the first token of one kind of call, in milliseconds. */
export interface Latency {
  readonly title: string;
  readonly who: "Ollama alone" | "with Lodestar";
  readonly times: readonly number[];
}

const RUNS = 5;
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

/** Each call after `before`, for both models in turn. */
async function measured(ask: (model: string) => Promise<number>, before: (model: string) => Promise<unknown>) {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    for (const model of MODELS) {
      await before(model);
      times.push(await ask(model));
    }
  }
  return times;
}

/** First tokens of a real Ollama that holds one model: not in memory, warmed up before, and in use, each {@link RUNS} times a model. */
export async function measureLatency(): Promise<readonly Latency[]> {
  const engine = await startOllama(ONE_AT_A_TIME);
  let lodestar: RunningLodestar | null = null;
  try {
    lodestar = await startLodestar({ config: "local: { warm: [] }\n", env: { OLLAMA_HOST: engine.host } });
    const { apiUrl, cli } = lodestar;
    const ways = {
      "Ollama alone": { url: engine.url, path: "/api/chat", prefix: "" },
      "with Lodestar": { url: apiUrl, path: "/v1/chat/completions", prefix: "ollama/" },
    } as const;
    const drop = () => empty(engine);
    const rows: Latency[] = [];
    for (const who of ["Ollama alone", "with Lodestar"] as const) {
      const ask = (model: string) => firstTokenMs(ways[who], model);
      rows.push({ title: "model not in memory", who, times: await measured(ask, drop) });
      if (who === "with Lodestar") {
        const warm = (model: string) => cli("local", "warm", model);
        rows.push({ title: "after a warm-up", who, times: await measured(ask, warm) });
      }
      rows.push({ title: "model in use", who, times: await measured(ask, ask) });
    }
    return rows;
  } finally {
    await lodestar?.stop();
    await engine.stop();
  }
}

function milliseconds(value: number | undefined): string {
  return `${Math.round(value ?? Number.NaN).toLocaleString("en-US")} ms`;
}

/** The figures as a table in Markdown. */
export function latencyTable(rows: readonly Latency[]): string {
  const titles = [...new Set(rows.map(({ title }) => title))];
  const lines = titles.flatMap((title) =>
    rows
      .filter((row) => row.title === title)
      .map(({ who, times }) => {
        const sorted = [...times].sort((first, second) => first - second);
        const figures = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map(milliseconds).join(" | ");
        return `| ${title} | ${who} | ${times.length} | ${figures} |`;
      }),
  );
  return ["| To the first token | | n | Least | Median | Most |", "|---|---|--:|--:|--:|--:|", ...lines].join("\n");
}
