import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScriptedModel } from "../support/scripted-model.ts";
import { runLodestar } from "./driver.ts";
import { type Engine, GEMMA, NO_OLLAMA_REASON, SMOLLM, startOllama } from "./engines.ts";

const folder = mkdtempSync(join(tmpdir(), "lodestar-tournament-"));

afterAll(() => rmSync(folder, { recursive: true }));

const SOLVED =
  "```javascript\nfunction sum(list) {\n  let total = 0;\n  for (const item of list) total += item;\n  return total;\n}\n```";

test("the binary runs a suite, runs the code that comes back, judges, rates, and tells the cost under its tag", async () => {
  await using model = await startScriptedModel(({ model: name, text }) => {
    if (text.includes("You compare two answers")) return '{"winner": "tie"}';
    return name === "one" && text.includes("`sum`") ? SOLVED : "```javascript\nfunction sum() { return -1; }\n```";
  });
  const run = (...argv: readonly string[]) => runLodestar(["tournament", ...argv], { env: model.environment });
  const args = ["--models", "scripted/one,scripted/two", "--suite", "bug_fix", "--count", "2", "--run-code", "--json"];
  const first = await run("run", ...args);
  expect({ code: first.code, err: first.stderr }).toEqual({ code: 0, err: "" });
  const end = JSON.parse(first.stdout.trim().split("\n").at(-1) ?? "");
  expect(end).toMatchObject({
    event: "end",
    asked: 4,
    models: [{ checked: { passed: 1, of: 2 } }, { checked: { passed: 0 } }],
  });
  expect(end.costUsd).toBeGreaterThan(0);
  const asked = model.questions.length;
  expect(JSON.parse((await run("run", ...args)).stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
    asked: 0,
    kept: 4,
  });
  expect(model.questions.length).toBe(asked);
  expect((await run("judge", "--judge", "scripted/two")).code).toBe(0);
  const board = await run("leaderboard");
  expect(board.stdout).toMatch(/scripted\/one .* 1\/2 /);
  const costs = await runLodestar(["costs", "--by", "tag"], { env: model.environment });
  expect(costs.stdout).toContain(`tournament:${end.id}`);
}, 120_000);

describe.skipIf(NO_OLLAMA_REASON !== "")(`with a real Ollama ${NO_OLLAMA_REASON}`, () => {
  let ollama: Engine;
  beforeAll(async () => {
    ollama = await startOllama({ OLLAMA_CONTEXT_LENGTH: "1024" });
  }, 60_000);
  afterAll(() => ollama.stop());

  test("two tiny models are compared for nothing, by checks and a person", async () => {
    const home = mkdtempSync(join(folder, "home-"));
    const env = { OLLAMA_HOST: ollama.host, HOME: home, LODESTAR_STATE_DIR: join(home, "state") };
    const prompts = join(home, "prompts.ndjson");
    const ask = (prompt: string, any: readonly string[]) => JSON.stringify({ prompt, check: { any } });
    writeFileSync(
      prompts,
      [ask("What is the capital of France? One word.", ["paris"]), ask("2 + 2 =", ["4", "four"])].join("\n"),
    );
    const run = (argv: readonly string[], input = "") => runLodestar(["tournament", ...argv], { env, stdin: input });
    const models = `ollama/${SMOLLM},ollama/${GEMMA}`;
    const done = await run(["run", "--models", models, "--prompts", prompts, "--max-tokens", "24", "--budget", "0"]);
    expect({ code: done.code, err: done.stderr }).toMatchObject({ code: 0 });
    expect(done.stderr).toContain("4 answers asked for nothing");
    const voted = await run(["vote", "--all"], "1\nt\n");
    expect(voted.stdout).toContain("2 votes counted");
    const board = JSON.parse((await run(["leaderboard", "--json"])).stdout);
    expect(board.classes[0].results.standings.map(({ costUsd }: { costUsd: number }) => costUsd)).toEqual([0, 0]);
    expect(board.classes[0].results.votes).toBe(4);
  }, 300_000);
});
