import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BUDGET_PERIODS, BUDGET_POLICIES } from "../../src/core/budget/text.ts";
import type { Directory } from "../../src/core/directory.ts";
import { expandName } from "../../src/core/expand.ts";
import {
  mergeProject,
  PROJECT_NAME,
  type ProjectBudget,
  type ProjectRules,
  projectDirectory,
  projectNameOf,
} from "../../src/core/project.ts";

function rules(more: Partial<ProjectRules> = {}): ProjectRules {
  const nothing = {
    aliases: {},
    chains: {},
    models: [],
    tag: null,
    budgets: [],
    cacheTtlMs: null,
    rules: [],
    keepsPrompts: false,
  };
  return { ...nothing, ...more };
}

function budget(more: Partial<ProjectBudget> = {}): ProjectBudget {
  return { period: "month", limitNanoUsd: 10, warnAt: [50], over: "degrade", isUnpricedAllowed: false, ...more };
}

describe("the name of a project", () => {
  test.each([
    ["web", "web"],
    ["my app (v2)", "my-app-v2"],
    ["--x--", "x"],
    ["дом", "project"],
    ["../../etc", "etc"],
    ["a".repeat(300), "a".repeat(100)],
  ])("of the folder %j is %j", (folder, name) => expect(projectNameOf(folder)).toBe(name));

  test("is a valid one, whatever the folder is called", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (folder) => PROJECT_NAME.test(projectNameOf(folder))));
  });
});

describe("what user and file say together", () => {
  test("is nothing where neither says anything", () => {
    expect(mergeProject("web", null, null)).toEqual({
      name: "web",
      aliases: {},
      chains: {},
      models: [],
      tag: null,
      budgets: [],
      cacheTtlMs: null,
      rules: [],
      keepsPrompts: false,
      sources: {},
    });
  });

  test("names and the tag are the user's where both give one, and each says where it is from", () => {
    const own = rules({ aliases: { coder: "ollama/own" }, tag: "mine" });
    const asked = rules({
      aliases: { coder: "ollama/theirs", fast: "free" },
      chains: { docs: ["free"] },
      tag: "theirs",
    });
    const project = mergeProject("web", own, asked);
    expect(project.aliases).toEqual({ coder: "ollama/own", fast: "free" });
    expect([project.chains, project.tag]).toEqual([{ docs: ["free"] }, "mine"]);
    expect(project.sources).toEqual({
      "aliases.coder": "configuration",
      "aliases.fast": "file",
      "chains.docs": "file",
      tag: "configuration",
    });
  });

  test("a chain of the file does not take an alias of the user's project away, nor the other way round", () => {
    const own = rules({ aliases: { coder: "ollama/own" }, chains: { docs: ["free"] } });
    const asked = rules({ aliases: { docs: "openai/dear" }, chains: { coder: ["openai/dear"] } });
    const project = mergeProject("web", own, asked);
    expect([project.aliases, project.chains]).toEqual([{ coder: "ollama/own" }, { docs: ["free"] }]);
  });

  test("a model must pass both lists", () => {
    const project = mergeProject("web", rules({ models: ["openai/*"] }), rules({ models: ["*/gpt-5.4-nano"] }));
    expect(project.models).toEqual([["openai/*"], ["*/gpt-5.4-nano"]]);
    expect(project.sources).toEqual({ models: "both" });
  });

  test("the file never has prompts kept, whatever it may say", () => {
    expect(mergeProject("web", null, rules({ keepsPrompts: true })).keepsPrompts).toBe(false);
    expect(mergeProject("web", rules({ keepsPrompts: true }), rules()).keepsPrompts).toBe(true);
  });

  test.each([
    [null, null, null],
    [60_000, null, 60_000],
    [null, 60_000, 60_000],
    [60_000, 3_600_000, 60_000],
    [3_600_000, 60_000, 60_000],
    [0, 60_000, 0],
    [60_000, 0, 0],
  ])("a cache time of %p from the user and %p from the file is %p", (own, asked, merged) => {
    expect(mergeProject("web", rules({ cacheTtlMs: own }), rules({ cacheTtlMs: asked })).cacheTtlMs).toBe(merged);
  });

  test.each([
    ["a lower limit counts", budget(), budget({ limitNanoUsd: 3 }), { limitNanoUsd: 3, origin: "project" }],
    ["a higher one does not", budget(), budget({ limitNanoUsd: 30 }), { limitNanoUsd: 10, origin: "file" }],
    ["a stricter policy counts", budget(), budget({ over: "deny" }), { over: "deny", origin: "project" }],
    ["a laxer one does not", budget(), budget({ over: "warn" }), { over: "degrade", origin: "file" }],
    ["further warnings are told", budget(), budget({ warnAt: [80, 20] }), { warnAt: [20, 50, 80], origin: "file" }],
  ])("of two budgets of a period %s", (_, own, asked, expected) => {
    const { budgets } = mergeProject("web", rules({ budgets: [own] }), rules({ budgets: [asked] }));
    expect(budgets).toHaveLength(1);
    expect(budgets[0]).toMatchObject({ ...expected, id: "month:project:web:rules", scope: "project", name: "web" });
  });

  test("the file can lower and never raise, whatever it asks for", () => {
    const anyBudget = fc.record({
      period: fc.constantFrom(...BUDGET_PERIODS),
      limitNanoUsd: fc.nat(),
      warnAt: fc.array(fc.integer({ min: 1, max: 100 })),
      over: fc.constantFrom(...BUDGET_POLICIES),
      isUnpricedAllowed: fc.boolean(),
    });
    const anyBudgets = fc.uniqueArray(anyBudget, { selector: ({ period }) => period });
    fc.assert(
      fc.property(anyBudgets, anyBudgets, (own, asked) => {
        const merged = mergeProject("web", rules({ budgets: own }), rules({ budgets: asked })).budgets;
        for (const { period, limitNanoUsd, over, isUnpricedAllowed } of own) {
          const found = merged.find((one) => one.period === period);
          expect(found?.limitNanoUsd).toBeLessThanOrEqual(limitNanoUsd);
          expect(isUnpricedAllowed || found?.isUnpricedAllowed === false).toBe(true);
          const strictness = BUDGET_POLICIES.indexOf(found?.over ?? "warn");
          expect(strictness).toBeGreaterThanOrEqual(BUDGET_POLICIES.indexOf(over));
        }
        const periods = new Set([...own, ...asked].map(({ period }) => period));
        expect(merged).toHaveLength(periods.size);
        expect(new Set(merged.map(({ id }) => id)).size).toBe(periods.size);
      }),
    );
  });
});

describe("where a project's requests look names up", () => {
  const source = {
    id: "lab",
    isLocal: false,
    accounts: [{ id: "default", group: "default" }],
    models: ["a", "b"],
    free: null,
    strong: null,
    cheap: null,
    cheapPrice: null,
    strongPrice: null,
  };
  const directory: Directory = {
    sources: [source],
    unconfigured: [],
    aliases: { coder: "lab/a" },
    chains: { default: ["lab/a"], docs: ["lab/a"] },
    pullHint: "",
  };
  const target = (name: string, more: Partial<ProjectRules>): readonly string[] => {
    const found = expandName(name, projectDirectory(directory, mergeProject("web", rules(more), null)));
    return found.candidates.map(({ model }) => model);
  };

  test("the project's alias, chain and default come before the user's", () => {
    expect(target("coder", {})).toEqual(["a"]);
    expect(target("coder", { aliases: { coder: "lab/b" } })).toEqual(["b"]);
    expect(target("docs", { chains: { docs: ["lab/b", "lab/a"] } })).toEqual(["b", "a"]);
    expect(target("auto", { chains: { default: ["lab/b"] } })).toEqual(["b"]);
  });

  test("its alias comes before a chain of the user's, and its chain before an alias of the user's", () => {
    expect(target("docs", { aliases: { docs: "lab/b" } })).toEqual(["b"]);
    expect(target("coder", { chains: { coder: ["lab/b"] } })).toEqual(["b"]);
  });
});
