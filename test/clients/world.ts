import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";
import { plainEnvironment, type RunningLodestar, startLodestar, temporaryFolder } from "../real/driver.ts";
import { type Behaviour, type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import type { Agent, Place } from "./agents.ts";
import { nodeProgram } from "./install.ts";
import { behaviourOf, type Say, toolNames, type UpstreamDialect } from "./scripted.ts";
import { type Fence, openFence, openTap, type Tap } from "./tap.ts";

/** How long an agent may take for one task. */
export const TASK_LIMIT_MS = 45_000;

/** The file that agents are to edit, and its text. */
export const FILE_NAME = "greeting.txt";
export const TEXT_BEFORE = "Good morning, world";

/** A request of the agent's own conversation (title and quota calls apart) as the provider sees it. */
export interface Turn {
  readonly dialect: UpstreamDialect;
  readonly body: JsonObject;
  readonly tools: readonly string[];
  /** 0 for the first one. */
  readonly index: number;
  readonly isStream: boolean;
  /** Path of the file that is to be edited. */
  readonly file: string;
}

/** One run of an agent, and what was seen of it. */
export interface AgentRun {
  /** Null: it was ended after {@link TASK_LIMIT_MS}. */
  readonly code: number | null;
  /** What it printed, stdout and stderr. */
  readonly output: string;
  readonly durationMs: number;
  readonly project: string;
  readonly tap: Tap;
  readonly fake: FakeUpstream;
  readonly lodestar: RunningLodestar;
  readonly fence: Fence;
  /** Turns that the scripted provider answered. */
  readonly turns: readonly Turn[];
}

/** Each provider speaks one dialect; the path below the fake's URL tells which. */
const PROVIDERS = {
  "openai-chat": { name: "chat", path: "/chat/v1" },
  "openai-responses": { name: "responses", path: "/responses/v1" },
  anthropic: { name: "messages", path: "/messages/v1" },
  gemini: { name: "google", path: "/google/v1beta" },
} as const satisfies Readonly<Record<UpstreamDialect, { readonly name: string; readonly path: string }>>;

const DIALECTS = Object.keys(PROVIDERS) as readonly UpstreamDialect[];

function configuration(url: string): string {
  const declare = DIALECTS.map((dialect) => {
    const { name, path } = PROVIDERS[dialect];
    return `  ${name}: { dialect: ${dialect}, baseUrl: "${url}${path}", key: env:LAB_KEY, models: [m] }`;
  });
  return ["providers:", ...declare, "retries: { attempts: 2, base: 10ms, max: 50ms }", "breaker: { off: true }"].join(
    "\n",
  );
}

function dialectOfPath(path: string): UpstreamDialect {
  return DIALECTS.find((dialect) => path.startsWith(PROVIDERS[dialect].path)) ?? "openai-chat";
}

function isStreaming(path: string, body: JsonObject): boolean {
  return body.stream === true || path.includes(":streamGenerateContent");
}

interface Script {
  readonly agent: Agent;
  readonly file: string;
  readonly answer: (turn: Turn) => Say | Behaviour;
}

/**
 * The scripted provider: answers to the conversation come from the script, side calls get a title. An agent that asks for a
 * title beside its first turn gets no answer to the turn before: once the account is known to be empty, the gateway refuses
 * what comes later, a title too, and that would pass for a turn that was asked again.
 */
async function startScripted({ agent, file, answer }: Script): Promise<{ fake: FakeUpstream; turns: Turn[] }> {
  const turns: Turn[] = [];
  const titleAsked = Promise.withResolvers<void>();
  if (agent.asksForTitle !== true) titleAsked.resolve();
  const fake = await startFakeUpstream(async ({ path, body: text }, call) => {
    const parsed = parseJson(text);
    const body = isJsonObject(parsed) ? parsed : {};
    const dialect = dialectOfPath(path);
    const isStream = isStreaming(path, body);
    if (/count_?tokens/i.test(path)) return { kind: "json", body: { input_tokens: 10, totalTokens: 10 } };
    const tools = toolNames(body);
    if (tools.length === 0 && agent.editText === undefined) {
      titleAsked.resolve();
      return behaviourOf(dialect, { text: "A title" }, isStream, `call_${call}`);
    }
    const turn = { dialect, body, tools, index: turns.length, isStream, file };
    turns.push(turn);
    await titleAsked.promise;
    const said = answer(turn);
    return "kind" in said ? said : behaviourOf(dialect, said, isStream, `call_${call}`);
  });
  return { fake, turns };
}

async function runProgram(command: readonly string[], place: Place, env: Record<string, string>) {
  const startedAt = performance.now();
  const child = Bun.spawn([...command], { cwd: place.project, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, TASK_LIMIT_MS);
  const [code, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  clearTimeout(timer);
  return { code: isLate ? null : code, output: `${out}\n${err}`, durationMs: performance.now() - startedAt };
}

function environmentOf(agent: Agent, place: Place, fence: Fence): Record<string, string> {
  const { PATH = "", ...plain } = plainEnvironment(place.home);
  const proxy = { HTTP_PROXY: fence.url, HTTPS_PROXY: fence.url, http_proxy: fence.url, https_proxy: fence.url };
  const local = { NO_PROXY: "127.0.0.1,localhost", no_proxy: "127.0.0.1,localhost" };
  const node = join(nodeProgram(), "..");
  return { ...plain, PATH: `${node}:${PATH}`, ...proxy, ...local, TERM: "dumb", ...agent.environment(place) };
}

/** Has an agent do one task through a fresh gateway whose provider is scripted. */
export async function runAgent(
  agent: Agent,
  upstream: UpstreamDialect,
  task: string,
  answer: Script["answer"],
): Promise<AgentRun> {
  const home = temporaryFolder();
  const project = join(home, "project");
  const file = join(project, FILE_NAME);
  mkdirSync(project);
  await Bun.write(file, `${TEXT_BEFORE}\n`);
  const { fake, turns } = await startScripted({ agent, file, answer });
  const lodestar = await startLodestar({ config: configuration(fake.url), env: { LAB_KEY: "sk-lab" } });
  const [tap, fence] = [openTap(lodestar.apiUrl), await openFence()];
  const place = { gateway: tap.url, home, project, model: `${PROVIDERS[upstream].name}/m` };
  for (const { path, text } of agent.files?.(place) ?? []) await Bun.write(path, text);
  const env = environmentOf(agent, place, fence);
  const ended = await runProgram(agent.command(place, task), place, env);
  return { ...ended, project, tap, fake, fence, lodestar, turns };
}
