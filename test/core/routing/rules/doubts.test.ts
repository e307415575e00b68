import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CONDITION_NAMES } from "../../../../src/core/routing/rules/coverage.ts";
import { findRuleDoubts } from "../../../../src/core/routing/rules/doubts.ts";
import type { GivenFacts } from "../../../../src/core/routing/rules/given-facts.ts";
import type { Rule, RuleConditions } from "../../../../src/core/routing/rules/rule.ts";
import { readTimeWindow } from "../../../../src/core/routing/rules/time-text.ts";
import { deciding, goTo, rule } from "./rules.ts";

function times(...texts: readonly string[]) {
  return texts.map(readTimeWindow).flatMap((window) => (window.ok ? [window.value] : []));
}

const share = (amount: number) => ({ unit: "share", amount }) as const;

/** What the first rule asks for, what the second does, and whether the first takes all that the second matches. */
const PAIRS: readonly (readonly [wide: RuleConditions, narrow: RuleConditions, isDead: boolean])[] = [
  [{}, { task: ["bug_fix"] }, true],
  [{ task: ["bug_fix"] }, {}, false],
  [{ task: ["bug_fix", "refactor"] }, { task: ["refactor"] }, true],
  [{ task: ["bug_*"] }, { task: ["bug_fix"] }, true],
  [{ task: ["bug_fix"] }, { task: ["bug_*"] }, false],
  [{ task: ["!general"] }, { task: ["bug_fix"] }, false],
  [{ task: ["!general"] }, { task: ["!gen*"] }, true],
  [{ client: ["Claude*"] }, { client: ["claude-cli*"] }, true],
  [{ header: { "x-a": ["*"] } }, { header: { "x-a": ["b"], "x-c": ["d"] } }, true],
  [{ header: { "x-a": ["*"] } }, { header: { "x-c": ["d"] } }, false],
  [{ path: ["src/*"] }, { path: ["src/**"] }, false],
  [{ path: ["**"] }, { path: ["src/**"] }, true],
  [{ path: ["*.ts"] }, { path: ["*.ts"], language: ["sql"] }, true],
  [{ tokens: { atLeast: 10, below: null } }, { tokens: { atLeast: 20, below: 30 } }, true],
  [{ tokens: { atLeast: 10, below: null } }, { tokens: { atLeast: null, below: 30 } }, false],
  [{ tools: true }, { tools: ["bash"] }, true],
  [{ tools: true }, { tools: ["!bash"] }, false],
  [{ tools: ["*"] }, { tools: true }, false],
  [{ tools: false }, { tools: true }, false],
  [{ images: true }, { images: true, plan: true }, true],
  [{ time: times("mon-fri") }, { time: times("wed 09:00-17:00") }, true],
  [{ time: times("mon-fri") }, { time: times("fri 22:00-06:00") }, false],
  [{ time: times("22:00-06:00") }, { time: times("23:00-24:00", "00:00-05:00") }, true],
  [{ time: times("mon UTC") }, { time: times("mon Europe/Berlin") }, false],
  [{ budgetLeft: { atLeast: null, below: share(0.5) } }, { budgetLeft: { atLeast: null, below: share(0.2) } }, true],
  [
    { budgetLeft: { atLeast: null, below: share(0.5) } },
    { budgetLeft: { atLeast: null, below: { unit: "nano-usd", amount: 0.1 } } },
    false,
  ],
  [{ loaded: ["qwen*"] }, { loaded: ["qwen3"] }, true],
  [{ health: { a: ["down", "degraded"] } }, { health: { a: ["down"], b: ["ok"] } }, true],
  [{ health: { a: ["down"] } }, { health: { a: ["down", "ok"] } }, false],
];

describe("a rule that comes later", () => {
  for (const [index, [wide, narrow, isDead]] of PAIRS.entries()) {
    test(`${index + 1}: ${JSON.stringify(narrow).slice(0, 60)} behind ${JSON.stringify(wide).slice(0, 60)} is ${isDead ? "dead" : "alive"}`, () => {
      const doubts = findRuleDoubts([rule("wide", wide), rule("narrow", narrow)]);
      expect(doubts.map(({ position, level }) => [position, level])).toEqual(isDead ? [[1, "warning"]] : []);
    });
  }

  test("covers every condition with a pair above", () => {
    const named = new Set(PAIRS.flatMap(([wide, narrow]) => [...Object.keys(wide), ...Object.keys(narrow)]));
    const same: readonly string[] = ["project", "key", "tag", "language", "turn"];
    expect(CONDITION_NAMES.filter((name) => !named.has(name) && !same.includes(name))).toEqual([]);
  });

  test("is told which rule takes all that it matches, and how to mend it", () => {
    const rules = [rule("narrow", { tag: ["a"] }), rule("same", { tag: ["a"] }), rule("wide", {}, { priority: 5 })];
    expect(findRuleDoubts(rules)).toEqual([
      {
        level: "warning",
        position: 0,
        path: [],
        message: 'never decides anything: "wide" (rule 3) comes before it and takes all that it matches',
        fix: 'give it a priority above 5, let "wide" ask for more, or remove one',
      },
      expect.objectContaining({ position: 1 }),
    ]);
    expect(findRuleDoubts(rules.slice(0, 2))[0]?.message).toBe(
      'never decides anything: "narrow" (rule 1) asks for the same and comes before it',
    );
  });

  test("lives on what a split leaves over, and dies behind one that leaves nothing", () => {
    const split = (percent: number): Rule => {
      const shares = [{ percent, via: "target", names: ["a"] }] as const;
      return { ...rule("split"), actions: { ...goTo(), to: { kind: "split", shares } } };
    };
    expect(findRuleDoubts([split(99.5), rule("rest")])).toEqual([]);
    expect(findRuleDoubts([split(100), rule("rest")])).toHaveLength(1);
  });

  test("is alive where it is about other names", () => {
    expect(findRuleDoubts([rule("auto"), rule("named", {}, { requested: ["claude-*"] })])).toEqual([]);
    expect(findRuleDoubts([rule("all", {}, { requested: ["*"] }), rule("auto")])).toHaveLength(1);
  });

  test("is never called dead where some facts let it decide", () => {
    const values = ["a", "b", "!a", "*"];
    const list = fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }), { nil: null });
    const conditions = fc.record({ tag: list, key: list, most: fc.option(fc.nat(3), { nil: null }) });
    const rules = fc.array(conditions, { maxLength: 4 }).map((all) =>
      all.map(({ tag, key, most }, index) =>
        rule(`r${index}`, {
          ...(tag === null ? {} : { tag }),
          ...(key === null ? {} : { key }),
          ...(most === null ? {} : { tokens: { atLeast: null, below: most } }),
        }),
      ),
    );
    const worlds: GivenFacts[] = ["a", "b", "c"].flatMap((tag) =>
      ["a", "b"].flatMap((key) => [0, 1, 2].map((tokens) => ({ tag, key, tokens }))),
    );
    fc.assert(
      fc.property(rules, (all) => {
        const dead = findRuleDoubts(all).map(({ position }) => `r${position}`);
        for (const given of worlds) expect(dead).not.toContain(deciding(all, given) ?? "none");
      }),
    );
  });
});

describe("a rule that contradicts itself", () => {
  test.each<[string, Partial<Rule>, readonly string[], string]>([
    ["tokens", { when: { tokens: { atLeast: 30, below: 30 } } }, ["when", "tokens"], "`atLeast` is not below `below`"],
    [
      "budgetLeft",
      { when: { budgetLeft: { atLeast: share(0.5), below: share(0.2) } } },
      ["when", "budgetLeft"],
      "`atLeast` is not below `below`",
    ],
    ["task", { when: { task: ["bug_fix", "!bug_*"] } }, ["when", "task"], "(bug_fix, !bug_*)"],
    ["tools", { when: { tools: ["!*"] } }, ["when", "tools"], "leave out all"],
    ["header", { when: { header: { "x-a": ["b", "!b"] } } }, ["when", "header", "x-a"], "can never hold"],
    ["requested", { requested: ["coder", "!coder"] }, ["requested"], "can never hold"],
  ])("in %s is an error at its place", (_, more, path, message) => {
    const [doubt] = findRuleDoubts([{ ...rule("one"), ...more }]);
    expect(doubt).toMatchObject({ level: "error", position: 0, path: [...path] });
    expect(doubt?.message).toContain(message);
  });

  test("in budgets of two units is none that can be seen", () => {
    const mixed = { atLeast: share(0.5), below: { unit: "nano-usd", amount: 1 } } as const;
    expect(findRuleDoubts([rule("one", { budgetLeft: mixed })])).toEqual([]);
  });

  test("by shares beyond 100 is told the sum; thirds and a rest are none", () => {
    const split = (...percents: readonly number[]): Rule => {
      const shares = percents.map((percent) => ({ percent, via: "target", names: ["a"] }) as const);
      return { ...rule("split"), actions: { ...goTo(), to: { kind: "split", shares } } };
    };
    expect(findRuleDoubts([split(60, 40, 20)])[0]).toMatchObject({ level: "error", path: ["do", "split"] });
    expect(findRuleDoubts([split(60, 40, 20)])[0]?.message).toContain("adds up to 120 %");
    expect(findRuleDoubts([split(33.33, 33.33, 33.34)])).toEqual([]);
    expect(findRuleDoubts([split(0.1, 0.2, 99.7)])).toEqual([]);
  });

  test("by its name is told the first of that name", () => {
    const [doubt] = findRuleDoubts([rule("a", { tag: ["x"] }), rule("b", { tag: ["y"] }), rule("a", { tag: ["z"] })]);
    expect(doubt).toMatchObject({ level: "error", position: 2, path: ["name"] });
    expect(doubt?.message).toContain("(the first is rule 1)");
  });
});
