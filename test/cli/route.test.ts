import { describe, expect, test } from "bun:test";
import { backend } from "../../src/compose.ts";
import { temporaryFolder } from "../stores/temporary.ts";
import { createWorld } from "../support/world.ts";
import { run } from "./harness.ts";

const { fake, gateway } = createWorld();

const ANSWER = {
  id: "c",
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
};

const ENVIRONMENT = { LAB_KEY: "lab-key-0123456789" };

/** A gateway with a dear and a cheap model, and its commands beside it. */
async function world(routing: string) {
  const lab = await fake(() => ({ kind: "json", body: ANSWER }));
  const opened = await gateway(
    `
providers:
  lab: { dialect: openai-chat, baseUrl: "${lab.url}/v1", models: [big, small], accounts: [{ key: env:LAB_KEY }] }
chains: { default: [lab/big, lab/small] }
prices: { overrides: { lab/big: { input: 10, output: 40 }, lab/small: { input: 1, output: 2 } } }
timeZone: UTC
routing: ${routing}`,
    ENVIRONMENT,
  );
  const { stateDir, runtime } = opened.opening;
  const where = ["--state-dir", stateDir, "--config", runtime.services.settings().file ?? ""];
  return {
    async ask(content: string, task: string) {
      const json = { model: "auto", messages: [{ role: "user", content }] };
      const response = await opened.fetch("/v1/chat/completions", { json, headers: { "x-lodestar-task": task } });
      await response.text();
      await opened.rows();
      runtime.routingSide.flush();
      return response.headers.get("x-lodestar-request-id") ?? "";
    },
    route: (...argv: readonly string[]) => run(["route", ...argv, ...where], { backend, environment: ENVIRONMENT }),
  };
}

describe("route explain", () => {
  test("says of a prompt the class, every model with its state, and why it lost; no model is asked", async () => {
    const { route } = await world("{ floor: 0.6 }");
    const prompt = "Fix this bug: TypeError: cannot read properties of undefined (reading 'id')";
    const { out, code } = await route("explain", "--prompt", prompt);
    expect(code).toBe(0);
    expect(out).toMatch(/class +bug_fix \(classifier, p = [01]\.\d\d\)/);
    expect(out).toMatch(/floor +60 % \(default; dial 5\)/);
    expect(out).toMatch(/lab\/small .*chosen/);
    expect(out).toMatch(/lab\/big .*dearer/);
    expect(out).toMatch(/tried in this order +lab\/small, lab\/big/);
  });

  test("says of a whole request, in any dialect, what it says of a prompt", async () => {
    const { route } = await world("{ floor: 0.6 }");
    using folder = temporaryFolder();
    const path = `${folder.path}/request.json`;
    const messages = [{ role: "user", content: "Hello" }];
    await Bun.write(path, JSON.stringify({ model: "claude", max_tokens: 5, messages }));
    const told = await route("explain", "--body", path, "--dialect", "anthropic", "--task", "refactor", "--json");
    const view = JSON.parse(told.out);
    expect(view.verdict).toEqual({ taskClass: "refactor", source: "header", probability: null });
    expect(view.candidates.map(({ name }: { name: string }) => name)).toEqual(["lab/big", "lab/small"]);
    expect(view.candidates[1].outputTokens).toBe(5);
  });

  test("tells of a past request what was decided and what became of it", async () => {
    const { ask, route } = await world("{ mode: shadow, floor: 0.6 }");
    const id = await ask("Why is it slow?", "bug_fix");
    const { out } = await route("explain", id);
    expect(out).toMatch(/chosen +lab\/small \(in shadow: not asked\)/);
    expect(out).toMatch(/default chain +lab\/big/);
    expect(out).toMatch(/answered by +lab\/big, \$0\.0014/);
    expect(out).not.toContain("slow");
  });

  test("a mistake is told with what to do", async () => {
    const { route } = await world("{}");
    for (const [argv, code] of [
      [["explain"], "bad_value"],
      [["explain", "req_1", "--prompt", "x"], "bad_value"],
      [["explain", "req_1"], "decision_not_found"],
      [["explain", "--body", "/nowhere.json"], "file_unreadable"],
      [["simulate", "--floor", "2"], "bad_value"],
      [["simulate", "--dial", "11"], "bad_value"],
      [["simulate", "--rules", "/nowhere.yaml"], "file_unreadable"],
      [["report", "--since", "soon"], "bad_value"],
    ] as const) {
      const told = await route(...argv);
      expect(told.code).not.toBe(0);
      expect(told.err).toContain(`code: ${code}`);
    }
  });
});

describe("route report and simulate", () => {
  test("say what would be saved, at which quality, with n and intervals, before the router is switched on", async () => {
    const { ask, route } = await world("{ mode: shadow, floor: 0.6 }");
    for (const content of ["one", "two", "three"]) await ask(content, "bug_fix");
    const report = JSON.parse((await route("report", "--json")).out);
    expect(report).toMatchObject({ requests: 3, inForce: 0, all: { n: 3, unknown: 0, changed: 3 } });
    expect(report.all.savedNanoUsd.value).toBeGreaterThan(0);
    expect(report.all.qualityChange.value).toBeLessThan(0);
    const text = (await route("report")).out;
    expect(text).toMatch(/decisions +3 requests; the router's choice was asked for 0/);
    expect(text).toMatch(/bug_fix +3 +3/);
    const other = JSON.parse((await route("simulate", "--floor", "0.99", "--json")).out);
    expect(other.replay).toMatchObject({ n: 3, changed: 0 });
    expect((await route("simulate", "--dial", "10")).out).toMatch(/dial 10 +\$/);
  });

  test("other rules are tried from a file, and wrong ones are told", async () => {
    const { ask, route } = await world("{ mode: shadow }");
    await ask("one", "bug_fix");
    using folder = temporaryFolder();
    const path = `${folder.path}/rules.yaml`;
    await Bun.write(path, "rules: [{ name: r, when: { task: bug_fix }, do: { target: lab/small } }]");
    const told = JSON.parse((await route("simulate", "--rules", path, "--json")).out);
    expect(told).toMatchObject({ rules: 1, replay: { n: 1, changed: 1 } });
    for (const text of ["[{ nam: r }]", "{ rules: 7 }", "a: [b"]) {
      await Bun.write(path, text);
      expect((await route("simulate", "--rules", path)).err).toContain("code: bad_rules");
    }
  });

  test("say that there is nothing yet", async () => {
    const { route } = await world("{}");
    const { code, out } = await route("report");
    expect(code).toBe(0);
    expect(out).toContain("n = 0");
  });
});
