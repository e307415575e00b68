import type { JsonObject, JsonValue } from "../../src/core/json.ts";
import { type AgentSession, readSession, shortened } from "./agent-session.ts";
import { ownModels } from "./chaos-lab.ts";
import { startLodestar } from "./driver.ts";
import { type Engine, SMOLLM, startOllama } from "./engines.ts";
import { post } from "./http.ts";
import { ONE_AT_A_TIME, runnerStarts } from "./switching.ts";

/** How a session went at an Ollama that holds one model. */
export interface Replay {
  readonly who: "Ollama alone" | "with Lodestar";
  readonly turns: number;
  /** Loads besides the first one. */
  readonly reloads: number;
  /** Turns of which the model read less than was sent. */
  readonly cut: number;
  /** Tokens that the model read of each turn. */
  readonly read: readonly number[];
}

/** How long a session is replayed. */
export interface ReplaySize {
  /** Part of every text that is sent; 1 is the whole session. */
  readonly share: number;
  /** As many as fit the tiny model. */
  readonly turns: number;
  /** Turns of Ollama alone, which reads all of it again whenever it cuts. */
  readonly turnsAlone: number;
  /** Ollama's own setting when it is alone. */
  readonly contextTokens: number;
}

/** The real sizes, beside Ollama's default context. */
export const WHOLE: ReplaySize = { share: 1, turns: 12, turnsAlone: 12, contextTokens: 4_096 };
/** A sixteenth of its text, beside an eighth of the default: what a slow machine does in a minute. */
export const SIXTEENTH: ReplaySize = { share: 1 / 16, turns: 12, turnsAlone: 4, contextTokens: 512 };

/** After these turns another tool asks the same model something, with a context of its own choice, as editors do. */
const ASKED_BESIDE = [2, 5];
const OTHER_CONTEXT = 2_048;
/** An agent leaves thousands of tokens for the answer; the tiny model is to stop at its first letters. */
const STOP = ["a", "e", "i", "o", " ", "\n", "."];

/** SmolLM2 with a template that shows it the tools, so that Ollama takes requests that have some. */
const TEMPLATE = `{{ range .Messages }}<|im_start|>{{ .Role }}
{{ if eq .Role "system" }}{{ $.Tools }}
{{ end }}{{ .Content }}{{ range .ToolCalls }}{{ .Function.Name }} {{ .Function.Arguments }}{{ end }}<|im_end|>
{{ end }}<|im_start|>assistant
`;
const MODEL = "agent";

interface Way {
  readonly who: Replay["who"];
  readonly url: string;
  readonly model: string;
}

async function answered(response: Response): Promise<string> {
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.url} answered ${response.status}: ${text.slice(0, 300)}`);
  return text;
}

function promptTokens(stream: string): number {
  return Number(/"prompt_tokens":(\d+)/.exec(stream)?.[1]);
}

/** Prompts that an Ollama cut so far: it says so in its log alone. */
function cutsOf(engine: Engine): number {
  return engine.log().split(/msg="truncating input/).length - 1;
}

async function play(engine: Engine, { who, url, model }: Way, session: AgentSession): Promise<Replay> {
  const read: number[] = [];
  let cut = 0;
  for (const [index, body] of session.bodies.entries()) {
    const before = cutsOf(engine);
    const request: Record<string, JsonValue> = { ...body, model, stop: STOP };
    read.push(promptTokens(await answered(await post(url, session.path, request))));
    if (cutsOf(engine) > before) cut += 1;
    if (ASKED_BESIDE.includes(index + 1)) {
      const options = { num_ctx: OTHER_CONTEXT, num_predict: 1 };
      const messages = [{ role: "user", content: "Name this file." }];
      await answered(await post(url, "/api/chat", { model, messages, options, stream: false }));
    }
  }
  return { who, turns: read.length, reloads: runnerStarts(engine) - 1, cut, read };
}

/** An Ollama with models of its own, of which one takes tools. */
async function onOllama(contextTokens: number, use: (engine: Engine) => Promise<Replay>): Promise<Replay> {
  const models = ownModels();
  try {
    const env = { ...ONE_AT_A_TIME, OLLAMA_CONTEXT_LENGTH: String(contextTokens), OLLAMA_MODELS: models.folder };
    const engine = await startOllama(env);
    try {
      const made: JsonObject = { model: MODEL, from: SMOLLM, template: TEMPLATE, stream: false };
      await answered(await post(engine.url, "/api/create", made));
      return await use(engine);
    } finally {
      await engine.stop();
    }
  } finally {
    models.remove();
  }
}

/** Replays what a real agent sent on real Ollamas at once, without Lodestar and with it, each on one thread of its own. */
export async function compareSessions(size: ReplaySize): Promise<readonly Replay[]> {
  const { share, turns, turnsAlone, contextTokens } = size;
  const recorded = await readSession();
  return Promise.all([
    onOllama(contextTokens, (engine) =>
      play(engine, { who: "Ollama alone", url: engine.url, model: MODEL }, shortened(recorded, share, turnsAlone)),
    ),
    onOllama(contextTokens, async (engine) => {
      const lodestar = await startLodestar({ config: "local: { warm: [] }\n", env: { OLLAMA_HOST: engine.host } });
      const way: Way = { who: "with Lodestar", url: lodestar.apiUrl, model: `ollama/${MODEL}` };
      try {
        return await play(engine, way, shortened(recorded, share, turns));
      } finally {
        await lodestar.stop();
      }
    }),
  ]);
}

/** The figures as a table in Markdown. */
export function replayTable(rows: readonly Replay[]): string {
  const lines = rows.map(({ who, turns, reloads, cut, read }) => {
    const figures = [turns, reloads, cut, read.at(-1)?.toLocaleString("en-US")].join(" | ");
    return `| ${who} | ${figures} |`;
  });
  const head = "| A session of a coding agent | Turns | Reloads | Cut turns | Tokens read of the last |";
  return [head, "|---|--:|--:|--:|--:|", ...lines].join("\n");
}
