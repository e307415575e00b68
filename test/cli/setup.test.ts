import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backend } from "../../src/cli/backend.ts";
import { checkStatus } from "../../src/cli/doctor/checks.ts";
import type { StatusView } from "../../src/core/admin-view.ts";
import { success } from "../../src/core/result.ts";
import { createCliWorlds, type RunOptions, run } from "./harness.ts";

const makeWorld = createCliWorlds();

function home(): string {
  return mkdtempSync(join(tmpdir(), "lodestar-setup-"));
}

const ANSWER = `data: {"choices":[{"delta":{"content":"ok"},"finish_reason":"stop"}],"usage":{"cost":0.000001}}\n\ndata: [DONE]\n\n`;
const REFUSED = { error: { code: "provider_auth_failed", type: "upstream_error", message: "401 from deepseek" } };

/** A world whose provider answers, refuses the key, or is down; `keys` is what lies in the state directory. */
function open(
  mood: "answers" | "refuses" | "down",
  options: { isRunning?: boolean; reload?: () => Promise<never> } = {},
) {
  const asked: string[] = [];
  const keys = new Map<string, string>();
  const world = makeWorld({
    isRunning: options.isRunning ?? true,
    // No test asks a real provider for the time.
    environment: { DEEPSEEK_API_KEY: "sk-canary-4711", LODESTAR_DEEPSEEK_BASE_URL: "http://127.0.0.1:1/v1" },
    api: async (request) => {
      asked.push(((await request.json()) as { model: string }).model);
      if (mood === "answers") return new Response(ANSWER, { headers: { "x-lodestar-request-id": "req_1" } });
      return mood === "refuses" ? Response.json(REFUSED, { status: 502 }) : new Response("", { status: 503 });
    },
  });
  const backend: Partial<Backend> = {
    storeKey: (_inputs, provider, key) => {
      const before = keys.get(provider) ?? null;
      if (key === null) keys.delete(provider);
      else keys.set(provider, key);
      return success(before);
    },
  };
  const at = home();
  const go = (argv: readonly string[], more: RunOptions = {}) =>
    world.run(argv, {
      ...more,
      backend: { ...backend, ...more.backend },
      environment: { HOME: at, ...more.environment },
    });
  return { ...world, asked, keys, home: at, go };
}

describe("provider add", () => {
  test("reads the key from standard input, stores it, tells the daemon and makes one test call", async () => {
    const world = open("answers");
    const { code, out, err } = await world.go(["provider", "add", "deepseek"], { stdin: "sk-new\n" });
    expect([code, out]).toEqual([0, ""]);
    expect(err).toBe("key stored, and the daemon uses it\ndeepseek/deepseek-v4-flash answers\n");
    expect(world.asked).toEqual(["deepseek/deepseek-v4-flash"]);
    expect([...world.keys]).toEqual([["deepseek", "sk-new"]]);
  });

  test("takes a refused key out again and puts the one before back", async () => {
    const world = open("refuses");
    const first = await world.go(["provider", "add", "deepseek"], { stdin: "sk-bad" });
    expect(first.code).toBe(4);
    expect(first.err).toContain("deepseek refuses the key, so it was not stored: 401 from deepseek");
    expect([...world.keys]).toEqual([]);
    world.keys.set("deepseek", "sk-old");
    const second = await world.go(["provider", "add", "deepseek"], { stdin: "sk-bad" });
    expect(second.err).toContain("the one before is back in place");
    expect([...world.keys]).toEqual([["deepseek", "sk-old"]]);
    expect(second.err + first.err).not.toContain("sk-bad");
  });

  test("keeps a key that could not be tested, and says so", async () => {
    const world = open("down");
    const { code, err } = await world.go(["provider", "add", "deepseek"], { stdin: "sk-new" });
    expect(code).toBe(6);
    expect(err).toContain("the key is stored, but the test call failed");
    expect(world.keys.get("deepseek")).toBe("sk-new");
  });

  test.each<[string, string[], string, number, string]>([
    ["an unknown name", ["deepsek"], "sk", 2, 'Did you mean "deepseek"?'],
    ["no key", ["deepseek"], "", 1, "no key was given"],
    ["a key of two words", ["deepseek"], "export KEY=sk", 1, "spaces or several lines"],
  ])("with %s stores nothing", async (_what, words, stdin, exit, message) => {
    const world = open("answers");
    const { code, err } = await world.go(["provider", "add", ...words], { stdin });
    expect(code).toBe(exit);
    expect(err).toContain(message);
    expect([...world.keys, ...world.asked]).toEqual([]);
  });

  test("with a base URL writes a block that loads, keeps comments, and needs no key where told so", async () => {
    const world = open("answers", { isRunning: false });
    const file = join(world.home, "config.yaml");
    writeFileSync(file, "# mine\nproviders:\n  groq: {} # keep\n");
    const argv = [
      "provider",
      "add",
      "lab",
      "--base-url",
      "http://127.0.0.1:8000/v1",
      "--no-key",
      "-m",
      "qwen-7b",
      "--config",
      file,
    ];
    const { code, err } = await world.go(argv);
    expect([code, err]).toEqual([0, "lab/qwen-7b answers\n"]);
    const text = readFileSync(file, "utf8");
    expect(text).toContain("# mine");
    expect(text).toContain("groq: {} # keep");
    expect((await world.go(["config", "check", "--config", file])).code).toBe(0);
    const removed = await world.go(["provider", "remove", "lab", "--config", file]);
    expect(removed.out).toBe(`removed lab from ${file}\n`);
    expect(readFileSync(file, "utf8")).not.toContain("lab");
  });

  test("a hidden prompt asks where there is a terminal, and Ctrl-C stores nothing", async () => {
    const world = open("answers");
    const stdin = {
      isTTY: true,
      readAll: async () => "",
      chunks: async function* () {
        yield "sk-\u0003";
      },
    };
    const { code, err } = await world.go(["provider", "add", "deepseek"], { stdin });
    expect(code).toBe(130);
    expect(err).toContain("key of DeepSeek (get one at https://keys.example): ");
    expect(err).not.toContain("sk-");
    expect([...world.keys]).toEqual([]);
  });
});

describe("provider test, list and remove", () => {
  test("test shows what it took", async () => {
    const world = open("answers");
    const { code, out } = await world.go(["provider", "test", "deepseek"]);
    expect([code, out]).toEqual([0, "deepseek/deepseek-v4-flash answers: 0 ms, $0.000001, req_1\n"]);
    await world.go(["provider", "test", "ollama"]);
    expect(world.asked.at(-1)).toBe("ollama/qwen2.5-coder:1.5b");
    expect((await world.go(["provider", "test", "nowhere"])).err).toContain(
      "lodestar provider test nowhere --model NAME",
    );
  });

  test("list is the default, and shows where keys come from", async () => {
    const world = open("answers");
    const { out } = await world.go(["provider"]);
    expect(out).toMatch(/deepseek +ready +\S+ +env:DEEPSEEK_API_KEY +environment/);
    expect(out).not.toContain("sk-canary");
  });

  test("remove forgets a stored key, and says when there is nothing to forget", async () => {
    const world = open("answers");
    world.keys.set("deepseek", "sk");
    expect((await world.go(["provider", "remove", "deepseek"])).out).toBe("removed the stored key of deepseek\n");
    const { code, err } = await world.go(["provider", "remove", "deepseek"]);
    expect(code).toBe(1);
    expect(err).toContain("provider_not_stored");
  });
});

describe("config and init", () => {
  test("init writes a private file that loads, never over another, and --force keeps the old one", async () => {
    const file = join(home(), "deep", "config.yaml");
    const first = await run(["init", "--config", file]);
    expect([first.code, first.out]).toEqual([0, `${file}\n`]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await run(["config", "check", "--config", file], { environment: { HOME: home() } })).out).toBe(
      `valid: ${file}\n`,
    );
    const again = await run(["init", "--config", file]);
    expect([again.code, again.err.includes("file_exists")]).toEqual([1, true]);
    writeFileSync(file, "# mine\n");
    await run(["init", "--config", file, "--force"]);
    expect(readFileSync(`${file}.bak`, "utf8")).toBe("# mine\n");
    expect((await run(["init", "--stdout"])).out).toBe(readFileSync(file, "utf8"));
  });

  test("check names line, column and what was meant, and ends with 3", async () => {
    const at = home();
    const file = join(at, "config.yaml");
    writeFileSync(file, "server:\n  prot: 4000\n");
    const { code, out, err } = await run(["config", "check", "--config", file], { environment: { HOME: at } });
    expect([code, out]).toEqual([3, ""]);
    expect(err.replaceAll(at, "")).toStartWith("error: /config.yaml:2:3: ");
    expect(err).toContain('"port"');
    const json = await run(["config", "check", "--json", "--config", file], { environment: { HOME: at } });
    expect(json.code).toBe(3);
    expect(JSON.parse(json.out)).toMatchObject({
      valid: false,
      problems: [{ line: 2, column: 3, code: "unknown_key" }],
    });
  });

  test("show prints the file, or what counts with its sources, and never a key", async () => {
    const at = home();
    const file = join(at, "config.yaml");
    writeFileSync(file, "server: { port: 4100 } # mine\n");
    const environment = { HOME: at, DEEPSEEK_API_KEY: "sk-canary-4711" };
    expect((await run(["config", "--config", file], { environment })).out).toBe("server: { port: 4100 } # mine\n");
    const resolved = (await run(["config", "show", "--resolved", "--config", file], { environment })).out;
    expect(resolved).toContain(`port: 4100 # ${file}:1:17`);
    const json = (await run(["config", "show", "--json", "--config", file], { environment })).out;
    expect(JSON.parse(json)).toMatchObject({ server: { port: 4_100 } });
    for (const text of [resolved, json]) expect(text).not.toContain("sk-canary");
    expect((await run(["config"], { environment: { HOME: home() } })).err).toContain(
      "no configuration file, which is fine",
    );
  });

  test("schema is a JSON Schema of the sections", async () => {
    const schema = JSON.parse((await run(["config", "schema"])).out) as { properties: object };
    expect(Object.keys(schema.properties)).toContain("providers");
  });

  test("import turns a LiteLLM file into ours, on stdout or into a new file", async () => {
    const at = home();
    const file = join(at, "litellm.yaml");
    const target = join(at, "lodestar.yaml");
    writeFileSync(
      file,
      "model_list:\n  - model_name: fast\n    litellm_params: { model: deepseek/deepseek-chat, api_key: sk-secret-in-file }\n",
    );
    const shown = await run(["config", "import", "litellm", file]);
    expect(shown.code).toBe(0);
    expect(shown.out + shown.err).not.toContain("sk-secret-in-file");
    expect((await run(["config", "import", "litellm", file, "-o", target])).out).toBe(`${target}\n`);
    expect(readFileSync(target, "utf8")).toBe(shown.out);
    expect((await run(["config", "import", "litellm", file, "-o", target])).code).toBe(1);
    expect((await run(["config", "import", "bifrost", file])).code).toBe(2);
    expect((await run(["config", "import", "ccr", join(at, "none")])).err).toContain("there is no file");
  });
});

/** A status as a healthy daemon gives it; override what a test is about. */
function statusOf(more: { daemon?: object; local?: object[]; providers?: object[] } = {}): StatusView {
  const daemon = {
    running: true,
    pid: 1,
    apiUrl: "http://127.0.0.1:4000",
    fetchCap: 16_384,
    prices: { source: "genai-prices", date: "2026-11-01" },
    ledger: { queued: 0, lastError: null, committedAt: null },
    ...more.daemon,
  };
  const local = more.local ?? [{ provider: "ollama", url: "http://127.0.0.1:11434", isReachable: true, models: ["a"] }];
  return { daemon, providers: more.providers ?? [], local, gpu: null } as unknown as StatusView;
}

const NOW = Date.UTC(2026, 10, 22);

function judged(status: StatusView): string[] {
  return checkStatus(status, NOW)
    .filter(({ state }) => state === "bad" || state === "warning")
    .map(({ name, state, fix }) => `${state} ${name}: ${fix ?? ""}`);
}

describe("doctor", () => {
  test("finds nothing wrong with a healthy set-up", () => {
    expect(judged(statusOf())).toEqual([]);
  });

  test.each<[string, Parameters<typeof statusOf>[0], string]>([
    [
      "nothing that could answer",
      { local: [] },
      "bad models: ollama pull qwen2.5-coder:1.5b, or lodestar provider add deepseek",
    ],
    [
      "a clock before its prices",
      { daemon: { prices: { source: "x", date: "2027-01-01" } } },
      "bad clock: set the clock",
    ],
    [
      "old prices",
      { daemon: { prices: { source: "x", date: "2026-08-21" } } },
      "warning prices: lodestar prices update",
    ],
    [
      "a low fetch cap",
      { daemon: { fetchCap: 256 } },
      "warning fetch cap: start the daemon with BUN_CONFIG_MAX_HTTP_REQUESTS=16384 in its environment",
    ],
    [
      "a ledger that cannot write",
      { daemon: { ledger: { queued: 3, lastError: "disk full" } } },
      "bad ledger: make room on the disk, or repair its permissions",
    ],
    [
      "an Ollama without a model",
      {
        local: [{ provider: "ollama", url: "u", isReachable: true, models: [] }],
        providers: [{ isLocal: false, accounts: [{ hasKey: true }] }],
      },
      "warning ollama: ollama pull qwen2.5-coder:1.5b",
    ],
  ])("finds %s, with a fix", (_what, more, expected) => {
    expect(judged(statusOf(more))).toEqual([expected]);
  });

  test.each([true, false])(
    "shows all of it, masks keys, and ends with 0 when nothing is bad (daemon: %p)",
    async (isRunning) => {
      const world = open("answers", { isRunning });
      const environment = {
        HOME: world.home,
        DEEPSEEK_API_KEY: "sk-canary-4711",
        LODESTAR_STATE_DIR: world.stateDir,
        HTTPS_PROXY: "http://p",
        NO_PROXY: "localhost,127.0.0.1",
      };
      const { code, out } = await world.go(["doctor", "--json"], { environment });
      const report = JSON.parse(out) as { healthy: boolean; checks: { name: string; state: string }[] };
      expect([code, report.healthy]).toEqual([0, true]);
      expect(report.checks.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["lodestar", "proxy", "deepseek", "state", "disk", "daemon", "ollama", "prices"]),
      );
      const text = await world.go(["doctor"], { environment });
      expect(text.out).toContain("ok  lodestar");
      expect(text.out + out).not.toContain("sk-canary-4711");
    },
  );

  test("a broken configuration is told as such, with exit code 1", async () => {
    const world = open("answers");
    const file = join(world.home, "bad.yaml");
    writeFileSync(file, "server: [");
    const { code, out, err } = await world.go(["doctor", "--config", file]);
    expect(code).toBe(1);
    expect(out).toContain("XX  config");
    expect(err).toContain("1 thing to mend");
    expect(existsSync(file)).toBe(true);
  });
});
