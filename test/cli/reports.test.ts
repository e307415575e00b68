import { describe, expect, test } from "bun:test";
import { type CliWorld, createCliWorlds, run } from "./harness.ts";

const makeWorld = createCliWorlds();

function open(options: Parameters<typeof makeWorld>[0] = {}): CliWorld {
  return makeWorld(options);
}

async function withTraffic(isRunning: boolean): Promise<CliWorld> {
  const world = open({ isRunning });
  await world.settle(
    {
      requestId: "req_1",
      attempt: 1,
      provider: "openai",
      model: "gpt-5.4-nano",
      state: "failed",
      costNanoUsd: null,
      costReason: "not-sent",
      priceId: null,
      savedNanoUsd: null,
      firstTokenMs: null,
      usage: {
        input: { uncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
        output: { text: 0, reasoning: 0 },
        raw: null,
      },
      fault: { kind: "connect", message: "connection refused\u001b[31m" },
      upstreamStatus: null,
    },
    { requestId: "req_1", attempt: 2, costNanoUsd: 2_500_000_000, routeReason: "chain:default#2" },
    {
      requestId: "req_2",
      provider: "lab",
      model: "qwen-7b",
      costNanoUsd: null,
      costReason: "no-price",
      savedNanoUsd: null,
    },
  );
  return world;
}

/** Everything in the output that depends on the folder of this run. */
function still(text: string, world: CliWorld): string {
  return text
    .replaceAll(world.stateDir, "/state")
    .replace(/127\.0\.0\.1:\d{5}/g, "127.0.0.1:PORT")
    .replace(/\d{4}-\d{2}-\d{2} to now/g, "DAY to now")
    .replace(/\b\d{2}:\d{2}:\d{2}\b/g, "TIME");
}

describe.each([
  ["through a running daemon", true],
  ["from the database, without a daemon", false],
])("%s", (_where, isRunning) => {
  test("costs shows sums, flags what has no price, and ends with the total", async () => {
    const world = await withTraffic(isRunning);
    const { code, out, err } = await world.run(["costs", "--period", "all", "--by", "provider"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatchInlineSnapshot(`
      "≥ $2.50 for 2 requests (all time)
      saved against anthropic/claude-sonnet-5: $0.000001 (routing $0.000001, quality: unmeasured)
      1 attempt used tokens but has no known price, and so no cost here

      provider  requests  attempts  failed  input  cached  output  unpriced     cost
      deepseek         1         1       0    150      50      20         0    $2.50
      lab              1         1       0    150      50      20         1  unknown
      openai           0         1       1      0       0       0         0       $0
      total            2         3       1    300     100      40         1  ≥ $2.50
      "
    `);
  });

  test("costs --json has the public shape, and its totals equal the rows of costs query", async () => {
    const world = await withTraffic(isRunning);
    const { out } = await world.run(["costs", "--period", "all", "--json"]);
    const view = JSON.parse(out) as {
      totals: { costNanoUsd: number; attempts: number };
      groups: { costNanoUsd: number }[];
    };
    expect(Object.keys(view)).toEqual(["period", "from", "to", "timeZone", "by", "totals", "savings", "groups"]);
    const rows = (await world.run(["costs", "query"])).out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { costNanoUsd: number | null });
    const sum = rows.reduce((total, row) => total + (row.costNanoUsd ?? 0), 0);
    expect(view.totals).toMatchObject({ attempts: rows.length, costNanoUsd: sum });
    expect(view.groups.reduce((total, group) => total + group.costNanoUsd, 0)).toBe(sum);
  });

  test("requests lists what was asked, who answered, and what it took", async () => {
    const world = await withTraffic(isRunning);
    const { code, out } = await world.run(["requests"]);
    expect(code).toBe(0);
    expect(still(out, world)).toMatchInlineSnapshot(`
      "time      request  asked for  answered by                 why              state  tries   in  out    took     cost
      TIME  req_2    cheap      lab/qwen-7b                 alias:cheap      final      1  150   20  900 ms  unknown
      TIME  req_1    cheap      deepseek/deepseek-v4-flash  chain:default#2  final      2  150   20  900 ms    $2.50
      "
    `);
    const json = JSON.parse((await world.run(["requests", "--json", "-n", "1"])).out) as { requests: unknown[] };
    expect(json.requests).toHaveLength(1);
  });

  test("requests show tells every attempt, and no control character of an upstream gets through", async () => {
    const world = await withTraffic(isRunning);
    const { out } = await world.run(["requests", "show", "req_1"]);
    expect(out).not.toContain("\u001b");
    expect(still(out, world)).toMatchInlineSnapshot(`
      "req_1: 2 attempts, $2.50
        asked for  cheap
        by         aider, lodestar, session_1
        key        key_1
        through    chat, openai-chat, streamed

      1. openai/gpt-5.4-nano: failed
         why      alias:cheap
         account  default
         time     TIME, took 900 ms
         tokens   0 in, 0 out
         cost     unknown (not-sent)
         fault    connect: connection refused [31m

      2. deepseek/deepseek-v4-flash: final
         why      chain:default#2
         account  default
         time     TIME, took 900 ms, first token after 121 ms
         tokens   150 in (50 read from cache), 20 out
         cost     $2.50, price row price_1
      "
    `);
    const missing = await world.run(["requests", "show", "req_9"]);
    expect([missing.code, missing.out]).toEqual([1, ""]);
    expect(missing.err).toContain("lodestar requests lists the latest");
  });

  test("models finds by every word, and tells prices, aliases and abilities", async () => {
    const world = open({ isRunning });
    expect((await world.run(["models"])).out).toMatchInlineSnapshot(`
      "model                       aliases  in / 1M  out / 1M  context  can
      ollama/qwen2.5-coder:1.5b   coder       free      free   32,768  tools
      deepseek/deepseek-v4-flash             $0.14     $0.28           tools reasoning
      "
    `);
    const found = JSON.parse((await world.run(["models", "TOOLS", "deepseek", "--json"])).out) as {
      models: { id: string }[];
    };
    expect(found.models.map(({ id }) => id)).toEqual(["deepseek/deepseek-v4-flash"]);
    const none = await world.run(["models", "nothing-like-this"]);
    expect([none.code, none.out, none.err]).toEqual([0, "", "none of 2 models matches\n"]);
  });
});

describe("status", () => {
  test("of a running daemon shows everything and ends with 0", async () => {
    const world = await withTraffic(true);
    const { code, out, err } = await world.run(["status"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("daemon   running, version 1.2.3, pid 4711, up 1 h\n");
    expect(out).toContain("key      any (none was created)\n");
    expect(out).toContain("2 requests, $2.50, 1 without a known price");
    expect(out).toMatch(/deepseek +healthy +100 % of 1 +env:DEEPSEEK_API_KEY/);
    expect(out).toContain("ollama at http://127.0.0.1:11434: qwen2.5-coder:1.5b");
    expect(out).not.toContain("sk-canary-4711");
  });

  test("without a daemon says so on stderr, shows the last known, and ends with 7", async () => {
    const world = await withTraffic(false);
    const { code, out, err } = await world.run(["status"]);
    expect(code).toBe(7);
    expect(out).toContain("2 requests, $2.50");
    expect(still(err, world)).toBe(
      "error: no daemon runs on /state\n  fix: start one with: lodestar serve\n  code: daemon_not_running\n",
    );
    const json = await world.run(["status", "--json"]);
    expect([json.code, json.err]).toEqual([7, ""]);
    expect(JSON.parse(json.out)).toMatchObject({ daemon: { running: false }, gpu: null });
  });
});

describe("the span of a report", () => {
  test("is of the shell's calendar, and the last day counts whole", async () => {
    const world = await withTraffic(false);
    const { out } = await world.run(["costs", "--from", "2026-11-20", "--to", "2026-11-20", "--json"]);
    const view = JSON.parse(out) as { period: string; from: number; to: number; totals: { requests: number } };
    expect(view.period).toBe("custom");
    expect(view.to - view.from).toBe(86_400_000);
    expect(view.totals.requests).toBe(2);
  });

  test("today, week and month start at local midnight, Monday and the first", async () => {
    const world = await withTraffic(false);
    const days = async (period: string): Promise<string> => {
      const { out } = await world.run(["costs", "--period", period, "--json"]);
      return new Date((JSON.parse(out) as { from: number }).from).toDateString();
    };
    expect([await days("today"), await days("week"), await days("month")]).toEqual([
      "Fri Nov 20 2026",
      "Mon Nov 16 2026",
      "Sun Nov 01 2026",
    ]);
  });

  test.each([
    [["costs", "--from", "yesterday"], '--from "yesterday" is no day'],
    [["costs", "query", "--to", "2026-13-01"], '--to "2026-13-01" is no day'],
    [["requests", "--from", "2026-02-30"], '--from "2026-02-30" is no day'],
    [["costs", "--from", "2026-11-05", "--to", "2026-11-01"], "--from 2026-11-05 is after --to 2026-11-01"],
    [["costs", "export", "--format", "csv", "--from", "1795176000000", "--to", "1795176000000"], "is after"],
    [["requests", "--from", "2026-11-05", "--to", "2026-11-04"], "swap them"],
    [["costs", "--period", "week", "--from", "2026-11-01"], "exclude each other"],
  ])("%j is a usage problem", async (argv, words) => {
    const { code, err } = await run(argv);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });
});

describe("keys", () => {
  test.each([true, false])("a key is made, told once on stdout, listed and revoked (daemon: %p)", async (isRunning) => {
    const world = open({ isRunning });
    const made = await world.run(["keys", "create", "laptop", "--models", "ollama/*", "--expires", "30d"]);
    expect(made.code).toBe(0);
    expect(made.out).toBe("ls-secret-number-1-tail\n");
    expect(made.err).toContain("It is the first: from now on every call needs a key.");
    const listed = await world.run(["keys"]);
    expect(listed.out).toMatch(/key_1 +laptop +ls-…tail +live until 2026-12-20 +ollama\/\* +never/);
    expect(listed.out).not.toContain("ls-secret");
    const revoked = await world.run(["keys", "revoke", "laptop"]);
    expect([revoked.code, revoked.out]).toEqual([0, "revoked key_1 (laptop)\n"]);
    expect(revoked.err).toContain("need none again");
    expect((await world.run(["keys", "revoke", "laptop"])).code).toBe(1);
  });
});

describe("a daemon that is meant", () => {
  test("by its API URL, is found by the state directory's ready file", async () => {
    const world = await withTraffic(true);
    const apiUrl = world.admin.daemon().apiUrl ?? "";
    for (const url of [apiUrl, `${apiUrl}/`, world.adminUrl]) {
      expect((await world.run(["costs", "--json"], { environment: { LODESTAR_URL: url } })).code).toBe(0);
    }
  });

  test("by a URL where nothing listens, is not running", async () => {
    const world = open();
    const free = Bun.serve({ port: 0, fetch: () => new Response() });
    const url = `http://127.0.0.1:${free.port}`;
    await free.stop(true);
    const { code, err } = await world.run(["costs", "--url", url]);
    expect(code).toBe(7);
    expect(err).toContain(`no daemon runs on ${url}`);
  });

  test("by the URL of something else, is told apart from Lodestar", async () => {
    const world = open();
    const other = Bun.serve({ port: 0, fetch: () => new Response("<html>", { status: 404 }) });
    const { code, err } = await world.run(["costs", "--url", `http://127.0.0.1:${other.port}`]);
    await other.stop(true);
    expect(code).toBe(1);
    expect(err).toContain("not as an admin API");
  });

  test("with a wrong credential, refuses with exit code 4", async () => {
    const world = open();
    const { code, err } = await world.run(["status"], { environment: { LODESTAR_ADMIN_TOKEN: "wrong" } });
    expect(code).toBe(4);
    expect(err).toContain("admin.token");
  });
});
