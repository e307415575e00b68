import { copyFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isJsonObject, parseJson } from "../src/core/json.ts";
import { AGENTS, type Agent } from "../test/clients/agents.ts";
import { installAgents } from "../test/clients/install.ts";
import type { Say } from "../test/clients/scripted.ts";
import { type AgentRun, FILE_NAME, runAgent, TEXT_BEFORE, type Turn } from "../test/clients/world.ts";
import { type AgentSession, packSession, sessionFile } from "../test/real/agent-session.ts";
import { stopLodestars } from "../test/real/driver.ts";
import { scrubRequest } from "../test/real/scrub.ts";
import { ROOT } from "./step.ts";

const RECORDED = "pi";
const TASK = "Say good evening instead of good morning, and look at the other files for the same words.";
/** What the agent reads besides: from one kilobyte to ten. */
const SOURCES = "breaker result usage cloud-model model-tag json day target".split(" ").map((name) => `${name}.ts`);
const READ_AGAIN = [FILE_NAME, "breaker.ts", "usage.ts", "json.ts"];

function reading(path: string): Say {
  return { call: { name: "read", input: { path } } };
}

/** Reads all, edits one file, and reads some of it again. */
function step(agent: Agent, { index, file, tools }: Turn): Say {
  const folder = dirname(file);
  if (index === 0) for (const name of SOURCES) copyFileSync(join(ROOT, "src/core", name), join(folder, name));
  const edit = agent.edit(file, TEXT_BEFORE, "Good evening, world", tools).at(-1);
  const first = [FILE_NAME, ...SOURCES].map((name) => reading(join(folder, name)));
  const then = READ_AGAIN.map((name) => reading(join(folder, name)));
  const steps = [...first, ...(edit === undefined ? [] : [{ call: edit }]), ...then];
  return steps[index] ?? { text: "Done." };
}

function sessionOf(agent: Agent, { tap, turns }: AgentRun): AgentSession {
  const calls = tap.calls.filter(({ method }) => method === "POST");
  if (calls.length !== turns.length)
    throw new Error(`${agent.name} made ${calls.length} calls in ${turns.length} turns`);
  const bodies = calls.map(({ body }) => {
    const parsed = parseJson(body);
    if (!isJsonObject(parsed)) throw new Error(`${agent.name} sent no JSON`);
    const { metadata: _, ...sent } = parsed;
    return scrubRequest(sent);
  });
  return { agent: agent.name, version: agent.package.version, path: calls[0]?.path ?? "", bodies };
}

/**
 * `bun scripts/record-agent.ts`: has a real coding agent do a task of fifteen turns against a scripted model, and keeps what
 * it sent, without its words, for the tests on real local models. Needs `LODESTAR_TEST_CLIENTS`.
 */
async function record(): Promise<void> {
  const agent = AGENTS.find(({ id }) => id === RECORDED);
  if (agent === undefined) throw new Error(`no agent ${RECORDED}`);
  await installAgents([agent.package]);
  const run = await runAgent(agent, agent.dialect, TASK, (turn) => step(agent, turn));
  const bytes = packSession(sessionOf(agent, run));
  await Bun.write(sessionFile, bytes);
  console.log(`${agent.name}: ${run.turns.length} turns in ${bytes.length} bytes`);
  await Promise.all([run.tap.stop(), run.fence.stop(), run.fake.stop()]);
  await stopLodestars();
}

await record();
process.exit();
