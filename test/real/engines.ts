import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";

const ENGINES = process.env.LODESTAR_TEST_ENGINES ?? join(homedir(), ".cache", "lodestar-engines");
const OLLAMA = join(ENGINES, "ollama");
/** What the real Ollama has pulled. */
export const OLLAMA_MODELS = join(OLLAMA, "models");
const LITELLM = join(ENGINES, "litellm");

const hasOllama = existsSync(join(OLLAMA, "bin", "ollama")) && existsSync(join(OLLAMA, "models"));
const hasLiteLlm = existsSync(join(LITELLM, "venv", "bin", "litellm")) && existsSync(join(LITELLM, "config.yaml"));

/** For the titles of suites: why they are skipped, or nothing where the engine is installed. */
export const NO_OLLAMA_REASON = hasOllama ? "" : "(skipped: no Ollama; set LODESTAR_TEST_ENGINES)";
/** As {@link NO_OLLAMA_REASON}, for the LiteLLM proxy. */
export const NO_LITELLM_REASON = hasLiteLlm ? "" : "(skipped: no LiteLLM proxy; set LODESTAR_TEST_ENGINES)";

/** The instruct model, which also makes embeddings (576 numbers). */
export const SMOLLM = "smollm2:135m";
/** A base model without embeddings. */
export const GEMMA = "gemma3:270m";
/** What the proxy's configuration expects of its clients. */
export const LITELLM_KEY = "sk-lodestar-test";

/** A real engine on a port of its own. */
export interface Engine {
  readonly url: string;
  /** `host:port`, as `OLLAMA_HOST` wants it. */
  readonly host: string;
  readonly pid: number;
  log(): string;
  /** SIGKILL to the processes that it started: Ollama's runners. */
  killChildren(): void;
  /** SIGSTOP to the server alone: it keeps its connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  /** The same to what it started: a request on its way there is never answered. */
  freezeChildren(): void;
  thawChildren(): void;
  /** Ends it and its runners. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** A TCP port that nothing listens on right now. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

interface Launch {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly path: string;
}

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

/** Linux: children are listed by the thread that started them. */
function childrenOf(pid: number): readonly number[] {
  const threads = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : [];
  return threads.flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}

/** A signal to a process that may be gone already. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

async function launch({ command, env, port, path }: Launch): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-engine-"));
  const logFile = join(folder, "engine.log");
  // One handle that appends: two would write over each other.
  const output = openSync(logFile, "a");
  const child = Bun.spawn([...command], {
    env: { PATH: process.env.PATH ?? "", HOME: folder, ...env },
    stdin: "ignore",
    stdout: output,
    stderr: output,
  });
  closeSync(output);
  const url = `http://127.0.0.1:${port}`;
  const tellChildren = (name: NodeJS.Signals): void => {
    for (const runner of childrenOf(child.pid)) signal(runner, name);
  };
  await eventually(`${command[0]} answers ${path}`, () => isUp(`${url}${path}`), 90_000);
  return {
    url,
    host: `127.0.0.1:${port}`,
    pid: child.pid,
    log: () => readFileSync(logFile, "utf8"),
    killChildren: () => tellChildren("SIGKILL"),
    freezeChildren: () => tellChildren("SIGSTOP"),
    thawChildren: () => tellChildren("SIGCONT"),
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    async stop(name = "SIGTERM") {
      const runners = childrenOf(child.pid);
      child.kill(name);
      await child.exited;
      for (const runner of runners) signal(runner, "SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts the real Ollama server with its two tiny models, one loaded at a time, its log telling of every runner start. */
export async function startOllama(more: Readonly<Record<string, string>> = {}, wanted?: number): Promise<Engine> {
  const port = wanted ?? (await freePort());
  const env = {
    HOME: join(OLLAMA, "home"),
    OLLAMA_HOST: `127.0.0.1:${port}`,
    OLLAMA_MODELS,
    OLLAMA_NO_CLOUD: "1",
    OLLAMA_MAX_LOADED_MODELS: "1",
    OLLAMA_DEBUG: "1",
    ...more,
  };
  return launch({ command: [join(OLLAMA, "bin", "ollama"), "serve"], env, port, path: "/api/version" });
}

/** Starts the real LiteLLM proxy with its aliases `mock-fast` and `mock-smart` on an OpenAI-compatible upstream. */
export async function startLiteLlm(upstreamUrl: string): Promise<Engine> {
  const port = await freePort();
  const env = {
    LITELLM_MOCK_BASE: `${upstreamUrl}/v1`,
    LITELLM_LOCAL_MODEL_COST_MAP: "True",
    LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS: "True",
    LITELLM_LOCAL_BLOG_POSTS: "True",
    LITELLM_LOCAL_POLICY_TEMPLATES: "True",
  };
  const words = ["--config", join(LITELLM, "config.yaml"), "--host", "127.0.0.1", "--port", String(port)];
  const command = [join(LITELLM, "venv", "bin", "litellm"), ...words, "--telemetry", "False"];
  return launch({ command, env, port, path: "/health/liveliness" });
}
