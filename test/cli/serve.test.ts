import { describe, expect, test } from "bun:test";
import type { Backend, Daemon, StartSummary } from "../../src/cli/backend.ts";
import type { SignalName } from "../../src/cli/command.ts";
import { findPortOwner, identifyServer, listeningInodes } from "../../src/cli/port-owner.ts";
import { serveArguments } from "../../src/cli/serve.ts";
import type { LodestarEvent } from "../../src/core/event.ts";
import { failure, success } from "../../src/core/result.ts";
import { failureProblem } from "../../src/terminal/problem.ts";
import { NOON } from "../http/admin-world.ts";
import { intentOf, outcomeOf } from "../stores/attempts.ts";
import { makeCliWorld, run } from "./harness.ts";

const SUMMARY: StartSummary = {
  providers: [{ id: "deepseek", keySource: "env:DEEPSEEK_API_KEY", origin: "environment" }],
  ollama: { url: "http://127.0.0.1:11434", models: ["qwen2.5-coder:1.5b"] },
  missing: ["OPENAI_API_KEY", "a LiteLLM proxy"],
  keyRequired: false,
  priceDate: "2026-11-01",
  priceSource: "genai-prices 0.1.8",
  fetchCap: 16_384,
  nextSteps: [],
};

/** A daemon that ends when told to, and tells what it was told. */
function fakeDaemon(summary: Partial<StartSummary> = {}) {
  const told: string[] = [];
  const listeners = new Set<(event: LodestarEvent) => void>();
  let end = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    end = resolve;
  });
  const daemon: Daemon = {
    apiUrl: "http://127.0.0.1:4000",
    adminUrl: "http://127.0.0.1:8080",
    adminLink: "http://127.0.0.1:8080/?token=once",
    stateDir: "/state",
    summary: { ...SUMMARY, ...summary },
    closed,
    stop: async (reason) => {
      told.push(`stop ${reason}`);
      emit({ event: "draining", at: NOON, open: 2, deadlineMs: 30_000 });
    },
    abort: () => {
      told.push("abort");
      end();
    },
    reload: async () => {
      told.push("reload");
      return success("");
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const emit = (event: LodestarEvent): void => {
    for (const listener of listeners) listener(event);
  };
  return { daemon, told, emit, end: () => end() };
}

/** Serves with a fake daemon; `act` runs once it is up. */
async function serve(
  argv: readonly string[],
  summary: Partial<StartSummary>,
  act: (fake: ReturnType<typeof fakeDaemon>, send: (name: SignalName) => void) => void,
) {
  const fake = fakeDaemon(summary);
  let send: (name: SignalName) => void = () => undefined;
  const backend: Partial<Backend> = {
    startDaemon: async (inputs) => {
      fake.told.push(JSON.stringify(inputs.flags));
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => act(fake, send))));
      return success(fake.daemon);
    },
  };
  const result = await run(["serve", ...argv], {
    backend,
    onStart: (deliver) => {
      send = deliver;
    },
  });
  return { ...result, told: fake.told };
}

describe("serve", () => {
  test("prints one ready line a listener on stdout, and what it found on stderr", async () => {
    const { code, out, err } = await serve([], {}, (fake) => fake.end());
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "API    http://127.0.0.1:4000  key: any  models: ollama/qwen2.5-coder:1.5b, deepseek/…  prices: 2026-11-01
      admin  http://127.0.0.1:8080/?token=once
      "
    `);
    expect(err).toMatchInlineSnapshot(`
      "found: Ollama at http://127.0.0.1:11434 (1 model), deepseek (env:DEEPSEEK_API_KEY)
      not found: OPENAI_API_KEY
      not found: a LiteLLM proxy
      stopped
      "
    `);
  });

  test.each([
    ["2026-10-06", ""],
    ["2026-10-05", "warning: prices are 46 days old: lodestar prices update\n"],
  ])("with prices of %s warns when they are older than 45 days", async (priceDate, warning) => {
    const { err } = await serve([], { priceDate, missing: [] }, (fake) => fake.end());
    expect(
      err
        .split("\n")
        .filter((line) => line.includes("prices are"))
        .join("\n"),
    ).toBe(warning.trimEnd());
  });

  test("with neither Ollama nor a key says the next step, and that a taken admin port was moved", async () => {
    const summary = {
      providers: [],
      ollama: null,
      nextSteps: ["ollama pull qwen2.5-coder:1.5b"],
      keyRequired: true,
      takenAdminPort: 1,
    };
    const { out, err } = await serve([], summary, (fake) => fake.end());
    expect(out).toContain("key: required  models: none yet");
    expect(err).toContain("admin port 1 is taken, so the next free one is used");
    expect(err).toContain("next: ollama pull qwen2.5-coder:1.5b");
  });

  test("--json is the ready line of the public contract, then every event as NDJSON", async () => {
    const { out, err } = await serve(["--json"], {}, (fake) => {
      fake.emit({ event: "settled", at: NOON, intent: intentOf(), outcome: outcomeOf() });
      fake.end();
    });
    const [ready, settled] = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(ready).toEqual({
      event: "ready",
      apiUrl: "http://127.0.0.1:4000",
      adminUrl: "http://127.0.0.1:8080",
      stateDir: "/state",
      version: "1.2.3",
      pid: process.pid,
    });
    expect(settled).toMatchObject({ event: "settled", intent: { requestId: "req_1" } });
    expect(err).toBe("");
  });

  test("hands flags and their environment twins on, typed", async () => {
    const { told } = await serve(["--port", "0", "--admin-port=8081", "--state-dir", "/s"], {}, (fake) => fake.end());
    expect(JSON.parse(told[0] ?? "")).toEqual({ port: 0, adminPort: 8_081, stateDir: "/s" });
  });

  test("SIGTERM drains, says how many answers are open, and ends with 0", async () => {
    const { code, err, told } = await serve([], {}, (fake, send) => {
      send("SIGTERM");
      fake.end();
    });
    expect([code, told.slice(1)]).toEqual([0, ["stop SIGTERM"]]);
    expect(err).toContain("draining: 2 open answers, at most 30.0 s");
  });

  test("a second signal ends it at once; Ctrl-C ends with 130", async () => {
    const { code, told } = await serve([], {}, (_fake, send) => {
      send("SIGINT");
      send("SIGINT");
    });
    expect([code, told.slice(1)]).toEqual([130, ["stop SIGINT", "abort"]]);
  });

  test("SIGHUP reads the configuration again", async () => {
    const { told } = await serve([], {}, (fake, send) => {
      send("SIGHUP");
      fake.end();
    });
    expect(told.slice(1)).toEqual(["reload"]);
  });

  test("a taken port names its holder and another port", async () => {
    const other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hello") });
    const port = other.port ?? 0;
    const problem = { ...failureProblem("port_in_use", "taken"), facts: { port } };
    const { code, err } = await run(["serve"], { backend: { startDaemon: async () => failure(problem) } });
    await other.stop(true);
    expect(code).toBe(1);
    if (process.platform === "linux") expect(err).toContain(`port ${port} is taken by another program: `);
    if (process.platform === "linux") expect(err).toContain(`(pid ${process.pid})`);
    expect(err).toContain(`fix: lodestar serve --port ${port + 1}`);
  });

  test("a port that cannot be opened for another reason keeps the reason, and names the right flag", async () => {
    const free = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const port = free.port ?? 0;
    await free.stop(true);
    const problem = { ...failureProblem("port_in_use", "permission denied"), facts: { port, name: "admin" } };
    const { err } = await run(["serve"], { backend: { startDaemon: async () => failure(problem) } });
    expect(err).toBe(`error: permission denied\n  fix: lodestar serve --admin-port ${port + 1}\n  code: port_in_use\n`);
  });

  test("a LiteLLM on the port is offered as an upstream", async () => {
    const litellm = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json("I'm alive!") });
    const port = litellm.port ?? 0;
    expect(await identifyServer(port)).toBe("litellm");
    const problem = { ...failureProblem("port_in_use", "taken"), facts: { port } };
    const { err } = await run(["serve"], { backend: { startDaemon: async () => failure(problem) } });
    await litellm.stop(true);
    expect(err).toContain("is taken by a LiteLLM proxy");
    expect(err).toContain(`providers: { litellm: { baseUrl: "http://127.0.0.1:${port}/v1" } }`);
  });

  test("--detach starts the same flags in the background", async () => {
    const argvs: (readonly string[])[] = [];
    const ready = { apiUrl: "http://127.0.0.1:4100", adminUrl: "http://127.0.0.1:8080", pid: 12, version: "1.2.3" };
    const backend: Partial<Backend> = {
      detach: async (_inputs, argv) => {
        argvs.push(argv);
        return success(ready);
      },
    };
    const text = await run(["serve", "-d", "--port", "4100"], { backend });
    const json = await run(["serve", "--detach", "--json", "--log-level", "debug"], { backend });
    expect(argvs).toEqual([
      ["serve", "--port=4100"],
      ["serve", "--log-level=debug"],
    ]);
    expect(text.out).toBe("API    http://127.0.0.1:4100\nadmin  http://127.0.0.1:8080\n");
    expect(JSON.parse(json.out)).toEqual({ event: "ready", ...ready });
  });
});

describe("who listens on a port", () => {
  test("is read from the kernel's table: listening sockets of that port only", () => {
    const lines = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 0100007F:0FA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1 0 100 0 0 10 0",
      "   1: 0100007F:0FA0 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 222 1 0 100 0 0 10 0",
      "   2: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 333 1 0 100 0 0 10 0",
      "   3: 00000000000000000000000001000000:0FA0 00000000000000000000000000000000:0000 0A 0:0 00:0 0 1000 0 444 1",
      "",
    ];
    expect(listeningInodes(lines, 4_000)).toEqual(["111", "444"]);
    expect(listeningInodes(lines, 8_080)).toEqual(["333"]);
    expect(listeningInodes([], 4_000)).toEqual([]);
  });

  test("is nobody where nobody does", async () => {
    const free = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const port = free.port ?? 0;
    await free.stop(true);
    expect(findPortOwner(port)).toBeNull();
    expect(await identifyServer(port)).toBe("other");
  });
});

describe("stop and restart", () => {
  test("stop asks the daemon and waits for its end", async () => {
    const world = makeCliWorld();
    const { code, out } = await world.run(["stop"]);
    world.close();
    expect(code).toBe(0);
    expect(out).toStartWith("stopped 4711 (http://127.0.0.1:");
    expect(world.stops).toEqual(["lodestar stop"]);
  });

  test("stop --force kills, and a daemon that goes on draining is a failure that says so", async () => {
    const world = makeCliWorld();
    const signals: string[] = [];
    const backend: Partial<Backend> = {
      signalDaemon: (pid, signal) => {
        signals.push(`${pid} ${signal}`);
        return "sent";
      },
      waitUntilGone: async (_pid, timeoutMs) => timeoutMs > 1_000,
    };
    expect((await world.run(["stop", "--force", "--json"], { backend })).out).toBe('{"stopped":4711}\n');
    const late = await world.run(["stop", "--timeout", "1s"], { backend });
    world.close();
    expect(signals).toEqual(["4711 SIGKILL"]);
    expect(late.code).toBe(1);
    expect(late.err).toContain("process 4711 is still draining");
  });

  test("stop falls back to a signal where the admin API does not answer", async () => {
    const ready = { apiUrl: "http://127.0.0.1:1", adminUrl: "http://127.0.0.1:1", pid: 4_711, version: "1" };
    const signals: string[] = [];
    const backend: Partial<Backend> = {
      locateDaemon: () => success({ stateDir: "/state", ready, adminToken: null }),
      signalDaemon: (_pid, signal) => {
        signals.push(signal);
        return "sent";
      },
    };
    expect((await run(["stop"], { backend })).code).toBe(0);
    expect(signals).toEqual(["SIGTERM"]);
    const foreign = await run(["stop"], { backend: { ...backend, signalDaemon: () => "not-permitted" } });
    expect(foreign.err).toContain("belongs to another user");
  });

  test.each([["stop"], ["restart"], ["env"], ["events"]])("%s without a daemon ends with 7", async (word) => {
    const { code, err } = await run([word]);
    expect(code).toBe(7);
    expect(err).toBe(
      "error: no daemon runs on /state\n  fix: start one with: lodestar serve\n  code: daemon_not_running\n",
    );
  });

  test("restart comes up on the same ports and state", async () => {
    const world = makeCliWorld();
    const started: (readonly string[])[] = [];
    const apiUrl = world.admin.daemon().apiUrl ?? "";
    const { code, err } = await world.run(["restart"], {
      backend: {
        detach: async (_inputs, argv) => {
          started.push(argv);
          return success({ apiUrl, adminUrl: world.adminUrl, pid: 13, version: "1.2.3" });
        },
      },
    });
    world.close();
    expect([code, world.stops]).toEqual([0, ["lodestar stop"]]);
    expect(started).toEqual([
      serveArguments({
        host: "127.0.0.1",
        port: Number(new URL(apiUrl).port),
        adminPort: Number(new URL(world.adminUrl).port),
        stateDir: world.stateDir,
      }),
    ]);
    expect(err).toContain("pid 13");
  });
});

describe("env", () => {
  const ready = { apiUrl: "http://127.0.0.1:4000", adminUrl: "http://127.0.0.1:8080", pid: 1, version: "1" };
  const backend: Partial<Backend> = { locateDaemon: () => success({ stateDir: "/s", ready, adminToken: null }) };

  test("prints what a POSIX shell evaluates", async () => {
    expect((await run(["env"], { backend })).out).toMatchInlineSnapshot(`
      "export OPENAI_BASE_URL='http://127.0.0.1:4000/v1'
      export OPENAI_API_KEY='any'
      export ANTHROPIC_BASE_URL='http://127.0.0.1:4000'
      export ANTHROPIC_AUTH_TOKEN='any'
      export OLLAMA_HOST='http://127.0.0.1:4000'
      export LODESTAR_ENV_URL='http://127.0.0.1:4000'
      "
    `);
  });

  test("does not lead Lodestar itself astray: started from that shell it sees neither itself nor its own key", async () => {
    const printed = JSON.parse((await run(["env", "--json"], { backend })).out) as Record<string, string>;
    const seen: Record<string, string | undefined>[] = [];
    const startDaemon: Backend["startDaemon"] = async (inputs) => {
      seen.push(inputs.environment);
      return failure(failureProblem("enough", "seen"));
    };
    await run(["serve"], { backend: { startDaemon }, environment: { ...printed, DEEPSEEK_API_KEY: "sk" } });
    await run(["serve"], {
      backend: { startDaemon },
      environment: { ...printed, OPENAI_BASE_URL: "https://eu.api", OPENAI_API_KEY: "sk-real" },
    });
    await run(["serve"], {
      backend: { startDaemon },
      environment: { OLLAMA_HOST: "http://gpu:11434", OPENAI_API_KEY: "sk-real" },
    });
    expect(seen).toEqual([
      { NO_COLOR: "1", DEEPSEEK_API_KEY: "sk" },
      { NO_COLOR: "1", OPENAI_BASE_URL: "https://eu.api", OPENAI_API_KEY: "sk-real" },
      { NO_COLOR: "1", OLLAMA_HOST: "http://gpu:11434", OPENAI_API_KEY: "sk-real" },
    ]);
  });

  test("speaks fish where that is the shell, and PowerShell on request", async () => {
    const fish = await run(["env"], { backend, environment: { SHELL: "/usr/bin/fish", LODESTAR_API_KEY: "it's" } });
    expect(fish.out).toContain("set -gx OPENAI_API_KEY 'it\\'s';");
    const pwsh = await run(["env", "--shell", "pwsh"], { backend, environment: { LODESTAR_API_KEY: "it's" } });
    expect(pwsh.out).toContain("$env:OPENAI_API_KEY = 'it''s'");
  });

  test("what a key holds never runs in the shell", async () => {
    const evil = "x'; touch owned; echo '$(id)";
    const { out } = await run(["env"], { backend, environment: { LODESTAR_API_KEY: evil } });
    const shell = Bun.spawnSync(["sh", "-c", `${out}printf %s "$OPENAI_API_KEY"`]);
    expect(shell.stdout.toString()).toBe(evil);
  });

  test("a URL with /v1 or a slash at its end gives the same bases", async () => {
    for (const url of ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/"]) {
      const json = JSON.parse((await run(["env", "--json", "--url", url], { backend })).out) as Record<string, string>;
      expect([json.OPENAI_BASE_URL, json.ANTHROPIC_BASE_URL]).toEqual(["http://h:1/v1", "http://h:1"]);
    }
  });
});

describe("logs", () => {
  const lines = [
    '{"time":"2026-11-20T12:00:00.000Z","level":"debug","message":"quiet"}',
    '{"time":"2026-11-20T12:00:01.000Z","level":"warn","message":"slow\\u001b[2J","provider":"deepseek","ms":12}',
    "not json at all",
    '{"time":"2026-11-20T12:00:02.000Z","level":"error","message":"broken"}',
  ];
  const backend: Partial<Backend> = {
    followLog: async function* (_stateDir, { history }) {
      yield* lines.slice(-history);
    },
  };

  test("are lines for people, without what could steer the terminal", async () => {
    const { out } = await run(["logs"], { backend });
    expect(out).not.toContain("\u001b");
    expect(out.replace(/\d{2}:\d{2}:\d{2}/g, "TIME")).toMatchInlineSnapshot(`
      "TIME debug quiet
      TIME warn  slow [2J provider=deepseek ms=12
       info  not json at all
      TIME error broken
      "
    `);
  });

  test("are cut by level and number, and as JSON they are untouched", async () => {
    const { out } = await run(["logs", "--json", "--level", "warn", "-n", "3"], { backend });
    expect(out).toBe(`${lines[1]}\n${lines[3]}\n`);
  });

  test("that do not exist are said so", async () => {
    expect(await run(["logs"])).toEqual({ code: 0, out: "", err: "no log lines in /state\n" });
  });
});

test("events follows the daemon's stream, as JSON or in words, until it ends", async () => {
  const fault = { kind: "connect", message: "refused\u0007" } as const;
  const event: LodestarEvent = {
    event: "fallback",
    at: NOON,
    requestId: "req_1",
    from: "a/b",
    to: "c/d",
    fault: "connect",
    message: fault.message,
  };
  const stream = `event: fallback\ndata: ${JSON.stringify(event)}\n\nevent: news\ndata: {"event":"news","at":1}\n\n`;
  const admin = Bun.serve({
    port: 0,
    fetch: () => new Response(stream, { headers: { "content-type": "text/event-stream" } }),
  });
  const url = `http://127.0.0.1:${admin.port}`;
  const words = await run(["events", "--url", url]);
  const json = await run(["events", "--json", "--url", url]);
  await admin.stop(true);
  expect(words.out.replace(/^\S+ /, "")).toBe("req_1 falls back from a/b to c/d: refused \n");
  expect(json.out).toBe(`${JSON.stringify(event)}\n{"event":"news","at":1}\n`);
  expect(words.err).toContain("the daemon ended the stream");
});
