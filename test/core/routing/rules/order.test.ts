import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { GivenFacts } from "../../../../src/core/routing/rules/given-facts.ts";
import type { Rule, RuleActions } from "../../../../src/core/routing/rules/rule.ts";
import { ask, deciding, goTo, rule } from "./rules.ts";

const TAGS = ["a", "b", "c"];
const TASKS = ["bug_fix", "general"];

const arbitraryRule: fc.Arbitrary<Omit<Rule, "name">> = fc
  .record({
    priority: fc.integer({ min: -2, max: 2 }),
    tag: fc.option(fc.constantFrom(...TAGS), { nil: null }),
    task: fc.option(fc.constantFrom(...TASKS), { nil: null }),
  })
  .map(({ priority, tag, task }) => {
    const when = { ...(tag === null ? {} : { tag: [tag] }), ...(task === null ? {} : { task: [task] }) };
    return { ...rule("", when), priority };
  });
const arbitraryRules = fc
  .array(arbitraryRule, { maxLength: 12 })
  .map((rules) => rules.map((one, index) => ({ ...one, name: `r${index}` })));
const arbitraryFacts: fc.Arbitrary<GivenFacts> = fc.record({
  tag: fc.constantFrom(...TAGS),
  task: fc.constantFrom(...TASKS),
});

/** What the documentation promises, in the simplest way: sort, then look for the first that holds. */
function expected(rules: readonly Rule[], { tag = "", task = "" }: GivenFacts): string | null {
  const sorted = rules
    .map((one, position) => ({ one, position }))
    .sort((left, right) => right.one.priority - left.one.priority || left.position - right.position);
  const found = sorted.find(
    ({ one: { when } }) => (when.tag?.includes(tag) ?? true) && (when.task?.includes(task) ?? true),
  );
  return found?.one.name ?? null;
}

describe("of several rules that match", () => {
  test("the one of the highest priority decides, then the one that stands first", () => {
    fc.assert(
      fc.property(arbitraryRules, arbitraryFacts, (rules, given) => {
        expect(deciding(rules, given)).toBe(expected(rules, given));
      }),
    );
  });

  test("one of a lower priority, wherever it stands, changes nothing of an earlier match", () => {
    fc.assert(
      fc.property(arbitraryRules, arbitraryRule, arbitraryFacts, fc.nat(12), (rules, further, given, at) => {
        const before = deciding(rules, given);
        const added = { ...further, name: "added", priority: -9 };
        const after = deciding(rules.toSpliced(at, 0, added), given);
        if (before !== null) expect(after).toBe(before);
        else expect([null, "added"]).toContain(after);
      }),
    );
  });

  test("exactly one is told as matched, and those before it all failed", () => {
    fc.assert(
      fc.property(arbitraryRules, arbitraryFacts, (rules, given) => {
        const verdict = ask(rules, given);
        const outcomes = verdict.explain().map(({ outcome }) => outcome);
        const at = outcomes.indexOf("matched");
        expect(at === -1).toBe(verdict.rule === null);
        if (at === -1) expect(outcomes).not.toContain("shadowed");
        else expect(outcomes.slice(0, at).every((outcome) => outcome === "failed")).toBe(true);
        expect(outcomes.slice(at + 1)).not.toContain("matched");
      }),
    );
  });
});

describe("what a rule does", () => {
  const clamps = (maxOutputTokens: number | null, maxTemperature: number | null = null) => ({
    maxOutputTokens,
    maxTemperature,
    maxEffort: null,
  });
  const doing = (name: string, more: Partial<RuleActions>, when: Rule["when"] = {}): Rule => ({
    ...rule(name, when),
    actions: { ...goTo(), to: { kind: "policy" }, ...more },
  });

  test("comes whole out of the one rule that matched", () => {
    const cache = { switch: "off", maxAgeMs: null } as const;
    const all = doing("all", { floor: 0.7, ceilingNanoUsd: 5, cache, clamps: clamps(9), isStickyOff: true });
    expect(ask([all, doing("next", { floor: 0.1 })])).toMatchObject({
      rule: { name: "all", origin: "configuration", position: 0 },
      limitedBy: null,
      denied: null,
      names: null,
      floor: 0.7,
      ceilingNanoUsd: 5,
      cache,
      clamps: clamps(9),
      isStickyOff: true,
    });
  });

  test("is nothing where none matches", () => {
    expect(ask([], {})).toMatchObject({
      rule: null,
      denied: null,
      names: null,
      floor: null,
      cache: null,
      clamps: null,
    });
  });

  test("may be a refusal in its own words, with nowhere to go", () => {
    const verdict = ask([doing("shut", { to: { kind: "deny", message: "not at night" } })]);
    expect(verdict).toMatchObject({ denied: { by: { name: "shut" }, message: "not at night" }, names: null });
  });

  test("that came with a project comes before the user's", () => {
    const verdict = ask([rule("mine")], {}, [rule("theirs")]);
    expect(verdict).toMatchObject({ rule: { name: "theirs", origin: "project" }, names: ["lab/theirs"] });
    expect(verdict.explain().map(({ name, outcome }) => [name, outcome])).toEqual([
      ["theirs", "matched"],
      ["mine", "matched"],
    ]);
  });

  test("stays the user's where their rule names the project", () => {
    const mine = rule("mine", { project: ["shop"] });
    expect(ask([mine], { project: "shop" }, [rule("theirs")]).rule?.name).toBe("mine");
    expect(ask([mine], { project: "blog" }, [rule("theirs")]).rule?.name).toBe("theirs");
    const allButOne = rule("all", { project: ["!blog"] });
    expect(ask([allButOne], { project: "shop" }, [rule("theirs")]).rule?.name).toBe("theirs");
  });

  test("cannot be a way around what the user's refuse", () => {
    const refusal = doing("shut", { to: { kind: "deny", message: "no" } });
    const verdict = ask([refusal], {}, [rule("theirs")]);
    expect(verdict).toMatchObject({ denied: { by: { name: "shut", origin: "configuration" } }, names: null });
  });

  test("of a project never widens a limit of the user's, nor the other way round", () => {
    const limit = fc.option(fc.integer({ min: 1, max: 100 }), { nil: null });
    const actions = fc.record({ ceilingNanoUsd: limit, tokens: limit, temperature: limit, age: limit });
    const least = (...values: (number | null)[]): number | null => {
      const said = values.filter((value) => value !== null);
      return said.length === 0 ? null : Math.min(...said);
    };
    const write = ({
      ceilingNanoUsd,
      tokens,
      temperature,
      age,
    }: Record<string, number | null>): Partial<RuleActions> => ({
      ceilingNanoUsd: ceilingNanoUsd ?? null,
      clamps: clamps(tokens ?? null, temperature ?? null),
      cache: { switch: null, maxAgeMs: age ?? null },
    });
    fc.assert(
      fc.property(actions, actions, (own, file) => {
        const verdict = ask([doing("mine", write(own))], {}, [doing("theirs", write(file))]);
        expect(verdict.limitedBy?.name).toBe("mine");
        expect(verdict.ceilingNanoUsd).toBe(least(own.ceilingNanoUsd, file.ceilingNanoUsd));
        expect(verdict.clamps?.maxOutputTokens).toBe(least(own.tokens, file.tokens));
        expect(verdict.clamps?.maxTemperature).toBe(least(own.temperature, file.temperature));
        expect(verdict.cache?.maxAgeMs).toBe(least(own.age, file.age));
      }),
    );
  });

  test.each([
    ["off", "on", "off"],
    ["on", "off", "off"],
    [null, "on", null],
    ["on", null, "on"],
    [null, null, null],
  ] as const)("of the cache: with %p of the user's and %p of the project's it is %p", (own, file, merged) => {
    const say = (word: "on" | "off" | null) => ({ cache: { switch: word, maxAgeMs: null } });
    const verdict = ask([doing("mine", say(own))], {}, [doing("theirs", say(file))]);
    expect(verdict.cache?.switch).toBe(merged);
  });

  test("keeps the user's floor where the project's says none, and the lower effort of both", () => {
    const effort = (maxEffort: "low" | "high") => ({ ...clamps(null), maxEffort });
    const own = doing("mine", { floor: 0.6, clamps: effort("low") });
    expect(ask([own], {}, [doing("theirs", { clamps: effort("high") })])).toMatchObject({
      floor: 0.6,
      clamps: { maxEffort: "low" },
    });
    expect(ask([own], {}, [doing("theirs", { floor: 0.3 })])).toMatchObject({
      floor: 0.3,
      clamps: { maxEffort: "low" },
    });
  });
});
