import { describe, expect, test } from "bun:test";
import { evaluateRules } from "../../../../src/core/routing/rules/evaluate.ts";
import { type RuleExpectation, ruleTestFaults } from "../../../../src/core/routing/rules/rule-test.ts";
import { ask, compiled, facts, goTo, rule } from "./rules.ts";

const RULES = [
  rule("night", { tag: ["nightly"] }),
  { ...rule("shut", { tag: ["forbidden"] }), actions: { ...goTo(), to: { kind: "deny", message: "no" } as const } },
];

function faults(expectation: RuleExpectation, tag: string, targets: readonly string[] = []): readonly string[] {
  const known = RULES.map(({ name }) => name);
  return ruleTestFaults({ name: "t", given: { tag }, expect: expectation }, ask(RULES, { tag }), targets, known);
}

describe("a test of rules", () => {
  test.each<[RuleExpectation, string, readonly string[]]>([
    [{ rule: "night", target: "lab/a" }, "nightly", ["lab/a", "lab/b"]],
    [{ rule: "night", targets: ["lab/a", "lab/b"], isDenied: false }, "nightly", ["lab/a", "lab/b"]],
    [{ rule: "none" }, "other", []],
    [{ isDenied: true }, "forbidden", []],
  ])("%j passes for the tag %s", (expectation, tag, targets) => {
    expect(faults(expectation, tag, targets)).toEqual([]);
  });

  test.each<[RuleExpectation, string, readonly string[], string]>([
    [{ rule: "night" }, "other", [], "rule is none, expected night: tag is other, wanted nightly"],
    [{ rule: "none" }, "nightly", [], "rule is night, expected none"],
    [{ rule: "nigth" }, "nightly", [], 'there is no such rule. Did you mean "night"?'],
    [{ target: "lab/b" }, "nightly", ["lab/a"], "target is lab/a, expected lab/b"],
    [{ target: "lab/b" }, "nightly", [], "target is none, expected lab/b"],
    [{ targets: ["lab/b"] }, "nightly", ["lab/a", "lab/b"], "targets are lab/a, lab/b, expected lab/b"],
    [{ isDenied: true }, "nightly", [], "is not denied"],
    [{ isDenied: false }, "forbidden", [], "is denied: no"],
  ])("%j fails for the tag %s, and says why", (expectation, tag, targets, message) => {
    expect(faults(expectation, tag, targets).join()).toContain(message);
  });
});

describe("the names that rules are about", () => {
  const rules = compiled([rule("named", {}, { requested: ["claude-*", "!claude-3*"] })], [rule("file")]);

  test.each([
    ["auto", true],
    ["claude-opus", true],
    ["gpt-5", false],
  ])("let a request for %s pass untouched unless %p", (name, isConcerned) => {
    expect(rules.requested.one(name)).toBe(isConcerned);
  });

  test("are none without rules, and may be any where a rule only makes exceptions", () => {
    expect(compiled([]).requested.one("auto")).toBe(false);
    expect(compiled([rule("all", {}, { requested: ["!auto"] })]).requested.one("anything")).toBe(true);
  });
});

test("fifty rules with every kind of condition are asked in some microseconds", () => {
  const rules = Array.from({ length: 50 }, (_, index) =>
    rule(`r${index}`, {
      tag: ["!never"],
      client: ["claude*"],
      tokens: { atLeast: 10, below: null },
      path: [`dir${index}/**/*.sql`],
      language: ["typescript"],
      time: [{ days: [0, 1, 2, 3, 4], fromMinute: 0, toMinute: 1_439, zone: "Europe/Berlin" }],
    }),
  );
  const book = compiled(rules);
  const given = facts({
    client: "claude-cli/2",
    tokens: 99,
    languages: ["typescript"],
    paths: ["src/a.ts", "src/b.ts"],
  });
  const rounds = 2_000;
  for (let round = 0; round < rounds; round++) evaluateRules(book, given);
  const started = performance.now();
  for (let round = 0; round < rounds; round++) evaluateRules(book, given);
  const micros = ((performance.now() - started) * 1_000) / rounds;
  console.log(`50 rules: ${micros.toFixed(1)} µs`);
  expect(micros).toBeLessThan(200);
});
