import { describe, expect, test } from "bun:test";
import { evaluateRules } from "../../../../src/core/routing/rules/evaluate.ts";
import type { GivenFacts } from "../../../../src/core/routing/rules/given-facts.ts";
import type { RuleConditions } from "../../../../src/core/routing/rules/rule.ts";
import { readTimeWindow } from "../../../../src/core/routing/rules/time-text.ts";
import { ask, compiled, deciding, facts, rule } from "./rules.ts";

const share = (amount: number) => ({ unit: "share", amount }) as const;
const usd = (amount: number) => ({ unit: "nano-usd", amount: amount * 1e9 }) as const;

function window(text: string) {
  const read = readTimeWindow(text);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

/** A condition, facts that meet it, facts that do not, and what is said of the latter. */
const CASES: readonly (readonly [RuleConditions, GivenFacts, GivenFacts, string])[] = [
  [
    { task: ["bug_fix", "refactor"] },
    { task: "refactor" },
    { task: "general" },
    "task is general, wanted bug_fix or refactor",
  ],
  [{ task: ["!general"] }, { task: "bug_fix" }, { task: "general" }, "task is general, wanted !general"],
  [{ task: ["bug_fix"] }, { task: "bug_fix" }, {}, "task is none, wanted bug_fix"],
  [{ project: ["shop*"] }, { project: "shop-web" }, { project: "blog" }, "project is blog, wanted shop*"],
  [{ key: ["ci"] }, { key: "ci" }, { key: "ci2" }, "key is ci2, wanted ci"],
  [{ key: ["!ci"] }, {}, { key: "ci" }, "key is ci, wanted !ci"],
  [{ tag: ["nightly"] }, { tag: "nightly" }, {}, "tag is none, wanted nightly"],
  [
    { client: ["Claude-CLI*"] },
    { client: "claude-cli/2.1" },
    { client: "codex/1" },
    "client is codex/1, wanted Claude-CLI*",
  ],
  [{ header: { "x-team": ["web*"] } }, { header: { "X-Team": "web-1" } }, {}, "header.x-team is none, wanted web*"],
  [{ header: { "x-team": ["!*"] } }, {}, { header: { "x-team": "a" } }, "header.x-team is a, wanted !*"],
  [
    { path: ["src/**/*.sql"] },
    { paths: ["a.ts", "/home/me/src/db/x.sql"] },
    { paths: ["a.ts"] },
    "path is a.ts, wanted src/**/*.sql",
  ],
  [
    { path: ["*.ts", "!test/**"] },
    { paths: ["src/a.ts"] },
    { paths: ["src/a.ts", "test/b.ts"] },
    "path is src/a.ts, test/b.ts, wanted *.ts or !test/**",
  ],
  [{ language: ["SQL"] }, { languages: ["go", "sql"] }, { languages: ["go"] }, "language is go, wanted SQL"],
  [{ turn: ["tool-result"] }, { turn: "tool-result" }, {}, "turn is user, wanted tool-result"],
  [{ plan: true }, { plan: true }, {}, "plan is no, wanted yes"],
  [
    { tokens: { atLeast: 32_000, below: null } },
    { tokens: 32_000 },
    { tokens: 31_999 },
    "tokens is 31,999, wanted at least 32,000",
  ],
  [
    { tokens: { atLeast: null, below: 2_000 } },
    { tokens: 1_999 },
    { tokens: 2_000 },
    "tokens is 2,000, wanted below 2,000",
  ],
  [{ tools: true }, { tools: ["bash"] }, {}, "tools is no, wanted yes"],
  [{ tools: false }, {}, { tools: ["bash"] }, "tools is yes, wanted no"],
  [{ tools: ["mcp__*"] }, { tools: ["bash", "mcp__x"] }, { tools: ["bash"] }, "tools is bash, wanted mcp__*"],
  [{ images: true }, { images: 2 }, {}, "images is no, wanted yes"],
  [
    { time: [window("mon-fri 09:00-17:00")] },
    {},
    { at: Date.UTC(2026, 10, 28, 12) },
    "time is sat 12:00, wanted mon, tue, wed, thu, fri 09:00–17:00",
  ],
  [
    { budgetLeft: { atLeast: null, below: share(0.2) } },
    { budgetLeft: share(0.19) },
    { budgetLeft: share(0.2) },
    "budgetLeft is 20 %, wanted below 20 %",
  ],
  [
    { budgetLeft: { atLeast: null, below: share(0.2) } },
    { budgetLeft: share(0) },
    {},
    "budgetLeft is no budget counts this request, wanted below 20 %",
  ],
  [
    { budgetLeft: { atLeast: usd(5), below: null } },
    {},
    { budgetLeft: usd(4.5) },
    "budgetLeft is $4.5, wanted at least $5",
  ],
  [
    { budgetLeft: { atLeast: usd(5), below: null } },
    { budgetLeft: usd(5) },
    { budgetLeft: share(1) },
    "budgetLeft is 100 %, wanted at least $5",
  ],
  [
    { loaded: ["qwen3*"] },
    { loaded: ["ollama/qwen3:8b"] },
    { loaded: ["ollama/llama3"] },
    "loaded is ollama/llama3, llama3, wanted qwen3*",
  ],
  [{ loaded: ["ollama/qwen3:8b"] }, { loaded: ["ollama/qwen3:8b"] }, {}, "loaded is none, wanted ollama/qwen3:8b"],
  [{ loaded: ["!*"] }, {}, { loaded: ["ollama/a"] }, "loaded is ollama/a, a, wanted !*"],
  [
    { health: { anthropic: ["down", "degraded"] } },
    { health: { anthropic: "down" } },
    {},
    "health.anthropic is ok, wanted down or degraded",
  ],
  [{ health: { "lab/one": ["ok"] } }, {}, { health: { "lab/one": "down" } }, "health.lab/one is down, wanted ok"],
];

describe("a condition", () => {
  for (const [index, [when, met, unmet, reason]] of CASES.entries()) {
    test(`${index + 1}: ${JSON.stringify(when).slice(0, 80)} tells ${JSON.stringify(met)} from ${JSON.stringify(unmet)}`, () => {
      expect(deciding([rule("one", when)], met)).toBe("one");
      const verdict = ask([rule("one", when)], unmet);
      expect(verdict.rule).toBeNull();
      expect(verdict.explain()).toMatchObject([{ name: "one", outcome: "failed", reasons: [reason] }]);
    });
  }

  test("of a provider that is not configured never holds, whatever it asks for", () => {
    const rules = [rule("one", { health: { nowhere: ["ok", "degraded", "down"] } })];
    const verdict = evaluateRules(compiled(rules), facts({}, { health: () => null }));
    expect(verdict.explain()[0]?.reasons).toEqual(["health.nowhere is not configured, wanted ok or degraded or down"]);
  });

  test("shows at most five values of many", () => {
    const paths = Array.from({ length: 9 }, (_, index) => `${index}.md`);
    const [trace] = ask([rule("one", { path: ["*.sql"] })], { paths }).explain();
    expect(trace?.reasons[0]).toBe("path is 0.md, 1.md, 2.md, 3.md, 4.md and 4 more, wanted *.sql");
  });

  test("that is met is told with what was seen and what was wanted", () => {
    const [trace] = ask([rule("one", { task: ["bug*"], tokens: { atLeast: 5, below: 9 } })], {
      task: "bug_fix",
      tokens: 5,
    }).explain();
    expect(trace).toMatchObject({
      outcome: "matched",
      reasons: ["requested is auto", "tokens 5 (at least 5 and below 9)", "task bug_fix (bug*)"],
    });
  });
});

describe("the name that was asked for", () => {
  const explicit = rule("mine", {}, { requested: ["claude-*", "openai/*", "!openai/o*"] });
  test.each([
    ["auto", "plain"],
    ["claude-opus", "mine"],
    ["openai/gpt", "mine"],
    ["openai/o3", null],
    ["coder", null],
  ])("%s is decided by %p", (requested, name) => {
    expect(deciding([explicit, rule("plain")], { requested })).toBe(name);
  });

  test("keeps rules without `requested` away from what the user names", () => {
    expect(deciding([rule("plain")], { requested: "lab/one" })).toBeNull();
  });

  test("may be any where a rule only makes exceptions", () => {
    expect(deciding([rule("one", {}, { requested: ["!auto"] })], { requested: "lab/one" })).toBe("one");
    expect(deciding([rule("one", {}, { requested: ["!auto"] })], {})).toBeNull();
  });
});

describe("what costs something", () => {
  test("is asked only where a rule that matches otherwise asks for it, and the classifier last of all", () => {
    const asked: string[] = [];
    const seen = facts(
      { tag: "a" },
      {
        task: () => {
          asked.push("task");
          return "bug_fix";
        },
        budgetLeft: () => {
          asked.push("budget");
          return { nanoUsd: 0, share: 0 };
        },
      },
    );
    const below = { atLeast: null, below: share(0.5) };
    const rules = [
      rule("other-tag", { task: ["bug_fix"], tag: ["b"] }),
      rule("too-long", { task: ["bug_fix"], tokens: { atLeast: 10, below: null } }),
      rule("poor", { task: ["bug_fix"], budgetLeft: below }),
    ];
    expect(evaluateRules(compiled(rules), seen).rule?.name).toBe("poor");
    expect(asked).toEqual(["budget", "task"]);
  });

  test("is not asked at all for rules that ask for nothing of it", () => {
    const never = (): never => {
      throw new Error("asked");
    };
    const seen = facts(
      {},
      { task: never, signals: never, loaded: never, health: never, budgetLeft: never, toolNames: never, header: never },
    );
    expect(evaluateRules(compiled([rule("a", { tag: ["x"] }), rule("b")]), seen).rule?.name).toBe("b");
  });
});
