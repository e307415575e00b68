import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { storeSecret } from "../../src/host/secrets.ts";
import { complaints, loaded, makeSandbox } from "./sandbox.ts";

const KEY = "sk-1234567890abcdef";

function providerIn(load: ReturnType<typeof loaded>, id: string) {
  const found = load.settings.providers.find((entry) => entry.provider.id === id);
  if (found === undefined) throw new Error(`no provider ${id}`);
  return found;
}

function messages(load: ReturnType<typeof loaded>, level: string): readonly string[] {
  return load.findings.filter((finding) => finding.level === level).map((f) => `${f.subject}: ${f.message}`);
}

describe("without any file", () => {
  test("the defaults are as documented, and Ollama on this machine is expected", () => {
    const { settings } = loaded(makeSandbox().load());
    expect(settings).toMatchObject({
      server: { host: "127.0.0.1", port: 4000, adminPort: 8080, isAdminPortExplicit: false },
      chains: { default: ["free", "cheap", "best"] },
      deadlines: { connectMs: 10_000, headersMs: 600_000, firstTokenMs: 120_000, idleMs: 120_000, totalMs: null },
      breaker: { failures: 5, windowMs: 60_000, isOff: false },
      retention: { ledgerDays: 90, requestsDays: 14, responsesDays: 30, responsesBytes: 256 * 1024 ** 2 },
      maxBodyBytes: 67_108_864,
      file: null,
    });
    expect(settings.providers.map((entry) => [entry.provider.id, entry.origin])).toEqual([["ollama", "found"]]);
  });

  test("paid probes are off until models are named, and have a cap then", () => {
    const paidOf = (block: string) => loaded(makeSandbox(`health: ${block}`).load()).settings.health.paid;
    expect([paidOf("{}"), paidOf("{ paid: { every: 5m } }"), paidOf("{ paid: { models: [] } }")]).toEqual([
      null,
      null,
      null,
    ]);
    expect(paidOf("{ paid: { models: [a/b, c/d/e, a/b] } }")).toEqual({
      models: ["a/b", "c/d/e"],
      everyMs: 3_600_000,
      capNanoUsd: 50_000_000,
    });
    const chosen = paidOf('{ paid: { models: [a/b], every: 2m, capUsdPerDay: "0.000000001" } }');
    expect(chosen).toEqual({ models: ["a/b"], everyMs: 120_000, capNanoUsd: 1 });
  });

  test.each([
    ["{ models: [gpt] }", "must be provider/model"],
    ["{ models: a/b }", "must be a list of models"],
    ["{ models: [a/b], every: 59s }", "at least 60000ms"],
    ["{ models: [a/b], capUsdPerDay: -1 }", "must be an amount in USD"],
    ["{ model: [a/b] }", "models"],
  ])("paid probes of %s are refused", (block, words) => {
    expect(complaints(makeSandbox(`health: { paid: ${block} }`).load())).toContain(words);
  });

  test("a key in the environment configures its provider, and the first of several variables wins", () => {
    const load = loaded(makeSandbox().load({ GOOGLE_API_KEY: "second-key", GEMINI_API_KEY: "first-key" }));
    expect(providerIn(load, "google")).toMatchObject({
      origin: "environment",
      accounts: [{ id: "default", group: "default", key: "first-key", keySource: "env:GEMINI_API_KEY" }],
    });
    expect(messages(load, "ok")).toContain("google: key from env:GEMINI_API_KEY");
  });

  test("an empty or blank variable counts as absent", () => {
    const load = loaded(makeSandbox().load({ OPENAI_API_KEY: "", ANTHROPIC_API_KEY: "  " }));
    expect(load.settings.providers).toHaveLength(1);
  });

  test.each(["sk-xxx", "changeme", "your-api-key", "<OPENAI_API_KEY>"])(
    "the placeholder %p is refused aloud",
    (key) => {
      const load = loaded(makeSandbox().load({ OPENAI_API_KEY: key }));
      expect(load.settings.providers.map((entry) => entry.provider.id)).not.toContain("openai");
      expect(messages(load, "warning")).toEqual([
        "openai: OPENAI_API_KEY holds a placeholder, not a key, so it is not used",
      ]);
    },
  );

  test("a stored key configures its provider, and the environment wins over it", () => {
    const sandbox = makeSandbox();
    storeSecret(sandbox.stateDir, "groq", KEY);
    expect(providerIn(loaded(sandbox.load()), "groq")).toMatchObject({
      origin: "stored",
      accounts: [{ key: KEY, keySource: "stored" }],
    });
    const both = loaded(sandbox.load({ GROQ_API_KEY: "from-environment" }));
    expect(providerIn(both, "groq").accounts[0]?.key).toBe("from-environment");
    expect(both.watch).toContain(join(sandbox.stateDir, "secrets"));
  });

  test("a stored key that nothing uses is told", () => {
    const sandbox = makeSandbox();
    storeSecret(sandbox.stateDir, "gone", KEY);
    expect(messages(loaded(sandbox.load()), "warning")[0]).toContain("gone: a key is stored for it");
  });

  test("what is missing is told once, with the next step", () => {
    const [providers, config] = messages(loaded(makeSandbox().load()), "info");
    expect(providers).toMatch(
      /^providers: no key for deepseek, openai, .*: set DEEPSEEK_API_KEY or run `lodestar provider add deepseek`$/,
    );
    expect(config).toContain("config: no file (looked for ");
  });

  test("a misspelt variable of ours is told, other variables are not", () => {
    const load = loaded(makeSandbox().load({ LODESTAR_PROT: "1", LODESTAR_TEST_DATA: "x", LODESTAR_X_BASE_URL: "y" }));
    expect(messages(load, "warning")).toEqual(["LODESTAR_PROT: is not read; did you mean LODESTAR_PORT?"]);
  });
});

describe("base URLs from the environment", () => {
  test.each([
    [
      "deepseek",
      "LODESTAR_DEEPSEEK_BASE_URL",
      "http://127.0.0.1:9",
      ["http://127.0.0.1:9", "http://127.0.0.1:9/anthropic/v1"],
    ],
    [
      "openai",
      "LODESTAR_OPENAI_BASE_URL",
      "http://127.0.0.1:9/v1/",
      ["http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"],
    ],
    ["anthropic", "LODESTAR_ANTHROPIC_BASE_URL", "http://127.0.0.1:9", ["http://127.0.0.1:9/v1"]],
    ["anthropic", "LODESTAR_ANTHROPIC_BASE_URL", "http://127.0.0.1:9/v1", ["http://127.0.0.1:9/v1"]],
    [
      "google",
      "LODESTAR_GEMINI_BASE_URL",
      "http://127.0.0.1:9/v1beta",
      ["http://127.0.0.1:9/v1beta", "http://127.0.0.1:9/v1beta/openai"],
    ],
    ["google", "LODESTAR_GOOGLE_BASE_URL", "http://127.0.0.1:9", ["http://127.0.0.1:9", "http://127.0.0.1:9/openai"]],
    ["ollama", "OLLAMA_HOST", "0.0.0.0:5", ["http://127.0.0.1:5", "http://127.0.0.1:5/v1"]],
    ["ollama", "LODESTAR_OLLAMA_BASE_URL", "http://box:5", ["http://box:5", "http://box:5/v1"]],
    ["litellm", "LITELLM_PROXY_API_BASE", "http://127.0.0.1:4001", ["http://127.0.0.1:4001"]],
    ["vllm", "LODESTAR_VLLM_BASE_URL", "http://gpu:8000/v1", ["http://gpu:8000/v1"]],
  ])("%s moves by %s", (id, variable, value, expected) => {
    const load = loaded(makeSandbox().load({ [variable]: value }));
    const { provider, accounts } = providerIn(load, id);
    expect(provider.endpoints.map((endpoint) => endpoint.baseUrl)).toEqual(expected);
    expect(accounts.every((account) => account.key === null)).toBe(true);
  });

  test("our own variable wins over the file, and the file over the provider's own variable", () => {
    const sandbox = makeSandbox("providers: { ollama: { baseUrl: http://file:1 } }");
    const urlWith = (environment: Record<string, string>) =>
      providerIn(loaded(sandbox.load(environment)), "ollama").provider.endpoints[0]?.baseUrl;
    expect(urlWith({ OLLAMA_HOST: "host:2" })).toBe("http://file:1");
    expect(urlWith({ OLLAMA_HOST: "host:2", LODESTAR_OLLAMA_BASE_URL: "http://ours:3" })).toBe("http://ours:3");
  });

  test("a moved provider of the user's own is found by its name", () => {
    const sandbox = makeSandbox("providers: { work-openai: { extends: openai } }");
    const load = loaded(sandbox.load({ LODESTAR_WORK_OPENAI_BASE_URL: "http://127.0.0.1:9/v1" }));
    expect(providerIn(load, "work-openai").provider.endpoints[0]?.baseUrl).toBe("http://127.0.0.1:9/v1");
  });

  test("a URL that cannot be one is refused by its variable's name, unrepeated", () => {
    const text = complaints(makeSandbox().load({ LODESTAR_OPENAI_BASE_URL: "https://me:secret@host" }));
    expect(text).toMatchInlineSnapshot(
      `"LODESTAR_OPENAI_BASE_URL: must not hold a user or password; a key belongs in \`key\`. Correct or unset it"`,
    );
  });

  test("one that leads to ourselves is left out with a warning, and refused in a file", () => {
    const load = loaded(makeSandbox().load({ LITELLM_PROXY_API_BASE: "http://localhost:4000" }));
    expect(load.settings.providers.map((entry) => entry.provider.id)).toEqual(["ollama"]);
    expect(messages(load, "warning")[0]).toContain("litellm: leads to port 4000, which is Lodestar's own: left out");
    const sandbox = makeSandbox("providers:\n  me: { baseUrl: http://127.0.0.1:4000/v1 }");
    expect(complaints(sandbox.load())).toMatchInlineSnapshot(
      `"config.yaml:2:18: providers.me.baseUrl leads to port 4000, which is Lodestar's own. Give it the provider's address, or move Lodestar with \`server.port\`"`,
    );
    expect(sandbox.load({}, { port: 4100 }).ok).toBe(true);
  });

  test("a key on its way through an open network is a warning", () => {
    const sandbox = makeSandbox("providers: { lab: { baseUrl: http://lab.internal/v1, key: env:LAB } }");
    expect(messages(loaded(sandbox.load({ LAB: KEY })), "warning")).toEqual([
      "lab: its key goes to http://lab.internal/v1 unencrypted; use https:// if you can",
    ]);
  });
});

describe("precedence", () => {
  const user = "server: { port: 4001, allowedHosts: [user] }\naliases: { a: openai/user }";
  const system =
    "server: { port: 4002, adminPort: 8082, host: '::1' }\naliases: { a: openai/system, b: openai/system }";

  test("flags win over variables, these over the user's file, that over the system's, value by value", () => {
    const sandbox = makeSandbox(user, system);
    const load = loaded(sandbox.load({ LODESTAR_PORT: "4003", LODESTAR_ALLOWED_HOSTS: "one, two" }, { port: "4004" }));
    expect(load.settings.server).toEqual({
      host: "::1",
      port: 4004,
      adminPort: 8082,
      isAdminPortExplicit: true,
      allowedHosts: ["one", "two"],
      allowedOrigins: [],
    });
    expect(load.settings.aliases).toEqual({ a: "openai/user", b: "openai/system" });
    expect(load.settings.file).toBe(sandbox.userFile);
  });

  test("and each value knows where it was set", () => {
    const sandbox = makeSandbox(user, system);
    const { sourceOf } = loaded(sandbox.load({ LODESTAR_ALLOWED_HOSTS: "x" }, { port: 4004 }));
    expect(sourceOf(["server", "port"])).toBe("--port");
    expect(sourceOf(["server", "allowedHosts"])).toBe("LODESTAR_ALLOWED_HOSTS");
    expect(sourceOf(["aliases", "a"])).toBe(`${sandbox.userFile}:2:15`);
    expect(sourceOf(["server", "host"])).toBe(`${sandbox.systemFile}:1:46`);
    expect(sourceOf(["log", "level"])).toBe("default");
  });

  test.each([
    ["LODESTAR_HOST", "0.0.0.0", { server: { host: "0.0.0.0" } }],
    ["LODESTAR_ADMIN_PORT", "0", { server: { adminPort: 0, isAdminPortExplicit: true } }],
    ["LODESTAR_LOG_LEVEL", "debug", { log: { level: "debug" } }],
    ["LODESTAR_STRICT", "1", { isStrict: true }],
    ["LODESTAR_STRICT", "FALSE", { isStrict: false }],
    ["LODESTAR_DRAIN", "5s", { drainMs: 5000 }],
    ["LODESTAR_DEADLINE_TOTAL", "1h", { deadlines: { totalMs: 3_600_000 } }],
    ["LODESTAR_MAX_BODY", "1MB", { maxBodyBytes: 1_048_576 }],
    ["LODESTAR_CONTEXT_TOKENS", "4096", { local: { contextTokens: 4096 } }],
  ])("%s=%s is read", (variable, value, expected) => {
    expect(loaded(makeSandbox().load({ [variable]: value })).settings).toMatchObject(expected);
  });

  test("wrong flags and variables are told by their names, all at once", () => {
    const text = complaints(
      makeSandbox().load({ LODESTAR_STRICT: "perhaps" }, { port: "99999", adminPort: "x", logLevel: "loud" }),
    );
    expect(text).toMatchInlineSnapshot(`
      "--port: server.port must be a port from 0 to 65535 (it is 99999). Change it, or remove it for the default
      --admin-port: server.adminPort must be a port from 0 to 65535 (it is "x"). Change it, or remove it for the default
      --log-level: log.level must be debug, info, warn or error (it is "loud"). Change it, or remove it for the default
      LODESTAR_STRICT: strict must be true or false (it is "perhaps"). Change it, or remove it for the default"
    `);
  });

  test("a file named by flag or variable stands alone, and must exist", () => {
    const sandbox = makeSandbox(user, system);
    const other = sandbox.write("other.yaml", "server: { port: 5000 }");
    expect(loaded(sandbox.load({}, { config: other })).settings.server).toMatchObject({ port: 5000, adminPort: 8080 });
    expect(loaded(sandbox.load({ LODESTAR_CONFIG: other })).settings.server.port).toBe(5000);
    expect(complaints(sandbox.load({}, { config: join(sandbox.home, "none.yaml") }))).toBe(
      "none.yaml: there is no such file. Create it with `lodestar init`, or correct --config or LODESTAR_CONFIG",
    );
  });

  test("XDG folders are honoured when absolute, ignored when not", () => {
    const sandbox = makeSandbox();
    sandbox.write("xdg/lodestar/config.yaml", "server: { port: 5001 }");
    expect(loaded(sandbox.load({ XDG_CONFIG_HOME: join(sandbox.home, "xdg") })).settings.server.port).toBe(5001);
    expect(loaded(sandbox.load({ XDG_CONFIG_HOME: "xdg" })).settings.server.port).toBe(4000);
    const stateOf = (environment: Record<string, string>, flags = {}) =>
      loaded(sandbox.load(environment, flags)).stateDir;
    expect(stateOf({})).toBe(sandbox.stateDir);
    expect(stateOf({ XDG_STATE_HOME: "/x/state" })).toBe("/x/state/lodestar");
    expect(stateOf({ STATE_DIRECTORY: "/var/lib/lodestar:/other" })).toBe("/var/lib/lodestar");
    expect(stateOf({ STATE_DIRECTORY: "/a", LODESTAR_STATE_DIR: "/b" })).toBe("/b");
    expect(stateOf({ LODESTAR_STATE_DIR: "/b" }, { stateDir: "/c" })).toBe("/c");
  });

  test("a reload sees what changed, and fails without harm when the file went wrong", () => {
    const sandbox = makeSandbox("server: { port: 1 }");
    expect(loaded(sandbox.load()).settings.server.port).toBe(1);
    sandbox.write(".config/lodestar/config.yaml", "server: { port: ");
    expect(sandbox.load().ok).toBe(false);
    sandbox.write(".config/lodestar/config.yaml", "server: { port: 2 }");
    expect(loaded(sandbox.load()).settings.server.port).toBe(2);
  });
});

describe("providers in a file", () => {
  test("several accounts keep their groups, and each without one is on its own", () => {
    const sandbox = makeSandbox(
      "providers:\n  openai:\n    accounts:\n      - { key: env:A, group: team }\n      - { id: spare, key: env:B, group: team }\n      - { key: file:third.key }",
    );
    sandbox.write(".config/lodestar/third.key", `${KEY}\n`);
    const load = loaded(sandbox.load({ A: "key-a", B: "key-b" }));
    expect(providerIn(load, "openai").accounts).toEqual([
      { id: "1", group: "team", key: "key-a", keySource: "env:A" },
      { id: "spare", group: "team", key: "key-b", keySource: "env:B" },
      { id: "3", group: "3", key: KEY, keySource: "file:third.key" },
    ]);
    expect(load.watch).toContain(join(sandbox.home, ".config", "lodestar", "third.key"));
  });

  test("a key file stands beside the file that names it", () => {
    const sandbox = makeSandbox("strict: true", "providers: { xai: { key: file:x.key } }");
    sandbox.write("etc/x.key", KEY);
    expect(providerIn(loaded(sandbox.load()), "xai").accounts[0]?.key).toBe(KEY);
  });

  test("a key that is not there yet is a warning, and the provider has no account", () => {
    const sandbox = makeSandbox("providers:\n  openai: { key: env:NOT_THERE }\n  groq:\n");
    const load = loaded(sandbox.load());
    expect(providerIn(load, "openai").accounts).toEqual([]);
    expect(messages(load, "warning")).toEqual([
      "openai: no usable key: set OPENAI_API_KEY or run `lodestar provider add openai`",
      "openai: NOT_THERE is not set: export NOT_THERE=…, or store the key with `lodestar provider add`",
      "groq: no usable key: set GROQ_API_KEY or run `lodestar provider add groq`",
    ]);
  });

  test("a placeholder behind a named key is an error at its line", () => {
    const sandbox = makeSandbox("providers:\n  openai:\n    key: env:MINE");
    expect(complaints(sandbox.load({ MINE: "sk-xxxx" }))).toMatchInlineSnapshot(
      `"config.yaml:3:10: providers.openai.key cannot be used: MINE holds a placeholder, not a key. Put the real key there, or remove it"`,
    );
  });

  test("a block of one's own is OpenAI-compatible unless it says otherwise, and needs no key", () => {
    const sandbox = makeSandbox(
      "providers:\n  lab: { baseUrl: 'http://127.0.0.1:8000/v1/', models: [q], best: q, local: true }\n  claude: { dialect: anthropic, baseUrl: https://gw.example, key: env:K, headers: { x-team: a } }",
    );
    const load = loaded(sandbox.load({ K: KEY }));
    expect(providerIn(load, "lab")).toMatchObject({
      provider: {
        endpoints: [{ dialect: "openai-chat", baseUrl: "http://127.0.0.1:8000/v1" }],
        auth: { kind: "bearer" },
        models: { strong: "q" },
        isLocal: true,
      },
      accounts: [{ id: "default", key: null, keySource: "none" }],
      models: ["q"],
      origin: "file",
    });
    expect(providerIn(load, "claude").provider).toMatchObject({
      endpoints: [
        { dialect: "anthropic", baseUrl: "https://gw.example/v1", auth: { kind: "header", header: "x-api-key" } },
      ],
      headers: { "x-team": "a" },
    });
  });

  test("an extended provider keeps what it does not change, prices included", () => {
    const sandbox = makeSandbox(
      "providers: { work: { extends: google, key: env:K, headers: { x-a: b }, quirks: { streamUsageFlag: false }, dialect: openai-chat } }",
    );
    const { provider } = providerIn(loaded(sandbox.load({ K: KEY })), "work");
    expect(provider).toMatchObject({
      id: "work",
      name: "work",
      priceId: "google",
      endpoints: [{ dialect: "openai-chat", auth: { kind: "bearer" } }],
      quirks: { streamUsageFlag: false, refusedFields: expect.arrayContaining(["seed"]) },
      headers: { "x-a": "b" },
    });
    expect(provider.endpoints).toHaveLength(1);
  });

  test("text completions of a provider's own are declared, and refused where OpenAI's dialect is not spoken", () => {
    const declared = (block: string) =>
      providerIn(
        loaded(makeSandbox(`providers: { lab: { baseUrl: "http://lab/v1", completions: ${block} } }`).load()),
        "lab",
      ).provider.completions;
    expect(declared("{ infill: template }")).toEqual({ path: "/completions", infill: "template" });
    const own = { path: "/beta/completions", infill: "suffix", models: ["*-coder"] };
    expect(declared("{ infill: suffix, path: /beta/completions, models: ['*-coder'] }")).toEqual(own as never);
    const problems = (block: string) =>
      complaints(makeSandbox(`providers:\n  lab: { baseUrl: "http://lab", ${block} }`).load());
    expect(problems("dialect: anthropic, completions: { infill: fim }")).toContain(
      "providers.lab.completions are part of OpenAI's dialect",
    );
    expect(problems("completions: { infill: middle }")).toContain("must be suffix, fim or template");
    expect(problems("completions: { infill: fim, path: 'http://x' }")).toContain("must be a path such as /completions");
    expect(problems("completions: {}")).toContain("infill");
  });

  test("the client's own credential can be passed on, but not together with a key", () => {
    const sandbox = makeSandbox("providers: { anthropic: { auth: client } }");
    expect(providerIn(loaded(sandbox.load({ ANTHROPIC_API_KEY: KEY })), "anthropic")).toMatchObject({
      auth: "client",
      accounts: [{ id: "client", key: null }],
    });
    const both = makeSandbox("providers:\n  anthropic: { auth: client, key: env:K }");
    expect(complaints(both.load({ K: KEY }))).toMatchInlineSnapshot(
      `"config.yaml:2:14: providers.anthropic has more than one of \`key\`, \`accounts\` and \`auth: client\`. Keep one of them"`,
    );
  });

  test("one that is off is left out, whatever is found for it", () => {
    const sandbox = makeSandbox("providers: { openai: { off: true }, ollama: { off: true } }");
    const load = loaded(sandbox.load({ OPENAI_API_KEY: KEY }));
    expect(load.settings.providers).toEqual([]);
    expect(messages(load, "info")[0]).not.toContain("openai");
  });

  test("a key for a keyless local engine is sent as a bearer token", () => {
    const sandbox = makeSandbox("providers: { ollama: { key: env:K } }");
    expect(providerIn(loaded(sandbox.load({ K: KEY })), "ollama").provider.auth).toEqual({ kind: "bearer" });
  });

  test("what cannot be is told with the nearest name", () => {
    const sandbox = makeSandbox(
      "providers:\n  deepsek: { key: env:X }\n  mine:\n  w: { extends: opnai }\n  groq: { dialect: anthropic }\n  a: { baseUrl: http://a, accounts: [{ id: x, key: env:X }, { id: x, key: env:X }] }",
    );
    expect(complaints(sandbox.load({ X: KEY }))).toMatchInlineSnapshot(`
      "config.yaml:2:3: providers.deepsek is no built-in provider and has no \`baseUrl\`. Did you mean "deepseek"?
      config.yaml:3:3: providers.mine is no built-in provider and has no \`baseUrl\`. Add \`baseUrl\`, or \`extends\` a built-in provider
      config.yaml:4:17: providers.w.extends is no built-in provider: "opnai". Did you mean "openai"?
      config.yaml:5:20: providers.groq.dialect is not spoken by Groq at its documented address. Remove it, or give a \`baseUrl\` that speaks it
      config.yaml:6:67: providers.a.accounts[1].id is used twice: "x". Give each account an id of its own"
    `);
  });
});

test("a state folder that holds other things does no harm", () => {
  const sandbox = makeSandbox();
  mkdirSync(join(sandbox.stateDir, "secrets", "a folder"), { recursive: true });
  sandbox.write(".local/state/lodestar/secrets/.openai.1.new", "half");
  expect(loaded(sandbox.load()).settings.providers).toHaveLength(1);
});

test("a stored key stands in for a named one that is not set, as under a service manager", () => {
  const sandbox = makeSandbox("providers: { deepseek: { key: env:DEEPSEEK_API_KEY } }");
  storeSecret(sandbox.stateDir, "deepseek", KEY);
  const keyWith = (environment: Record<string, string>) =>
    providerIn(loaded(sandbox.load(environment)), "deepseek").accounts[0]?.keySource;
  expect(keyWith({})).toBe("stored");
  expect(keyWith({ DEEPSEEK_API_KEY: "sk-from-the-shell" })).toBe("env:DEEPSEEK_API_KEY");
});
