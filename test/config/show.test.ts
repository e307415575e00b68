import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parse } from "yaml";
import { showSettings } from "../../src/config/show.ts";
import { formatDuration, formatSize } from "../../src/config/units.ts";
import { formatLimit } from "../../src/core/budget/text.ts";
import { loaded, makeSandbox } from "./sandbox.ts";

const KEY = "sk-canary-0123456789";

describe("the resolved configuration", () => {
  test("is shown with the source of each value and without any secret", () => {
    const sandbox = makeSandbox(
      "server: { port: 4001 }\naliases: { a: openai/x }\nproviders:\n  work: { extends: openai, accounts: [{ key: env:A, group: g }, { id: b, key: file:b.key }] }\n  lab: { baseUrl: http://lab/v1, headers: { x-team-token: hush, x-team: blue }, quirks: { streamUsageFlag: false } }\n  anthropic: { auth: client }\ntimeZone: UTC\nbudgets: [{ scope: global, period: month, limitUsd: 0.05 }]\nwebhooks: [{ url: http://hooks.lab/x, secret: env:A }]",
    );
    sandbox.write(".config/lodestar/b.key", KEY);
    const load = loaded(sandbox.load({ A: KEY, DEEPSEEK_API_KEY: KEY, LODESTAR_DRAIN: "1m" }, { logLevel: "debug" }));
    const text = showSettings(load).replaceAll(sandbox.home, "~");
    expect(text).not.toContain(KEY);
    expect(text).not.toContain("hush");
    expect(text).toMatchInlineSnapshot(`
      "server:
        host: 127.0.0.1 # default
        port: 4001 # ~/.config/lodestar/config.yaml:1:17
        adminPort: 8080 # default
        # default
        allowedHosts: []
        # default
        allowedOrigins: []
        maxBody: 64MB # default
        drain: 1m # LODESTAR_DRAIN
        heartbeat: 4s # default
      providers:
        # ~/.config/lodestar/config.yaml:4:9
        work:
          accounts:
            - id: "1"
              key: env:A
              group: g
            - id: b
              key: file:b.key
              group: b
          baseUrl: https://api.openai.com/v1
          best: gpt-5.6
          cheap: gpt-5.4-nano
          priceId: openai
          quirks:
            maxTokensField: max_completion_tokens
            developerRole: true
          completions:
            path: /completions
            models: [ "*-instruct*", davinci-002, babbage-002 ]
            infill: suffix
        # ~/.config/lodestar/config.yaml:5:8
        lab:
          baseUrl: http://lab/v1
          dialect: openai-chat
          headers:
            x-team-token: (hidden)
            x-team: blue
          quirks:
            streamUsageFlag: false
        # ~/.config/lodestar/config.yaml:6:14
        anthropic:
          auth: client
          baseUrl: https://api.anthropic.com/v1
          best: claude-opus-5
          cheap: claude-haiku-4-5
          headers:
            anthropic-version: 2023-06-01
        # environment
        deepseek:
          key: env:DEEPSEEK_API_KEY
          baseUrl: https://api.deepseek.com
          best: deepseek-v4-pro
          cheap: deepseek-v4-flash
          headers:
            anthropic-version: 2023-06-01
          quirks:
            reasoningField: reasoning_content
            jsonSchema: false
          completions:
            path: /beta/completions
            infill: suffix
        # found
        ollama:
          baseUrl: http://127.0.0.1:11434
          local: true
      aliases:
        a: openai/x # ~/.config/lodestar/config.yaml:2:15
      chains:
        # default
        default: [ free, cheap, best ]
      deadlines:
        connect: 10s # default
        headers: 10m # default
        firstToken: 2m # default
        idle: 2m # default
        total: none # default
      retries:
        attempts: 2 # default
        base: 250ms # default
        max: 5s # default
      breaker:
        failures: 5 # default
        window: 1m # default
        off: false # default
      health:
        probes: true # default
        every: 1m # default
      # ~/.config/lodestar/config.yaml:8:10
      budgets:
        - scope: global
          period: month
          limitUsd: 0.05
          warnAt: [ 50, 80 ]
          over: degrade
          unpriced: deny
      timeZone: UTC # ~/.config/lodestar/config.yaml:7:11
      # ~/.config/lodestar/config.yaml:9:11
      webhooks:
        - url: http://hooks.lab/x
          secret: env:A
      # default
      projects: {}
      cache:
        ttl: 1d # default
        maxBytes: 256MB # default
        maxTemperature: 0 # default
        # default
        always: []
      routing:
        mode: on # default
        dial: 5 # default
        # default
        floor: {}
        # default
        pool: []
        sticky: true # default
        # default
        cascade:
          mode: on
          names: [ auto ]
          first: local
          checks: [ empty, cut-off, repetition, json, json-schema, tool-calls, edits, code ]
          maxEscalations: 2
          maxTime: 2m
          streams: structured
          evidence: true
        # default
        explore:
          share: 0
          capUsd: 0.1
      retention:
        ledger: 90d # default
        requests: 14d # default
        routes: 30d # default
        responses: 30d # default
        responsesSize: 256MB # default
      prices:
        # default
        overrides: {}
      local:
        schedule: on # default
        maxWait: 30s # default
        overflow: 1m # default
        parallel: auto # default
        warm: last-used # default
        keepAlive: 5m # default
        contextTokens: 8192 # default
        # default
        images:
          shares: same-host
      log:
        level: debug # --log-level
        maxSize: 10MB # default
        keepFiles: 5 # default
      strict: false # default
      baselineModel: anthropic/claude-sonnet-5 # default
      "
    `);
  });

  test("is itself a configuration that gives the same settings", () => {
    const delay = fc.integer({ min: 10, max: 2 ** 31 - 1 });
    const file = fc.record(
      {
        server: fc.record(
          {
            host: fc.constantFrom("127.0.0.1", "::1", "0.0.0.0"),
            port: fc.nat(65_535),
            maxBody: fc.integer({ min: 1024, max: 2 ** 40 }).map(formatSize),
            drain: fc.nat(2 ** 31 - 1).map(formatDuration),
            heartbeat: delay.map(formatDuration),
            allowedHosts: fc.array(fc.domain(), { maxLength: 2 }),
          },
          { requiredKeys: [] },
        ),
        deadlines: fc.record(
          { idle: delay.map(formatDuration), total: fc.option(delay.map(formatDuration), { nil: "none" }) },
          { requiredKeys: [] },
        ),
        breaker: fc.record({ failures: fc.integer({ min: 1, max: 1000 }), off: fc.boolean() }, { requiredKeys: [] }),
        retention: fc.record({ ledger: fc.integer({ min: 1, max: 99_999 }).map((days) => `${days}d`) }),
        strict: fc.boolean(),
        timeZone: fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kathmandu"),
        budgets: fc.uniqueArray(
          fc.record(
            {
              scope: fc.constantFrom("project", "key", "provider", "model"),
              name: fc.constantFrom("*", "web", "openai/*"),
              period: fc.constantFrom("day", "week", "month", "total"),
              limitUsd: fc.integer({ min: 0, max: 9_000_000_000_000_000 }).map(formatLimit),
              warnAt: fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 4 }),
              over: fc.constantFrom("warn", "degrade", "deny"),
              unpriced: fc.constantFrom("deny", "allow"),
            },
            { requiredKeys: ["scope", "name", "period", "limitUsd"] },
          ),
          { maxLength: 3, selector: ({ scope, name, period }) => `${period}:${scope}:${name}` },
        ),
        webhooks: fc.constantFrom([
          { url: "http://127.0.0.1:9/hook", secret: "env:MISTRAL_API_KEY", events: ["ready"] },
        ]),
        aliases: fc.dictionary(
          fc.stringMatching(/^[a-z][a-z0-9._:-]{0,9}$/),
          fc.constantFrom("openai/x", "ollama/a:b"),
          {
            maxKeys: 2,
          },
        ),
        prices: fc.constantFrom({
          overrides: { "openai/x": { input: 0.1, output: { base: 1, tiers: [{ above: 9, price: 2 }] } } },
        }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(file, (config) => {
        const environment = { MISTRAL_API_KEY: KEY, LODESTAR_MISTRAL_BASE_URL: "http://10.0.0.1:9/v1" };
        const first = loaded(makeSandbox(JSON.stringify(config)).load(environment));
        const shown = showSettings(first);
        const second = loaded(makeSandbox(shown).load({ MISTRAL_API_KEY: KEY }));
        const comparable = ({ settings }: typeof first) => ({
          ...settings,
          file: null,
          server: { ...settings.server, isAdminPortExplicit: true },
          providers: settings.providers.map(({ origin: _, ...rest }) => rest),
        });
        expect(comparable(second)).toEqual(comparable(first));
        expect(parse(showSettings(second))).toEqual(parse(shown));
      }),
      { numRuns: 60 },
    );
  });
});
