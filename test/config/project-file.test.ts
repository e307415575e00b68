import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Document } from "yaml";
import { formatProblem } from "../../src/config/problem.ts";
import { checkProjectFile, MOST_PROJECT_TEXT, parseProjectFile } from "../../src/config/project-file.ts";
import type { ProjectWish } from "../../src/core/project.ts";
import { processorMs } from "../support/own-time.ts";
import { loaded, makeSandbox } from "./sandbox.ts";

const FILE = ".lodestar.yaml";

function wishOf(text: string): ProjectWish {
  const parsed = parseProjectFile(text, FILE);
  if (!parsed.ok) throw new Error(parsed.error.map(formatProblem).join("\n"));
  return parsed.value.wish;
}

/** Every problem as a person sees it. */
function complaintsAbout(text: string): string {
  const parsed = parseProjectFile(text, FILE);
  if (parsed.ok) throw new Error(`it was accepted: ${JSON.stringify(parsed.value.wish)}`);
  return parsed.error.map(formatProblem).join("\n");
}

describe("a project's own file", () => {
  test("may name aliases, chains, a tag, fewer models, lower budgets and a shorter cache", () => {
    const text = `
name: web
aliases: { ui: cheap }
chains: { default: [free, ui], bug_fix: [ui, best] }
models: ["ollama/*"]
tag: web app
budgets:
  - { period: day, limitUsd: 0.5, warnAt: [80, 20, 80], over: deny }
  - { period: month, limitUsd: 5 }
cache: 90m
`;
    expect(parseProjectFile(text, FILE)).toMatchObject({ ok: true, value: { name: "web" } });
    expect(wishOf(text)).toEqual({
      aliases: { ui: "cheap" },
      chains: { default: ["free", "ui"], bug_fix: ["ui", "best"] },
      models: ["ollama/*"],
      tag: "web app",
      budgets: [
        { period: "day", limitNanoUsd: 500_000_000, warnAt: [20, 80], over: "deny", isUnpricedAllowed: false },
        { period: "month", limitNanoUsd: 5_000_000_000, warnAt: [50, 80], over: "degrade", isUnpricedAllowed: false },
      ],
      cacheTtlMs: 5_400_000,
      rules: [],
    });
  });

  test.each(["", "# nothing\n", "null\n", "{}", "aliases:\nchains:\n", "---\n"])("%j says nothing at all", (text) => {
    expect(wishOf(text)).toEqual({
      aliases: {},
      chains: {},
      models: [],
      tag: null,
      budgets: [],
      cacheTtlMs: null,
      rules: [],
    });
  });

  test("has a cache that is off, which is not one without a limit", () => {
    expect(wishOf("cache: off").cacheTtlMs).toBe(0);
  });
});

describe("what only the user may set is refused in a project's own file, with the reason", () => {
  const others = [
    "providers: { evil: { baseUrl: https://evil.example } }",
    "server: { allowedOrigins: ['*'] }",
    "keepPrompts: true",
    "prices: { overrides: {} }",
    "webhooks: []",
    "projects: {}",
    "strict: false",
    "baselineModel: a/b",
    "local: {}",
    "retention: {}",
  ];
  test.each(others)("%s", (text) => {
    expect(complaintsAbout(text)).toMatch(
      /^\.lodestar\.yaml:1:1: \w+ may not be set by a project's own file.* Set it in your own configuration/,
    );
  });

  test.each([
    "budgets: [{ period: month, limitUsd: 1, scope: global }]",
    "budgets: [{ period: month, limitUsd: 1, name: other }]",
    "budgets: [{ period: month, limitUsd: 1, unpriced: allow }]",
    "aliases: { a: { baseUrl: x } }",
    "chains: { a: [{ key: env:OPENAI_API_KEY }] }",
  ])("%s", (text) => expect(complaintsAbout(text)).toMatch(/^\.lodestar\.yaml:1:\d+: /));
});

describe("a mistake is told with its line, its column and the fix", () => {
  test.each([
    ["\nalias: { a: b }", '2:1: alias is not a setting. Did you mean "aliases"?'],
    ["aliases:\n  free: openai/gpt", "2:3: aliases.free is a name whose meaning a project's file may not change"],
    [
      "chains:\n  auto: [free]",
      "2:3: chains.auto is a name whose meaning a project's file may not change; what auto does is",
    ],
    ["aliases: { a/b: free }", "1:12: aliases.a/b is no valid name"],
    ["aliases: { a: '' }", "1:15: aliases.a must be provider/model or another alias"],
    ["chains: { a: free }", "1:14: chains.a must be a list, such as [free, cheap, best]"],
    ["chains: { a: [] }", "1:14: chains.a must hold at least one target"],
    [
      "budgets: [{ period: mont, limitUsd: 1 }]",
      '1:21: budgets[0].period must be day, week, month or total (it is "mont"). Did you mean "month"?',
    ],
    ["budgets: [{ limitUsd: 1 }]", "1:11: budgets[0].period is missing. Add it"],
    ["budgets: [{ period: day, limitUsd: -1 }]", "1:36: budgets[0].limitUsd must be an amount in USD from 0"],
    ["budgets: [{ period: day, limitUsd: .nan }]", "1:36: budgets[0].limitUsd must be"],
    ["budgets: [{ period: day, limitUsd: 1e300 }]", "1:36: budgets[0].limitUsd must be an amount"],
    [
      "budgets: [{ period: day, limitUsd: 1 }, { period: day, limitUsd: 2 }]",
      "1:10: budgets must hold at most one budget a period",
    ],
    ["budgets: { period: day }", "1:10: budgets must be a list"],
    ["cache: forever", '1:8: cache must be off, or a time with its unit, such as 1h (it is "forever")'],
    ["name: ../../etc", "1:7: name is no valid name"],
    ["models: ollama/*", "1:9: models must be a list, such as [ollama/*]"],
    ["tag: ''", "1:6: tag must be at most 100 plain characters"],
    ["- a", "1:1: must be a block of `name: value` lines, not a list"],
    ["just words", "1:1: must be a block of `name: value` lines"],
  ])("%j", (text, expected) => expect(complaintsAbout(text)).toStartWith(`.lodestar.yaml:${expected}`));
});

describe("a hostile file is refused, quickly and without harm", () => {
  const bomb = `a: &a [1,1,1,1,1,1,1,1,1]\n${["b", "c", "d", "e", "f", "g"]
    .map((name, index) => {
      const before = "abcdef"[index];
      return `${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`;
    })
    .join("\n")}`;
  const names = (count: number): string => Array.from({ length: count }, (_, index) => `  a${index}: free`).join("\n");
  test.each([
    ["a bomb of anchors", bomb],
    ["an anchor that holds itself", "aliases: &a { x: *a }"],
    ["brackets without end", "[".repeat(32_000)],
    ["braces without end", "{a: ".repeat(8_000)],
    ["dashes without end", "- ".repeat(16_000)],
    ["a file that is too large", `# ${"x".repeat(MOST_PROJECT_TEXT)}`],
    ["too many aliases", `aliases:\n${names(101)}`],
    ["a chain that is too long", `chains: { a: [${Array(21).fill("free").join(",")}] }`],
    ["too many patterns", `models: [${Array(101).fill("a/*").join(",")}]`],
    ["a name that is too long", `aliases: { ${"a".repeat(129)}: free }`],
    ["a target that is too long", `aliases: { a: x/${"b".repeat(300)} }`],
    ["__proto__", "__proto__: { aliases: { a: free } }"],
    ["__proto__ as an alias", "aliases: { __proto__: free }"],
    ["constructor as a chain", "chains: { constructor: [free] }"],
    ["a merge key", "base: &base { tag: x }\n<<: *base"],
    ["a tag that makes objects", "!!js/function 'function () {}'"],
    ["binary", "tag: !!binary aGVsbG8="],
    ["two documents", "tag: a\n---\nprompts: b"],
    ["a key that is no text", "? [a]\n: b"],
    ["a line break in a tag", 'tag: "a\\nx-evil: 1"'],
    ["an escape in a tag", 'tag: "\\e]0;owned\\a"'],
    ["a line break in a name", 'name: "a\\r\\nb"'],
    ["a NUL in an alias", 'aliases: { "a\\0": free }'],
    ["a right-to-left override in a name", 'name: "a\\u202Eb"'],
  ])("%s", (_, text) => {
    let told = "";
    const read = (): void => {
      told = complaintsAbout(text);
    };
    expect(processorMs(read)).toBeLessThan(2_000);
    expect(told.length).toBeLessThan(8_000);
    expect(({} as Record<string, unknown>).aliases).toBeUndefined();
  });

  test("nothing of it reaches the terminal as more than text", () => {
    for (const text of [
      '"\\e]0;owned\\a": 1',
      'aliases: { "x\\u202E": free }',
      '"\\x9b31m": 1',
      `${"k".repeat(9_000)}: 1`,
    ]) {
      const told = complaintsAbout(text);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through.
      expect(told).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      expect(told.length).toBeLessThan(1_000);
    }
  });

  test("whatever it holds, reading it neither throws nor lets a control character or an unsafe name through", () => {
    const leaf = fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.boolean(), fc.constant(null));
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        leaf,
        fc.array(tie("node"), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie("node"), { maxKeys: 4 }),
      ),
    }));
    const keys = fc.constantFrom("name", "aliases", "chains", "models", "tag", "budgets", "cache", "__proto__", "x");
    fc.assert(
      fc.property(fc.dictionary(keys, node, { noNullPrototype: true }), (value) => {
        const parsed = parseProjectFile(new Document(value).toString(), FILE);
        if (!parsed.ok) return;
        // biome-ignore lint/suspicious/noControlCharactersInRegex: names and tags stand in headers.
        const control = /[\u0000-\u001f\u007f]/;
        const { aliases, chains, tag } = parsed.value.wish;
        expect([...Object.keys(aliases), ...Object.keys(chains), tag ?? ""].some((name) => control.test(name))).toBe(
          false,
        );
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => parseProjectFile(text, FILE).ok !== null),
    );
  });
});

describe("under the user's settings", () => {
  const { settings } = loaded(
    makeSandbox(`
providers: { lab: { baseUrl: "http://127.0.0.1:9/v1", models: [small, large] } }
aliases: { coder: lab/small }
chains: { slow: [lab/large] }
`).load(),
  );
  const complaints = (text: string): string => {
    const parsed = parseProjectFile(text, FILE);
    if (!parsed.ok) throw new Error(parsed.error.map(formatProblem).join("\n"));
    return checkProjectFile(parsed.value, settings).map(formatProblem).join("\n");
  };

  test.each([
    "aliases: { a: lab/small, b: a, c: small, d: free, e: coder, f: slow }",
    "chains: { default: [coder, slow, lab/anything], docs: [default, cheap] }",
    "aliases: { coder: lab/large }",
    "aliases: { a: coder, coder: lab/large }",
  ])("names of configured targets may be used: %s", (text) => expect(complaints(text)).toBe(""));

  test.each([
    [
      "aliases: { a: openai/gpt-5.4 }",
      '1:15: aliases.a names "openai/gpt-5.4", but the provider "openai" is not configured here. Lodestar provider add openai',
    ],
    ["aliases: { a: evil/model }", '1:15: aliases.a names "evil/model", but there is no provider "evil"'],
    [
      "chains: { a: [free, codr] }",
      '1:21: chains.a[1] names "codr", which is no alias, chain or listed model. Did you mean "coder"?',
    ],
    ["aliases: { a: b, b: a }", "1:15: aliases.a leads round in a circle"],
    [
      "aliases: { a: 'https://evil.example/v1' }",
      '1:15: aliases.a names "https://evil.example/v1", but there is no provider "https:"',
    ],
  ])("anything else is told: %s", (text, expected) =>
    expect(complaints(text)).toStartWith(`.lodestar.yaml:${expected}`),
  );
});
