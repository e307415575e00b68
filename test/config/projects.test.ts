import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { showSettings } from "../../src/config/show.ts";
import { complaints, loaded, makeSandbox } from "./sandbox.ts";

const PROJECTS = `
projects:
  web:
    aliases: { coder: ollama/qwen2.5-coder:3b, auto: free }
    chains: { default: [coder, free] }
    models: ["ollama/*"]
    tag: frontend
    budgets:
      - { period: week, limitUsd: 2.5, warnAt: [90, 10], over: deny, unpriced: allow }
    cache: off
    keepPrompts: true
  docs: {}
`;

describe("the user's own projects", () => {
  test("have every rule, and none where nothing is said", () => {
    const { settings } = loaded(makeSandbox(PROJECTS).load());
    expect(settings.projects).toEqual({
      web: {
        aliases: { coder: "ollama/qwen2.5-coder:3b", auto: "free" },
        chains: { default: ["coder", "free"] },
        models: ["ollama/*"],
        tag: "frontend",
        budgets: [
          { period: "week", limitNanoUsd: 2_500_000_000, warnAt: [10, 90], over: "deny", isUnpricedAllowed: true },
        ],
        cacheTtlMs: 0,
        rules: [],
        keepsPrompts: true,
      },
      docs: {
        aliases: {},
        chains: {},
        models: [],
        tag: null,
        budgets: [],
        cacheTtlMs: null,
        keepsPrompts: false,
        rules: [],
      },
    });
  });

  test("are shown in words that read back as the same", () => {
    const first = loaded(makeSandbox(PROJECTS).load());
    const shown = parse(showSettings(first)) as { projects: object };
    const again = loaded(makeSandbox(JSON.stringify({ projects: shown.projects })).load());
    expect(again.settings.projects).toEqual(first.settings.projects);
  });

  test.each([
    ["projects: { 'a b': {} }", "config.yaml:1:13: projects.a b is no valid name"],
    [
      "projects: { web: { alias: {} } }",
      'config.yaml:1:20: projects.web.alias is not a setting. Did you mean "aliases"?',
    ],
    ["projects: { web: { aliases: { a: nowhere/x } } }", 'config.yaml:1:34: projects.web.aliases.a names "nowhere/x"'],
    [
      "projects: { web: { chains: { a: [b], b: [a] } } }",
      "config.yaml:1:34: projects.web.chains.a[0] leads round in a circle",
    ],
    [
      "projects: { web: { budgets: [{ period: month, limitUsd: -1 }] } }",
      "config.yaml:1:57: projects.web.budgets[0].limitUsd must",
    ],
    ["projects: [web]", "config.yaml:1:11: projects must be a block"],
  ])("are checked: %s", (text, expected) => expect(complaints(makeSandbox(text).load())).toStartWith(expected));

  test("may use the user's other names, and their own before them", () => {
    const text = "aliases: { fast: ollama/a }\nprojects: { web: { aliases: { x: fast, fast: y, y: ollama/b } } }";
    expect(makeSandbox(text).load().ok).toBe(true);
  });
});
