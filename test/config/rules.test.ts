import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { formatProblem } from "../../src/config/problem.ts";
import { checkProjectFile, parseProjectFile } from "../../src/config/project-file.ts";
import { shownSettings } from "../../src/config/show.ts";
import type { Rule } from "../../src/core/routing/rules/rule.ts";
import { complaints, loaded, makeSandbox } from "./sandbox.ts";

const PROVIDERS =
  "providers: { lab: { baseUrl: http://lab/v1, models: [one, two] } }\nchains: { duo: [lab/one, lab/two] }\n";

/** A configuration with these lines below `routing.rules`. */
function withRules(rules: string, more = ""): string {
  return `${PROVIDERS}${more}routing:\n  rules:\n${rules.replace(/^/gm, "    ")}\n`;
}

function rulesFrom(rules: string): readonly Rule[] {
  return loaded(makeSandbox(withRules(rules)).load()).settings.rules;
}

function wrong(rules: string, more = ""): string {
  return complaints(makeSandbox(withRules(rules, more)).load());
}

/** Findings about rules, with the folder left out. */
function findings(rules: string, more = ""): readonly string[] {
  const load = loaded(makeSandbox(withRules(rules, more)).load());
  return load.findings
    .filter(({ subject }) => subject.startsWith("rule "))
    .map(({ level, subject, message }) => `${level} ${subject}: ${message.replace(/^\/\S*\//, "")}`);
}

const EVERYTHING = `
- name: everything
  priority: 7
  tags: [cost, night]
  requested: [auto, "claude-*", "!claude-3"]
  when:
    task: [bug_fix, "!refactor"]
    project: shop
    key: ci
    tag: nightly
    client: claude-cli*
    header: { X-Team: [web, "!web-old"] }
    path: "src/**/*.{ts,tsx}"
    language: typescript
    turn: [user, tool-result]
    plan: false
    tokens: { atLeast: 1000, below: 32000 }
    tools: ["mcp__*"]
    images: false
    time: [mon-fri 22:00-06:00, "sat,sun", 08:00-12:00 Europe/Berlin]
    budgetLeft: { atLeast: 5, below: 37.5% }
    loaded: "qwen*"
    health: { lab: [ok, degraded], lab/one: down }
  do:
    split: [{ percent: 33.5, target: duo }, { percent: 10, chain: [lab/two, free] }]
    floor: 0.7
    ceilingUsd: 0.05
    cache: 90m
    maxOutputTokens: 4000
    maxTemperature: 0.2
    maxEffort: low
    sticky: false
- { name: shut, when: { tools: true, time: 00:00-24:00 }, do: { deny: "not here" } }
- { name: named, do: { chain: duo, cache: "on" } }
- { name: one, when: { tag: x }, do: { target: lab/one } }
`.trim();

describe("rules of the configuration", () => {
  test("are read whole, with what is left out asking for nothing", () => {
    const [everything, shut, named] = rulesFrom(EVERYTHING);
    expect(everything).toEqual({
      name: "everything",
      priority: 7,
      tags: ["cost", "night"],
      requested: ["auto", "claude-*", "!claude-3"],
      when: {
        task: ["bug_fix", "!refactor"],
        project: ["shop"],
        key: ["ci"],
        tag: ["nightly"],
        client: ["claude-cli*"],
        header: { "x-team": ["web", "!web-old"] },
        path: ["src/**/*.{ts,tsx}"],
        language: ["typescript"],
        turn: ["user", "tool-result"],
        plan: false,
        tokens: { atLeast: 1_000, below: 32_000 },
        tools: ["mcp__*"],
        images: false,
        time: [
          { days: [0, 1, 2, 3, 4], fromMinute: 1_320, toMinute: 360, zone: null },
          { days: [5, 6], fromMinute: 0, toMinute: 0, zone: null },
          { days: [], fromMinute: 480, toMinute: 720, zone: "Europe/Berlin" },
        ],
        budgetLeft: { atLeast: { unit: "nano-usd", amount: 5e9 }, below: { unit: "share", amount: 0.375 } },
        loaded: ["qwen*"],
        health: { lab: ["ok", "degraded"], "lab/one": ["down"] },
      },
      actions: {
        to: {
          kind: "split",
          shares: [
            { percent: 33.5, via: "target", names: ["duo"] },
            { percent: 10, via: "chain", names: ["lab/two", "free"] },
          ],
        },
        floor: 0.7,
        ceilingNanoUsd: 50_000_000,
        cache: { switch: null, maxAgeMs: 5_400_000 },
        clamps: { maxOutputTokens: 4_000, maxTemperature: 0.2, maxEffort: "low" },
        isStickyOff: true,
      },
    });
    expect(shut?.actions).toEqual({
      to: { kind: "deny", message: "not here" },
      floor: null,
      ceilingNanoUsd: null,
      cache: null,
      clamps: null,
      isStickyOff: false,
    });
    expect(named).toMatchObject({ priority: 0, tags: [], requested: [], when: {} });
    expect(named?.actions.cache).toEqual({ switch: "on", maxAgeMs: null });
  });

  test("are shown so that they can be read again", () => {
    const { settings } = loaded(makeSandbox(withRules(EVERYTHING)).load());
    const { rules } = shownSettings(settings).routing as { rules: unknown };
    const again = JSON.stringify({ ...parse(PROVIDERS), routing: { rules } });
    expect(loaded(makeSandbox(again).load()).settings.rules).toEqual(settings.rules);
  });

  test("may stand beside tests, whose times are of the configured zone", () => {
    const text = `${withRules("- { name: a, do: { target: free } }", "timeZone: Europe/Berlin\n")}  tests:
    - { name: t, given: { at: "2026-11-27T23:00", budgetLeft: 20%, tokens: 5 }, expect: { rule: a, denied: false } }
    - { name: u, given: { at: "2026-11-27T23:00Z" }, expect: { target: lab/one } }
    - { name: v, expect: { rule: none } }`;
    expect(loaded(makeSandbox(text).load()).settings.ruleTests).toEqual([
      {
        name: "t",
        given: { at: Date.parse("2026-11-27T22:00Z"), budgetLeft: { unit: "share", amount: 0.2 }, tokens: 5 },
        expect: { rule: "a", isDenied: false },
      },
      { name: "u", given: { at: Date.parse("2026-11-27T23:00Z") }, expect: { target: "lab/one" } },
      { name: "v", given: {}, expect: { rule: "none" } },
    ]);
  });
});

describe("what a wrong rule says", () => {
  test.each([
    [
      "- { name: a, wen: { tag: x }, do: { target: free } }",
      'c:5:18: routing.rules[0].wen is not a setting. Did you mean "when"?',
    ],
    [
      "- { name: a, when: { taks: x }, do: { target: free } }",
      'c:5:26: routing.rules[0].when.taks is not a setting. Did you mean "task"',
    ],
    [
      "- { name: a, do: { targt: free } }",
      'c:5:24: routing.rules[0].do.targt is not a setting. Did you mean "target"?',
    ],
    [
      "- { name: a, do: { target: frree } }",
      'c:5:32: routing.rules[0].do.target names "frree", which is no alias, chain or listed model. Did you mean "free"?',
    ],
    ["- { name: a, do: { target: lba/one } }", 'names "lba/one", but there is no provider "lba". Did you mean "lab"?'],
    [
      "- { name: a, do: { chain: dou } }",
      'c:5:31: routing.rules[0].do.chain names "dou", which is no chain. Did you mean "duo"?',
    ],
    ["- { name: a, do: { chain: [free, lba/x] } }", 'c:5:38: routing.rules[0].do.chain[1] names "lba/x"'],
    ["- { name: a, do: { split: [{ percent: 10, target: nix }] } }", 'routing.rules[0].do.split[0].target names "nix"'],
    [
      "- { name: a, do: { split: [{ percent: 60, target: free }, { percent: 50, target: best }] } }",
      "routing.rules[0].do.split adds up to 110 %: what is beyond 100 is never reached",
    ],
    ["- { name: a, do: { split: [{ percent: 101, target: free }] } }", "must be a share above 0 and up to 100"],
    ["- { name: a, do: { split: [{ percent: 0, target: free }] } }", "must be a share above 0 and up to 100"],
    ["- { name: a, do: { split: [{ percent: 0.001, target: free }] } }", "two decimals at most"],
    ["- { name: a, do: { split: [{ percent: 5 }] } }", "must have either target or chain"],
    ["- { name: a, do: { target: free, deny: no } }", "must have only one of target, chain, split and deny"],
    ["- { name: a, do: {} }", "does nothing: write what it does"],
    ["- { name: a }", "routing.rules[0].do is missing. Add it"],
    ["- { do: { target: free } }", "routing.rules[0].name is missing. Add it"],
    ['- { name: "a b", do: { target: free } }', "is no valid name"],
    ["- { name: a, priority: high, do: { target: free } }", "routing.rules[0].priority must be a whole number"],
    [
      "- { name: a, when: { path: 'src/{a,b' }, do: { target: free } }",
      'routing.rules[0].when.path is no glob: "src/{a,b" has a { that is not closed',
    ],
    ["- { name: a, when: { path: ['*.ts', '![a-z]'] }, do: { target: free } }", 'is no glob: "![a-z]" has brackets'],
    [
      "- { name: a, when: { time: mon-fry }, do: { target: free } }",
      'has "mon-fry", which is neither days (mon-fri), hours (22:00-06:00) nor a time zone (Europe/Berlin). Did you mean "fri"?',
    ],
    [
      "- { name: a, when: { turn: tool }, do: { target: free } }",
      'has "tool", which is none of user, tool-result, housekeeping. Did you mean "tool-result"?',
    ],
    [
      "- { name: a, when: { health: { lab: bad } }, do: { target: free } }",
      'routing.rules[0].when.health.lab has "bad", which is none of ok, degraded, down',
    ],
    [
      "- { name: a, when: { health: { lba: down } }, do: { target: free } }",
      'asks for "lba", but there is no provider "lba". Did you mean "lab"?',
    ],
    [
      "- { name: a, when: { header: { Authorization: x } }, do: { target: free } }",
      "may hold a secret, which no rule may look at",
    ],
    ["- { name: a, when: { header: { 'x y': x } }, do: { target: free } }", "is no name of a header"],
    [
      "- { name: a, when: { budgetLeft: { below: 101% } }, do: { target: free } }",
      "must be a percentage of the limit, such as 20%, or an amount in USD",
    ],
    ["- { name: a, when: { budgetLeft: {} }, do: { target: free } }", "must have atLeast, below, or both"],
    [
      "- { name: a, when: { tokens: { atLeast: 9, below: 3 } }, do: { target: free } }",
      "routing.rules[0].when.tokens can never hold",
    ],
    ["- { name: a, when: { tag: [x, '!x'] }, do: { target: free } }", "routing.rules[0].when.tag can never hold"],
    ["- { name: a, when: { tag: '!' }, do: { target: free } }", "has a ! without a pattern behind it"],
    ["- { name: a, when: { tag: [] }, do: { target: free } }", "routing.rules[0].when.tag"],
    ["- { name: a, do: { floor: 70 } }", "must be a number from 0 to 1"],
    ["- { name: a, do: { ceilingUsd: cheap } }", "must be an amount in USD, such as 0.05"],
    ["- { name: a, do: { cache: 5 } }", "must be off, on, or a time with its unit"],
    ["- { name: a, do: { maxEffort: hihg } }", 'Did you mean "high"?'],
    ['- { name: a, do: { deny: "two\\nlines" } }', "must be plain words on one line"],
    [
      "- { name: a, do: { target: free } }\n- { name: a, when: { tag: x }, do: { target: best } }",
      'c:6:15: routing.rules[1].name is the second rule called "a" (the first is rule 1)',
    ],
    ["name: a", "routing.rules must be a list, one `- { name, when, do }` a line"],
  ])("%s", (rules, message) => {
    expect(wrong(rules).replaceAll("config.yaml", "c")).toContain(message);
  });

  test("a target that leads round in a circle names the circle", () => {
    const text = wrong("- { name: a, do: { target: ping } }", "aliases: { ping: pong, pong: ping }\n");
    expect(text).toContain("routing.rules[0].do.target leads round in a circle: alias ping → alias pong → ping");
  });

  test("a chain that leads round in a circle names the circle", () => {
    const more = "aliases: { ring: round, round: ring }\n";
    expect(wrong("- { name: a, do: { chain: [ring] } }", more)).toContain("routing.rules[0].do.chain");
  });
});

describe("what works and may not be meant is told with its place", () => {
  test.each([
    [
      "a dead rule",
      "- { name: all, do: { target: free } }\n- { name: dead, when: { tag: x }, do: { target: best } }",
      'warning rule dead: config.yaml:8:7: never decides anything: "all" (rule 1) comes before it and takes all that it matches; give it a priority above 0, let "all" ask for more, or remove one',
    ],
    [
      "a misspelt class",
      "- { name: a, when: { task: bugfix }, do: { target: free } }",
      'warning rule a: config.yaml:7:32: asks for "bugfix", which is no class of task: it matches only what a client states in x-lodestar-task. Did you mean "bug_fix"?',
    ],
    ["a misspelt project", "- { name: a, when: { project: shpo }, do: { target: free } }", 'Did you mean "shop"?'],
    [
      "an unknown project",
      "- { name: a, when: { project: other-things }, do: { target: free } }",
      'info rule a: config.yaml:7:35: asks for "other-things", a project of which this configuration says nothing.',
    ],
    [
      "a misspelt name",
      "- { name: a, requested: codr, do: { target: free } }",
      'warning rule a: config.yaml:7:29: asks for "codr", which is no alias, chain or listed model of this configuration. Did you mean "coder"?',
    ],
  ])("%s", (_, rules, message) => {
    const more = "projects: { shop: {} }\naliases: { coder: lab/one }\n";
    expect(findings(rules, more).join("\n")).toContain(message);
  });

  test("nothing is told of rules that are fine", () => {
    expect(
      findings(
        "- { name: a, when: { tag: x }, do: { target: free } }\n- { name: b, requested: [lab/one, 'claude-*'], do: { target: best } }",
      ),
    ).toEqual([]);
  });
});

describe("rules of a project's own file", () => {
  const { settings } = loaded(makeSandbox(PROVIDERS).load());

  function judge(rules: string): string {
    const parsed = parseProjectFile(`routing:\n  rules:\n    ${rules}\n`, ".lodestar.yaml");
    const problems = parsed.ok ? checkProjectFile(parsed.value, settings) : parsed.error;
    return problems.map(formatProblem).join("\n");
  }

  test("are about auto alone, and name what the user configured", () => {
    const text =
      "aliases: { ui: lab/one }\nrouting:\n  rules:\n    - { name: a, when: { path: docs/** }, do: { target: ui, cache: 1h } }\n  tests:\n    - { name: t, given: { paths: [docs/a.md] }, expect: { rule: a } }\n";
    const parsed = parseProjectFile(text, ".lodestar.yaml");
    if (!parsed.ok) throw new Error(parsed.error.map(formatProblem).join("\n"));
    expect(checkProjectFile(parsed.value, settings)).toEqual([]);
    expect(parsed.value.wish.rules).toMatchObject([{ name: "a", requested: [] }]);
    expect(parsed.value.testsIn("UTC")).toMatchObject([{ name: "t", expect: { rule: "a" } }]);
  });

  test.each([
    [
      "- { name: a, do: { target: openai/gpt-5 } }",
      'names "openai/gpt-5", but the provider "openai" is not configured here',
    ],
    ["- { name: a, do: { chain: [lab/one, openai/gpt-5] } }", 'the provider "openai" is not configured here'],
    [
      "- { name: a, do: { split: [{ percent: 1, target: openai/gpt-5 }] } }",
      'the provider "openai" is not configured here',
    ],
    ["- { name: a, requested: free, do: { target: best } }", "may not be set by a project's own file"],
    ["- { name: a, when: { key: ci }, do: { target: best } }", "may not be set by a project's own file"],
    ["- { name: a, when: { project: other }, do: { target: best } }", "may not be set by a project's own file"],
    ["- { name: a, when: { header: { x-a: b } }, do: { target: best } }", "may not be set by a project's own file"],
    ["- { name: a, do: { cache: on } }", "must be off, or a time with its unit"],
    ["- { name: a, do: { target: best, unpriced: allow } }", "is not a setting"],
    ['- { name: a, do: { deny: "\\u001b[2J" } }', "must be plain words on one line"],
    ["- { name: a, when: { tokens: { atLeast: 2, below: 1 } }, do: { target: best } }", "can never hold"],
    [
      `[${Array.from({ length: 51 }, (_, at) => `{ name: r${at}, when: { tag: t${at} }, do: { target: best } }`).join(", ")}]`,
      "must hold at most 50 rules",
    ],
    [
      `- { name: a, when: { path: [${Array.from({ length: 10 }, (_, at) => `"{a,b}{a,b}{a,b}{a,b}{a,b}/${at}"`).join(", ")}] }, do: { target: best } }`,
      "must hold globs of at most 2000 characters together",
    ],
  ])("%s is refused", (rules, message) => {
    expect(judge(rules)).toContain(message);
  });

  test.each(["mode: off", "dial: 10", "pool: [best]", "explore: { share: 0.2 }"])(
    "%s is the user's alone to set",
    (line) => {
      const parsed = parseProjectFile(`routing: { ${line} }`, ".lodestar.yaml");
      expect(parsed.ok ? "" : parsed.error.map(formatProblem).join()).toContain(
        "may not be set by a project's own file",
      );
    },
  );
});
