import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { stopLodestars } from "../real/driver.ts";
import { AGENTS, type Agent } from "./agents.ts";
import { installAgents } from "./install.ts";
import { type Fact, factOf, reportOf } from "./report.ts";
import { quotaRefusal, type Say, type UpstreamDialect } from "./scripted.ts";
import { type AgentRun, FILE_NAME, runAgent, TASK_LIMIT_MS, TEXT_BEFORE, type Turn } from "./world.ts";

/** The clients are large and from the network: they are here where somebody asked for them. */
const IS_WANTED = process.env.LODESTAR_TEST_CLIENTS !== undefined;
const NOT_WANTED = IS_WANTED ? "" : " (skipped: run `npm run test:clients`, or set LODESTAR_TEST_CLIENTS to a folder)";
const PROBLEMS = IS_WANTED ? await installAgents(AGENTS.map((agent) => agent.package)) : new Map();

const HELLO = "Hello from the scripted model.";
const TEXT_AFTER = "Good evening, world";
const REFUSAL = "The account has nothing left";
const LIMIT_MS = TASK_LIMIT_MS + 15_000;

const facts: Fact[] = [];
const runs: AgentRun[] = [];

/** A dialect that the agent does not speak: its answers have to be translated. */
function otherThan(dialect: UpstreamDialect): UpstreamDialect {
  return dialect === "openai-chat" ? "anthropic" : "openai-chat";
}

async function runTask(
  agent: Agent,
  upstream: UpstreamDialect,
  scenario: string,
  answer: Parameters<typeof runAgent>[3],
): Promise<AgentRun> {
  const run = await runAgent(agent, upstream, "Say hello, or do as the file needs.", answer);
  runs.push(run);
  facts.push(factOf(agent, upstream, scenario, run));
  return run;
}

function editingStep(agent: Agent, { index, file, tools }: Turn): Say {
  const text = agent.editText?.(FILE_NAME, TEXT_BEFORE, TEXT_AFTER);
  if (text !== undefined) return { text: index === 0 ? text : "Done." };
  const call = agent.edit(file, TEXT_BEFORE, TEXT_AFTER, tools)[index];
  return call === undefined ? { text: "Done." } : { call };
}

afterEach(async () => {
  for (const run of runs.splice(0)) await Promise.all([run.tap.stop(), run.fence.stop(), run.fake.stop()]);
  await stopLodestars();
});

afterAll(async () => {
  const { LODESTAR_CLIENTS_REPORT: path } = process.env;
  const skipped = AGENTS.flatMap((agent) => {
    const problem = PROBLEMS.get(agent.package);
    return problem === undefined ? [] : [`${agent.name}: ${problem}`];
  });
  if (path !== undefined && facts.length > 0) await Bun.write(path, reportOf(facts, skipped));
});

for (const agent of AGENTS) {
  const problem: string | undefined = PROBLEMS.get(agent.package);
  const noCutCall = agent.editText === undefined ? "it runs them before the answer ends" : "it has no tools";
  const isCutCallTested = agent.editText === undefined && agent.runsCallsEarly !== true;
  const earlyReason = isCutCallTested ? "" : ` (skipped: ${noCutCall})`;
  const reason = problem === undefined ? NOT_WANTED : ` (skipped: ${problem})`;

  describe.skipIf(!IS_WANTED || problem !== undefined)(`${agent.name} ${agent.package.version}${reason}`, () => {
    for (const upstream of [agent.dialect, otherThan(agent.dialect)]) {
      test(
        `says hello through ${upstream}`,
        async () => {
          const run = await runTask(agent, upstream, "hello", () => ({ text: HELLO }));
          expect(run.output).toContain(HELLO);
          expect(run.code).toBe(0);
        },
        LIMIT_MS,
      );

      test(
        `edits a file by its own tools through ${upstream}`,
        async () => {
          const run = await runTask(agent, upstream, "edit", (turn) => editingStep(agent, turn));
          expect(await Bun.file(join(run.project, FILE_NAME)).text()).toBe(`${TEXT_AFTER}\n`);
          expect(run.code).toBe(0);
          expect(run.tap.calls.filter(({ status }) => status >= 400)).toEqual([]);
        },
        LIMIT_MS,
      );

      test(
        `does not take a cut answer of ${upstream} for a whole one`,
        async () => {
          const run = await runTask(agent, upstream, "cut", ({ index }) =>
            index === 0 ? { text: "Only the first half and not the second half", isCut: true } : { text: HELLO },
          );
          const isAskedAgain = run.turns.length > 1 && run.output.includes(HELLO);
          const isTold = run.code !== 0 || /error|broke off|retry|incomplete/i.test(run.output);
          expect({ isAskedAgain, isTold, output: run.output }).not.toMatchObject({
            isAskedAgain: false,
            isTold: false,
          });
        },
        LIMIT_MS,
      );
    }

    test.skipIf(!isCutCallTested)(
      `does not run a call whose answer broke off${earlyReason}`,
      async () => {
        const run = await runTask(agent, "openai-chat", "cut call", (turn) => {
          const call = agent.edit(turn.file, TEXT_BEFORE, TEXT_AFTER, turn.tools).at(-1);
          return turn.index === 0 && call !== undefined ? { call, isCut: true } : { text: HELLO };
        });
        expect(await Bun.file(join(run.project, FILE_NAME)).text()).toBe(`${TEXT_BEFORE}\n`);
        expect(run.turns.every(({ body }) => !/tool_call_id|tool_result/.test(JSON.stringify(body)))).toBe(true);
      },
      LIMIT_MS,
    );

    test(
      "stops after one request when the account has nothing left, and says so",
      async () => {
        const run = await runTask(agent, "openai-chat", "refusal", () => quotaRefusal(REFUSAL));
        expect(run.turns).toHaveLength(1);
        expect(run.tap.calls.filter(({ status }) => status >= 400)).toHaveLength(1);
        expect(run.code).not.toBeNull();
        expect(run.output).toMatch(agent.refusalWords ?? REFUSAL);
      },
      LIMIT_MS,
    );

    test(
      "is understood in everything that it asks",
      async () => {
        const run = await runTask(agent, agent.dialect, "hello again", () => ({ text: HELLO }));
        const refused = run.tap.calls.filter(({ status }) => status >= 400);
        expect(refused.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([]);
        const listed = run.tap.calls.filter(({ method, path }) => method === "GET" && path.includes("/models"));
        expect(listed.length > 0).toBe(agent.asksForModels === true);
      },
      LIMIT_MS,
    );
  });
}

const codex = AGENTS.find(({ id }) => id === "codex");
const isCodexHere = IS_WANTED && codex !== undefined && !PROBLEMS.has(codex.package);

describe.skipIf(!isCodexHere)(`Codex CLI that is told to use a WebSocket${NOT_WANTED}`, () => {
  test(
    "posts at once when it is told 426",
    async () => {
      if (codex === undefined) return;
      const option = ["-c", "model_providers.lodestar.supports_websockets=true"];
      const agent: Agent = { ...codex, command: (place, task) => [...codex.command(place, task), ...option] };
      const run = await runTask(agent, agent.dialect, "WebSocket", () => ({ text: HELLO }));
      expect(run.output).toContain(HELLO);
      const asked = run.tap.calls.map(({ method, path, status }) => `${method} ${path} ${status}`);
      expect(asked).toEqual(["GET /v1/responses 426", "POST /v1/responses 200"]);
    },
    LIMIT_MS,
  );
});
