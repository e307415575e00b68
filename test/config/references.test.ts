import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Directory } from "../../src/core/directory.ts";
import { expandName } from "../../src/core/expand.ts";
import { complaints, loaded, makeSandbox } from "./sandbox.ts";

function wrong(text: string): string {
  return complaints(makeSandbox(text).load());
}

describe("aliases and chains", () => {
  test("may name models, aliases, chains, built-in names and listed models", () => {
    const sandbox = makeSandbox(
      "providers: { lab: { baseUrl: http://lab/v1, models: [qwen-7b] } }\naliases: { coder: ollama/qwen2.5-coder:3b, best: anthropic/claude-opus-5, local: qwen-7b, deep: openrouter/deepseek/x, c2: coder, old: gpt-4o }\nchains: { default: [free, cheap, best], bug_fix: [coder, local, auto], coder: [coder, cheap] }",
    );
    const { settings } = loaded(sandbox.load());
    expect(settings.aliases).toMatchObject({ best: "anthropic/claude-opus-5", c2: "coder" });
    expect(settings.chains).toEqual({
      default: ["free", "cheap", "best"],
      bug_fix: ["coder", "local", "auto"],
      coder: ["coder", "cheap"],
    });
  });

  test("that lead in a circle are told with the way round", () => {
    expect(wrong("aliases:\n  a: b\n  b: c\n  c: a")).toMatchInlineSnapshot(`
      "config.yaml:2:6: aliases.a leads round in a circle: alias a → alias b → alias c → a. Let one of them name a provider/model
      config.yaml:3:6: aliases.b leads round in a circle: alias b → alias c → alias a → b. Let one of them name a provider/model
      config.yaml:4:6: aliases.c leads round in a circle: alias c → alias a → alias b → c. Let one of them name a provider/model"
    `);
    expect(wrong("chains: { default: [auto] }")).toMatchInlineSnapshot(
      `"config.yaml:1:21: chains.default[0] leads round in a circle: chain default → default. Let one of them name a provider/model"`,
    );
  });

  test("that lead nowhere are told with the nearest name", () => {
    expect(
      wrong("aliases: { a: nowhere, b: depseek/x, c: a }\nchains: { x: [fre, cheap], y: [x] }"),
    ).toMatchInlineSnapshot(`
      "config.yaml:1:15: aliases.a names "nowhere", which is no alias, chain or listed model. Write provider/model, for example ollama/nowhere
      config.yaml:1:27: aliases.b names "depseek/x", but there is no provider "depseek". Did you mean "deepseek"?
      config.yaml:2:15: chains.x[0] names "fre", which is no alias, chain or listed model. Did you mean "free"?"
    `);
  });

  test("are the only names that count: prices and the baseline need a known provider too", () => {
    expect(
      wrong("prices: { overrides: { opnai/gpt: { input: 1 }, gpt-4o: { input: 1 } } }\nbaselineModel: best"),
    ).toMatchInlineSnapshot(`
      "config.yaml:1:24: prices.overrides.opnai/gpt names no provider/model of a known provider. Did you mean "openai"?
      config.yaml:1:49: prices.overrides.gpt-4o names no provider/model of a known provider. Write provider/model
      config.yaml:2:16: baselineModel names no provider/model of a known provider. Write provider/model"
    `);
  });
});

describe("the check agrees with the planner", () => {
  const name = fc.constantFrom("a", "b", "c", "d", "default");
  const target = fc.oneof(name, fc.constantFrom("auto", "openai/x", "lab/q", "q", "nowhere"));
  const aliases = fc.dictionary(fc.constantFrom("a", "b", "c"), target, { maxKeys: 3 });
  const chains = fc.dictionary(fc.constantFrom("c", "d", "default"), fc.array(target, { minLength: 1, maxLength: 3 }), {
    maxKeys: 3,
  });

  test("whatever is accepted leads somewhere", () => {
    fc.assert(
      fc.property(aliases, chains, (someAliases, someChains) => {
        const text = JSON.stringify({
          providers: { lab: { baseUrl: "http://lab/v1", models: ["q"] } },
          aliases: someAliases,
          chains: { default: ["openai/y"], ...someChains },
        });
        const result = makeSandbox(text).load({ OPENAI_API_KEY: "sk-1234567890" });
        if (!result.ok) return;
        const { settings } = result.value;
        const directory: Directory = {
          sources: ["openai", "lab"].map((id) => ({
            id,
            isLocal: false,
            accounts: [{ id: "default", group: "default" }],
            models: id === "lab" ? ["q"] : [],
            free: null,
            strong: null,
            cheap: null,
            cheapPrice: null,
            strongPrice: null,
          })),
          unconfigured: [],
          aliases: settings.aliases,
          chains: settings.chains,
          pullHint: "",
        };
        for (const known of [...Object.keys(settings.aliases), ...Object.keys(settings.chains)]) {
          expect([known, expandName(known, directory).candidates.length]).not.toEqual([known, 0]);
        }
      }),
      { numRuns: 150 },
    );
  });
});
