import { describe, expect, test } from "bun:test";
import { addBudget, removeBudget } from "../../src/config/edit.ts";
import { importConfig } from "../../src/config/import.ts";
import { INITIAL_CONFIG } from "../../src/config/init.ts";
import { parseConfig } from "../../src/config/layer.ts";
import { complaints, loaded, makeSandbox } from "./sandbox.ts";

const MONTH = "{ scope: global, period: month, limitUsd: 30 }";

function budgets(text: string) {
  return loaded(makeSandbox(`budgets:\n${text}`).load()).settings.budgets;
}

function wrong(text: string): string {
  return complaints(makeSandbox(text).load());
}

function findings(text: string, environment: Record<string, string> = {}): readonly string[] {
  const { home, load } = makeSandbox(text);
  return loaded(load(environment))
    .findings.filter(({ subject }) => /^(?:budget|webhook) /.test(subject))
    .map(({ level, subject, message }) => `${level}: ${subject} ${message}`.replaceAll(home, "~"));
}

describe("budgets in the file", () => {
  test("have an id, defaults, and exact limits", () => {
    const text = `
  - ${MONTH}
  - { scope: project, name: web, period: day, limitUsd: 0.1, warnAt: [90, 10, 90], over: deny, unpriced: allow }
  - { scope: key, name: "*", period: total, limitUsd: "8999999.123456789", warnAt: [], over: warn }`;
    expect(budgets(text)).toEqual([
      {
        id: "month",
        scope: "global",
        name: null,
        period: "month",
        limitNanoUsd: 30_000_000_000,
        warnAt: [50, 80],
        over: "degrade",
        isUnpricedAllowed: false,
        origin: "file",
      },
      {
        id: "day:project:web",
        scope: "project",
        name: "web",
        period: "day",
        limitNanoUsd: 100_000_000,
        warnAt: [10, 90],
        over: "deny",
        isUnpricedAllowed: true,
        origin: "file",
      },
      {
        id: "total:key:*",
        scope: "key",
        name: "*",
        period: "total",
        limitNanoUsd: 8_999_999_123_456_789,
        warnAt: [],
        over: "warn",
        isUnpricedAllowed: false,
        origin: "file",
      },
    ]);
  });

  test("say where they are wrong, and what was meant", () => {
    const text = `budgets:
  - { scope: globl, period: month, limitUsd: 30 }
  - { scope: global, perod: month, limitUsd: 30 }
  - { scope: global, period: dayly, limitUsd: 1, over: refuse, warnAt: [0] }
  - { scope: global, period: day, limitUsd: -1 }
  - { scope: global, period: day, limitUsd: .nan }
  - { scope: global, period: day, limitUsd: 9000001 }
  - { scope: global, period: day, limitUsd: 0.0000000001 }
  - { scope: global, period: day, limitUsd: 5 USD }
  - { scope: global, period: day }
  - month`;
    expect(wrong(text)).toMatchInlineSnapshot(`
      "config.yaml:2:14: budgets[0].scope must be global, key, project, provider or model (it is "globl"). Did you mean "global"?
      config.yaml:3:5: budgets[1].period is missing. Add it
      config.yaml:3:22: budgets[1].perod is not a setting. Did you mean "period"?
      config.yaml:4:30: budgets[2].period must be day, week, month or total (it is "dayly"). Change it, or remove it for the default
      config.yaml:4:56: budgets[2].over must be warn, degrade or deny (it is "refuse"). Change it, or remove it for the default
      config.yaml:4:73: budgets[2].warnAt[0] must be a percentage from 1 to 100 (it is 0). Change it, or remove it for the default
      config.yaml:5:45: budgets[3].limitUsd must be an amount in USD from 0 to 9000000, with at most nine decimals (it is -1). Change it, or remove it for the default
      config.yaml:6:45: budgets[4].limitUsd must be an amount in USD from 0 to 9000000, with at most nine decimals (it is NaN). Change it, or remove it for the default
      config.yaml:7:45: budgets[5].limitUsd must be an amount in USD from 0 to 9000000, with at most nine decimals (it is 9000001). Change it, or remove it for the default
      config.yaml:8:45: budgets[6].limitUsd must be an amount in USD from 0 to 9000000, with at most nine decimals (it is 1e-10). Change it, or remove it for the default
      config.yaml:9:45: budgets[7].limitUsd must be an amount in USD from 0 to 9000000, with at most nine decimals (it is "5 USD"). Change it, or remove it for the default
      config.yaml:10:5: budgets[8].limitUsd is missing. Add it
      config.yaml:11:5: budgets[9] must be a budget, such as { scope: global, period: month, limitUsd: 30 } (it is "month"). Change it, or remove it for the default"
    `);
    expect(wrong("budgets: { scope: global }")).toMatchInlineSnapshot(
      `"config.yaml:1:10: budgets must be a list, one \`- { scope, period, limitUsd }\` a line. Change it, or remove it for the default"`,
    );
  });

  test("are refused where they contradict themselves or one another", () => {
    const text = `budgets:
  - ${MONTH}
  - { scope: global, name: web, period: day, limitUsd: 1 }
  - { scope: project, period: day, limitUsd: 1 }
  - { scope: global, period: month, limitUsd: 5 }
  - { scope: project, name: web, period: day, limitUsd: 1 }
  - { scope: project, name: web, period: day, limitUsd: 2 }`;
    expect(wrong(text)).toMatchInlineSnapshot(`
      "config.yaml:3:28: budgets[1].name does not go with scope: global. Remove it, or say what "web" is: scope: project, key, provider or model
      config.yaml:4:5: budgets[2] lacks a name: which project it counts. Add name: …, or name: "*" to count each project apart
      config.yaml:5:5: budgets[3] is the second one called "month". Keep one of the two, or give it another period
      config.yaml:7:5: budgets[5] is the second one called "day:project:web". Keep one of the two, or give it another period"
    `);
  });

  test("on what nobody knows, and on nothing, load and are told", () => {
    const text = `budgets:
  - { scope: global, period: day, limitUsd: 0 }
  - { scope: provider, name: deepsek, period: day, limitUsd: 1 }
  - { scope: model, name: gpt-5, period: day, limitUsd: 1 }
  - { scope: model, name: opnai/gpt-5, period: day, limitUsd: 1 }
  - { scope: model, name: "openai/*", period: day, limitUsd: 1 }
  - { scope: model, name: "*/gpt-5", period: day, limitUsd: 1 }
  - { scope: provider, name: "*", period: day, limitUsd: 1 }
  - { scope: project, name: anything, period: day, limitUsd: 1 }`;
    expect(findings(text)).toMatchInlineSnapshot(`
      [
        "info: budget day is 0: only free models are asked",
        "warning: budget day:provider:deepsek counts nothing: there is no provider "deepsek". Did you mean "deepseek"?",
        "warning: budget day:model:gpt-5 names the model "gpt-5" without its provider, so it counts nothing: write provider/model, such as */gpt-5",
        "warning: budget day:model:opnai/gpt-5 counts nothing: there is no provider "opnai". Did you mean "openai"?",
      ]
    `);
  });

  test("count by a time zone that exists", () => {
    expect(loaded(makeSandbox("timeZone: asia/kolkata").load()).settings.timeZone).toMatch(
      /^Asia\/(?:Kolkata|Calcutta)$/,
    );
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect(loaded(makeSandbox().load()).settings.timeZone).toBe(own);
    expect(wrong("timeZone: Europe/Berln")).toMatchInlineSnapshot(
      `"config.yaml:1:11: timeZone must be an IANA time zone, such as Europe/Berlin or UTC (it is "Europe/Berln"). Did you mean "Europe/Berlin", "Europe/Dublin" or "Europe/Jersey"?"`,
    );
    expect(wrong("timeZone: 3")).toContain("must be an IANA time zone");
  });
});

describe("webhooks in the file", () => {
  test("have their secret looked up, and tell where it came from", () => {
    const sandbox = makeSandbox(
      "webhooks:\n  - { url: http://127.0.0.1:9/a, secret: env:HOOK }\n  - { url: https://hooks.example.org/b, secret: file:hook.key, events: [settled] }\n  - { url: https://hooks.example.org/c }",
    );
    const file = sandbox.write(".config/lodestar/hook.key", "whsec_c2VjcmV0LXNlY3JldA==", 0o644);
    const { settings, findings: told, watch } = loaded(sandbox.load({ HOOK: "hush-hush-1" }));
    expect(settings.webhooks).toEqual([
      { url: "http://127.0.0.1:9/a", secret: "hush-hush-1", secretSource: "env:HOOK", events: [] },
      {
        url: "https://hooks.example.org/b",
        secret: "whsec_c2VjcmV0LXNlY3JldA==",
        secretSource: "file:hook.key",
        events: ["settled"],
      },
      { url: "https://hooks.example.org/c", secret: null, secretSource: null, events: [] },
    ]);
    expect(watch).toContain(file);
    expect(told.find(({ subject }) => subject === "webhook hooks.example.org")?.message).toContain("chmod 600");
  });

  test("whose secret is missing are left out and told: nothing goes out unsigned", () => {
    const text = "webhooks: [{ url: https://hooks.example.org/T0/private, secret: env:HOOK }]";
    expect(loaded(makeSandbox(text).load()).settings.webhooks).toEqual([]);
    expect(findings(text)).toMatchInlineSnapshot(`
      [
        "warning: webhook hooks.example.org is not told of anything, since its secret is missing: HOOK is not set; export HOOK=…",
      ]
    `);
  });

  test("say what is wrong with them, and never repeat a URL", () => {
    const text = `webhooks:
  - { url: ftp://hooks.example.org/T0/private }
  - { url: "https://me:private@hooks.example.org" }
  - { url: https://hooks.example.org, secret: private, events: [budgets] }
  - { secret: env:HOOK }`;
    const said = wrong(text);
    expect(said).not.toContain("private");
    expect(said).toMatchInlineSnapshot(`
      "config.yaml:2:12: webhooks[0].url must be a URL that starts with http:// or https://. Change it, or remove it for the default
      config.yaml:3:12: webhooks[1].url must not hold a user or password. Change it, or remove it for the default
      config.yaml:4:47: webhooks[2].secret must be env:NAME or file:NAME; the key itself is not written into the configuration. Change it, or remove it for the default
      config.yaml:4:65: webhooks[2].events[0] must be the name of an event. Did you mean "budget"?
      config.yaml:5:5: webhooks[3].url is missing. Add it"
    `);
    expect(complaints(makeSandbox("webhooks: [{ url: http://h, secret: env:X }]").load({ X: "changeme" }))).toContain(
      "holds a placeholder",
    );
  });
});

describe("a budget written by a command", () => {
  const day = { scope: "project", name: "web", period: "day", limitUsd: 2 };

  function added(text: string, budget = day): string {
    const result = addBudget(text, "c.yaml", budget);
    if (!result.ok) throw new Error(complaints(result));
    return result.value;
  }

  test("stands beside the others, whose comments are kept, and replaces the one it renews", () => {
    const text = `# mine\nbudgets:\n  - ${MONTH} # the whole\n\n# ports\nserver: { port: 4001 }\n`;
    const once = added(text);
    expect(once).toMatchInlineSnapshot(`
      "# mine
      budgets:
        - { scope: global, period: month, limitUsd: 30 } # the whole
        - { scope: project, name: web, period: day, limitUsd: 2 }

      # ports
      server: { port: 4001 }
      "
    `);
    expect(added(added(text, { ...day, limitUsd: 9 }))).toBe(once);
  });

  test.each([
    ["an empty file", ""],
    ["an empty section", "budgets:\n"],
    ["an empty list", "budgets: []\n"],
    ["the file that init writes", INITIAL_CONFIG],
  ])("works on %s, and can be taken out again", (_, text) => {
    const result = removeBudget(added(text), "c.yaml", day);
    expect(parseConfig(added(text), "c.yaml")).toMatchObject({ value: { config: { budgets: [{ name: "web" }] } } });
    expect(result.ok && parseConfig(result.value, "c.yaml")).toMatchObject({ ok: true });
    expect(result.ok && result.value).not.toContain("name: web");
  });

  test("is refused where it would not load", () => {
    expect(complaints(addBudget("", "c.yaml", { ...day, limitUsd: -1 }))).toContain("must be an amount in USD");
  });

  test("that is not there leaves the file as it is when it is taken out", () => {
    const text = `budgets:\n  - ${MONTH}\n`;
    expect(removeBudget(text, "c.yaml", day)).toEqual({ ok: true, value: text });
    expect(removeBudget("strict: true\n", "c.yaml", day)).toEqual({ ok: true, value: "strict: true\n" });
  });
});

describe("LiteLLM's budgets", () => {
  test("are carried over where their time is one of ours, and told where it is not", () => {
    const text = `
litellm_settings: { max_budget: 100, budget_duration: 30d }
router_settings:
  provider_budget_config:
    openai: { budget_limit: "0.5", time_period: 1d }
    gemini: { budget_limit: 7, time_period: 3h }
    nobody: { budget_limit: 7, time_period: 1d }`;
    const result = importConfig("litellm", text, "theirs");
    const { text: written } = result.ok ? result.value : { text: complaints(result) };
    expect(written).toMatchInlineSnapshot(`
      "# Imported from theirs.
      # Not carried over, or to be done:
      # - The budget of the provider gemini: 7 for 3h is no day, week or month.
      # - The budget of the provider nobody: Lodestar has no provider of that name.

      budgets:
        - scope: global
          period: month
          limitUsd: 100
          over: deny
        - scope: provider
          name: openai
          period: day
          limitUsd: 0.5
          over: deny
      "
    `);
    const sandbox = makeSandbox(written);
    expect(loaded(sandbox.load()).settings.budgets.map(({ id }) => id)).toEqual(["month", "day:provider:openai"]);
  });
});
