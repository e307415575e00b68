import { afterEach, describe, expect, test } from "bun:test";
import type { LodestarEvent } from "../../src/core/event.ts";
import { createAdminApp } from "../../src/http/admin/admin.ts";
import { type AdminWorld, makeAdminWorld, NOON, TOKEN, type WorldOptions } from "./admin-world.ts";

const worlds: AdminWorld[] = [];

function open(options: WorldOptions = {}): AdminWorld & { ask(path: string, init?: RequestInit): Promise<Response> } {
  const world = makeAdminWorld(options);
  worlds.push(world);
  const app = createAdminApp(world.admin);
  return {
    ...world,
    ask: async (path, init = {}) => {
      const headers = new Headers(init.headers);
      if (!headers.has("host")) headers.set("host", "127.0.0.1:8080");
      if (!headers.has("authorization") && !headers.has("cookie")) headers.set("authorization", `Bearer ${TOKEN}`);
      return app.request(`http://127.0.0.1:8080${path}`, { ...init, headers });
    },
  };
}

afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});

/** Every route of the application itself but the page, whose own tests are below. */
const ROUTES = (() => {
  const world = makeAdminWorld();
  const routes = createAdminApp(world.admin).routes.filter(({ method, path }) => method !== "ALL" && path !== "/");
  world.close();
  return routes.map(({ method, path }) => [method, path.replace(/:[a-z]+/g, "key_1")] as const);
})();

describe("who gets in", () => {
  test("is asked at every route", () => {
    expect(ROUTES.length).toBeGreaterThan(20);
    expect(ROUTES).toContainEqual(["PATCH", "/v1/keys/key_1"]);
  });

  test.each(ROUTES)("%s %s without the admin credential is 401 and does nothing", async (method, path) => {
    const world = open();
    for (const authorization of ["", "Bearer wrong", `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, "Bearer ls-a-client-key"]) {
      const answer = await world.ask(path, { method, headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain(TOKEN);
    }
    expect(world.stops).toEqual([]);
    expect(world.stores.keys.list()).toEqual([]);
  });

  test("a client key that exists does not open the admin API", async () => {
    const world = open();
    const made = await world.ask("/v1/keys", { method: "POST", body: JSON.stringify({ name: "laptop" }) });
    const { secret } = (await made.json()) as { secret: string };
    const answer = await world.ask("/v1/status", { headers: { authorization: `Bearer ${secret}` } });
    expect(answer.status).toBe(401);
  });

  test.each([
    ["a missing host", { host: "" }, 400, "bad_host"],
    ["a host with a path", { host: "127.0.0.1/../x" }, 400, "bad_host"],
    ["a host with a user", { host: "a@127.0.0.1" }, 400, "bad_host"],
    ["a foreign host, as in DNS rebinding", { host: "evil.example:8080" }, 403, "host_not_allowed"],
    ["a foreign origin", { origin: "https://evil.example" }, 403, "origin_not_allowed"],
    ["the null origin", { origin: "null" }, 403, "origin_not_allowed"],
    ["another port as origin", { origin: "http://127.0.0.1:4000" }, 403, "origin_not_allowed"],
  ])("%s is refused before routing", async (_what, headers, status, code) => {
    const answer = await open().ask("/v1/status", { headers: headers as Record<string, string> });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code } });
  });

  test("the refusal of a host names the very line to add", async () => {
    const answer = await open().ask("/v1/status", { headers: { host: "host.docker.internal:8080" } });
    expect(await answer.json()).toMatchObject({
      error: {
        code: "host_not_allowed",
        message: expect.stringContaining(
          'under "server:" in the configuration: allowedHosts: ["host.docker.internal"]',
        ),
      },
    });
  });

  test.each(["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"])("the host %s is ours", async (host) => {
    expect((await open().ask("/v1/health", { headers: { host } })).status).toBe(200);
  });
});

describe("the one-time link", () => {
  test("opens one session that reads and cannot change anything", async () => {
    const world = open();
    const link = world.admin.sessions.mintLink();
    const opened = await world.ask(`/?token=${link}`, { headers: { authorization: "" } });
    expect(opened.status).toBe(303);
    expect(opened.headers.get("location")).toBe("/");
    const cookie = opened.headers.get("set-cookie") ?? "";
    expect(cookie).toContain("HttpOnly");
    expect(cookie).toContain("SameSite=Strict");
    const headers = { cookie: cookie.split(";")[0] ?? "" };
    expect((await world.ask("/", { headers })).status).toBe(200);
    expect((await world.ask("/v1/status", { headers })).status).toBe(200);
    const stop = await world.ask("/v1/stop", { method: "POST", headers });
    expect(stop.status).toBe(403);
    expect(await stop.json()).toMatchObject({ error: { code: "session_reads_only" } });
    expect(world.stops).toEqual([]);
  });

  test("opens nothing a second time, nor when it is made up", async () => {
    const world = open();
    const link = world.admin.sessions.mintLink();
    await world.ask(`/?token=${link}`, { headers: { authorization: "" } });
    for (const token of [link, "made-up", ""]) {
      const again = await world.ask(`/?token=${token}`, { headers: { authorization: "" } });
      expect(again.status).toBe(401);
      expect(again.headers.get("set-cookie")).toBeNull();
    }
  });
});

describe("the status page", () => {
  test("escapes what clients wrote, allows no script, and shows no secret", async () => {
    const world = open();
    await world.settle({ requestId: "req_x", requestedModel: '<script>alert("x")</script>' });
    const answer = await world.ask("/");
    const text = await answer.text();
    expect(text).toContain("&lt;script&gt;");
    expect(text).not.toContain("<script>");
    expect(text).not.toContain("sk-canary-4711");
    expect(text).not.toContain(TOKEN);
    expect(answer.headers.get("content-security-policy")).toStartWith("default-src 'none'; style-src 'sha256-");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("reports", () => {
  test("costs has the public shape, and its groups add up to its totals", async () => {
    const world = open();
    await world.settle(
      { requestId: "req_1", costNanoUsd: 100 },
      { requestId: "req_2", provider: "openai", model: "gpt-5.4-nano", costNanoUsd: 7, savedNanoUsd: null },
      {
        requestId: "req_3",
        provider: "lab",
        model: "x",
        costNanoUsd: null,
        costReason: "no-price",
        savedNanoUsd: null,
      },
    );
    const answer = await world.ask("/v1/costs?period=all&by=provider");
    expect(await answer.json()).toMatchSnapshot();
    const custom = await world.ask(`/v1/costs?from=${NOON + 1}`);
    expect(await custom.json()).toMatchObject({ period: "custom", from: NOON + 1, to: null, totals: { requests: 0 } });
  });

  test("rows come as NDJSON with the names of the public contract", async () => {
    const world = open();
    await world.settle({ requestId: "req_1" }, { requestId: "req_2", provider: "openai" });
    const answer = await world.ask("/v1/costs/rows?provider=openai");
    expect(answer.headers.get("content-type")).toContain("application/x-ndjson");
    const lines = (await answer.text()).trim().split("\n");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchSnapshot();
  });

  test("a thousand rows arrive whole and once", async () => {
    const world = open();
    await world.settle(...Array.from({ length: 1_000 }, (_, index) => ({ requestId: `req_${index}` })));
    const text = await (await world.ask("/v1/costs/rows")).text();
    const ids = new Set(
      text
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { requestId: string }).requestId),
    );
    expect(ids.size).toBe(1_000);
  });

  test("days are those of the configured time zone, in sums, rows and reports, and labels are groups", async () => {
    const world = open({ timeZone: "Asia/Kolkata" });
    await world.settle(
      { requestId: "req_1", startedAt: NOON - 18 * 3_600_000 },
      { requestId: "req_2", startedAt: NOON - 15 * 3_600_000 },
      { requestId: "req_3", file: null },
    );
    const groups = async (query: string): Promise<(string | number)[][]> => {
      const view = (await (await world.ask(`/v1/costs?${query}`)).json()) as {
        groups: { name: string; attempts: number }[];
      };
      return view.groups.map(({ name, attempts }) => [name, attempts]);
    };
    expect(await groups("by=day")).toEqual([
      ["2026-11-19", 1],
      ["2026-11-20", 2],
    ]);
    expect(await groups("by=day&from=2026-11-19&to=2026-11-19")).toEqual([["2026-11-19", 1]]);
    expect(await (await world.ask("/v1/costs")).json()).toMatchObject({ timeZone: "Asia/Kolkata" });
    const row = await (await world.ask("/v1/costs/rows?to=2026-11-19")).text();
    expect(JSON.parse(row)).toMatchObject({ requestId: "req_1" });
    const report = (await (await world.ask("/v1/costs/report?month=2026-11&by=day")).json()) as {
      days: { name: string; totals: { attempts: number } }[];
      more: { groups: { name: string; attempts: number }[] };
    };
    const days = report.days.map(({ name, totals }) => [name, totals.attempts]);
    expect(days.filter(([, attempts]) => attempts !== 0)).toEqual(await groups("by=day"));
    expect(report.more.groups.map(({ name, attempts }) => [name, attempts])).toEqual(await groups("by=day"));
    expect(await groups("by=file")).toEqual([
      ["src/main.ts", 2],
      ["(none)", 1],
    ]);
    expect(await groups("by=task&file=src/main.ts")).toEqual([["bug_fix", 2]]);
  });

  test.each([
    ["/v1/costs/prune", { before: NOON + 1 }, "lies in the future"],
    ["/v1/costs/prune", { before: "soon" }, "before"],
    ["/v1/costs/prune", { before: 5, days: 3 }, "days: unknown field"],
    ["/v1/costs/repair", { after: "x" }, "after"],
  ])("%s refuses %j", async (path, body, words) => {
    const answer = await open().ask(path, { method: "POST", body: JSON.stringify(body) });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(words);
  });

  test("a request shows every attempt and the sum of what is priced", async () => {
    const world = open();
    await world.settle(
      {
        requestId: "req_1",
        attempt: 1,
        state: "failed",
        costNanoUsd: null,
        fault: { kind: "connect", message: "refused" },
      },
      { requestId: "req_1", attempt: 2, costNanoUsd: 12 },
    );
    const body = (await (await world.ask("/v1/requests/req_1")).json()) as { attempts: unknown[]; costNanoUsd: number };
    expect(body.attempts).toHaveLength(2);
    expect(body.costNanoUsd).toBe(12);
    const listed = (await (await world.ask("/v1/requests?limit=5")).json()) as { requests: { attempts: number }[] };
    expect(listed.requests).toMatchObject([{ requestId: "req_1", attempts: 2 }]);
    expect((await world.ask("/v1/requests/req_none")).status).toBe(404);
  });

  test.each([
    ["/v1/costs?period=year", "period"],
    ["/v1/costs?by=colour", "by"],
    ["/v1/costs?nonsense=1", "nonsense: unknown field"],
    ["/v1/costs?from=yesterday", "from: must be a day"],
    ["/v1/costs?from=2026-02-30", "from: must be a day"],
    ["/v1/costs?period=all&from=2026-11-01", "exclude each other"],
    ["/v1/requests?limit=0", "limit"],
    ["/v1/requests?limit=-1", "limit: must be a whole number"],
    ["/v1/costs/rows?limit=1e3", "limit: must be a whole number"],
    ["/v1/costs?by=day&zone=UTC", "zone: unknown field"],
    ["/v1/costs?from=2026-11-02&to=2026-11-01", "from 2026-11-02 is after to 2026-11-01"],
    ["/v1/costs/rows?from=2026-11-02&to=2026-11-01", "is after"],
    ["/v1/requests?from=2026-11-02&to=2026-11-01", "is after"],
    ["/v1/costs?minCost=1", "minCost: unknown field"],
    ["/v1/costs/rows?minCost=-1", "minCost: must be dollars"],
    ["/v1/costs/rows?maxTokens=many", "maxTokens: must be a whole number"],
    ["/v1/status?verbose=1", "verbose: unknown field"],
  ])("%s is refused, and the error names the field", async (path, words) => {
    const answer = await open().ask(path);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(words);
  });
});

describe("status", () => {
  test("has the public shape, with breaker states and where keys come from, but no key", async () => {
    const world = open({
      health: [
        { provider: "deepseek", account: "default", state: "open", lastError: "503 busy", coolingUntil: NOON + 1 },
      ],
    });
    const fault = { kind: "overloaded" as const, message: "busy", status: 503 };
    await world.settle({ requestId: "req_1" }, { requestId: "req_2", state: "failed", fault });
    const text = await (await world.ask("/v1/status")).text();
    expect(text).not.toContain("sk-canary-4711");
    const body = JSON.parse(text) as { daemon: object; providers: { id: string }[] };
    expect(Object.keys(body)).toEqual([
      "daemon",
      "providers",
      "local",
      "tunnels",
      "gpu",
      "paidProbes",
      "cache",
      "today",
    ]);
    expect(body.providers.find(({ id }) => id === "deepseek")).toMatchObject({
      state: "open",
      lastError: "503 busy",
      availability: { attempts: 2, failed: 1, ratio: 0.5 },
      accounts: [{ keySource: "env:DEEPSEEK_API_KEY", hasKey: true, state: "open" }],
    });
  });

  test("without a daemon it says so, and nothing live is claimed", async () => {
    const body = await (await open({ isRunning: false }).ask("/v1/status")).json();
    expect(body).toMatchObject({
      daemon: { running: false, pid: null, apiUrl: null },
      providers: [{ state: "unknown" }, {}],
    });
  });
});

describe("keys", () => {
  test("a key is told once, ends keyless access, and is never listed with its secret", async () => {
    const world = open();
    const made = await world.ask("/v1/keys", {
      method: "POST",
      body: JSON.stringify({ name: "ci", models: ["ollama/*"] }),
    });
    expect(made.status).toBe(201);
    const key = (await made.json()) as { secret: string; id: string };
    expect(key).toMatchObject({ name: "ci", endedKeyless: true, models: ["ollama/*"] });
    const list = await (await world.ask("/v1/keys")).text();
    expect(list).toContain(key.id);
    expect(list).not.toContain(key.secret);
    const second = await world.ask("/v1/keys", { method: "POST", body: JSON.stringify({ name: "two" }) });
    expect(await second.json()).toMatchObject({ endedKeyless: false });
  });

  test("a key is revoked by name or id, once", async () => {
    const world = open();
    await world.ask("/v1/keys", { method: "POST", body: JSON.stringify({ name: "ci" }) });
    const first = await world.ask("/v1/keys/ci", { method: "DELETE" });
    expect(await first.json()).toMatchObject({ name: "ci", isKeyless: true });
    expect((await world.ask("/v1/keys/ci", { method: "DELETE" })).status).toBe(404);
  });

  test.each([
    ["not json", "{", "not a JSON object"],
    ["a list", "[]", "not a JSON object"],
    ["no name", "{}", "name"],
    ["an empty name", '{"name":"  "}', "name"],
    ["an unknown field", '{"name":"a","role":"admin"}', "role: unknown field"],
    ["a field of the wrong type", '{"name":"a","models":"all"}', "models"],
    ["a prototype", '{"name":"a","__proto__":{"x":1}}', "__proto__"],
    ["a huge body", JSON.stringify({ name: "a".repeat(70_000) }), "larger than"],
  ])("a body with %s makes no key", async (_what, body, words) => {
    const world = open();
    const answer = await world.ask("/v1/keys", { method: "POST", body });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(words);
    expect(world.stores.keys.list()).toEqual([]);
  });

  test.each([
    ["an unknown field", '{"requestsPerMinute":5,"role":"admin"}', "role: unknown field"],
    ["a rate of nothing", '{"requestsPerMinute":0}', "requestsPerMinute"],
    ["part of a request", '{"concurrent":1.5}', "concurrent"],
    ["a debt", '{"budget":{"limitNanoUsd":-1,"period":"day","over":"deny"}}', "limitNanoUsd"],
    ["absurd riches", '{"budget":{"limitNanoUsd":1e18,"period":"day","over":"deny"}}', "limitNanoUsd"],
    ["a period of its own", '{"budget":{"limitNanoUsd":1,"period":"year","over":"deny"}}', "period"],
    ["a burst without a rate", '{"burst":5}', "requestsPerMinute"],
  ])("limits with %s change nothing", async (_what, body, words) => {
    const world = open();
    await world.ask("/v1/keys", { method: "POST", body: '{"name":"ci","limits":{"concurrent":7}}' });
    const before = world.stores.keys.list();
    const answer = await world.ask("/v1/keys/ci", { method: "PATCH", body });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(words);
    const made = await world.ask("/v1/keys", { method: "POST", body: `{"name":"two","limits":${body}}` });
    expect(made.status).toBe(400);
    expect(world.stores.keys.list()).toEqual(before);
  });

  test("a second live key of the same name is a conflict", async () => {
    const world = open();
    const body = JSON.stringify({ name: "ci" });
    await world.ask("/v1/keys", { method: "POST", body });
    expect((await world.ask("/v1/keys", { method: "POST", body })).status).toBe(409);
  });
});

describe("control", () => {
  test("stop tells its reason and answers at once", async () => {
    const world = open();
    const answer = await world.ask("/v1/stop", { method: "POST", body: '{"reason":"upgrade"}' });
    expect(answer.status).toBe(202);
    expect(world.stops).toEqual(["upgrade"]);
  });

  test("a rejected reload is a conflict that says why, and that the old one stays", async () => {
    const world = open({ reload: async () => ({ ok: false, error: "config.yaml:3:1: prot is unknown" }) });
    const answer = await world.ask("/v1/reload", { method: "POST" });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toEqual({
      error: {
        code: "config_rejected",
        message: "config.yaml:3:1: prot is unknown",
        fix: "the old configuration stays in use until this is fixed",
      },
    });
  });

  test.each([
    ["POST", "/v1/stop"],
    ["POST", "/v1/reload"],
    ["GET", "/v1/events"],
  ])("%s %s needs a daemon", async (method, path) => {
    const answer = await open({ isRunning: false }).ask(path, { method });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: { code: "daemon_not_running", fix: "lodestar serve" } });
  });

  test("events stream as they happen, one SSE frame each, and end when the reader leaves", async () => {
    const world = open();
    const answer = await world.ask("/v1/events");
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    const reader = (answer.body ?? new Blob([]).stream()).getReader();
    const read = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
    expect(await read()).toBe(": lodestar events\n\n");
    const event: LodestarEvent = { event: "config", at: NOON, outcome: "loaded", message: "two lines\nhere" };
    world.emit(event);
    expect(await read()).toBe(`event: config\ndata: ${JSON.stringify(event)}\n\n`);
    await reader.cancel();
    world.emit(event);
  });

  test("a reader that falls behind is told how many events it missed", async () => {
    const world = open();
    const answer = await world.ask("/v1/events");
    for (let count = 0; count < 1_500; count++)
      world.emit({ event: "config", at: count, outcome: "loaded", message: "" });
    const reader = (answer.body ?? new Blob([]).stream()).getReader();
    let text = "";
    while (!text.includes("dropped")) text += new TextDecoder().decode((await reader.read()).value);
    expect(text).toContain('data: {"event":"dropped","count":');
    await reader.cancel();
  });
});

describe("metrics and the rest", () => {
  test("metrics are Prometheus text from the ledger", async () => {
    const world = open({
      health: [{ provider: "deepseek", account: "default", state: "half-open", lastError: null, coolingUntil: null }],
    });
    await world.settle(
      { requestId: "req_1", costNanoUsd: 2_000_000_000 },
      { requestId: "req_2", provider: 'a"b\\c', state: "failed", costNanoUsd: null },
    );
    const answer = await world.ask("/metrics");
    expect(answer.headers.get("content-type")).toContain("version=0.0.4");
    expect(await answer.text()).toMatchSnapshot();
  });

  test("metrics tell how full budgets are, and what webhooks were not told", async () => {
    const budget = {
      id: "day:project:*",
      scope: "project",
      name: "*",
      period: "day",
      limitNanoUsd: 5_000_000_000,
      warnAt: [],
      over: "deny",
      isUnpricedAllowed: false,
      origin: "file",
    } as const;
    const state = {
      budget,
      name: "web",
      spentNanoUsd: 1_500_000_000,
      reservedNanoUsd: 1_000_000,
      from: 0,
      resetsAt: 1,
    };
    const hook = { host: "h:1", isSigned: true, events: [], queued: 3, delivered: 9, givenUp: 1, dropped: 2 };
    const world = open({ budgets: [state], webhooks: [{ ...hook, lastError: null }] });
    const lines = (await (await world.ask("/metrics")).text())
      .split("\n")
      .filter((line) => /^lodestar_(?:bud|web)/.test(line));
    expect(lines).toEqual([
      'lodestar_budget_limit_usd{budget="day:project:*",name="web"} 5',
      'lodestar_budget_spent_usd{budget="day:project:*",name="web"} 1.5',
      'lodestar_budget_reserved_usd{budget="day:project:*",name="web"} 0.001',
      'lodestar_webhook_events_total{host="h:1",outcome="delivered"} 9',
      'lodestar_webhook_events_total{host="h:1",outcome="given_up"} 1',
      'lodestar_webhook_events_total{host="h:1",outcome="dropped"} 2',
      'lodestar_webhook_queue{host="h:1"} 3',
    ]);
  });

  test("a model call on the admin port is not found, and says where it belongs", async () => {
    const answer = await open().ask("/v1/chat/completions", { method: "POST", body: "{}" });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain("API port");
  });

  test("an unknown path outside of /v1 is not found", async () => {
    expect((await open().ask("/etc/passwd")).status).toBe(404);
  });

  test("a failing store is a 500 with a code, not a stack", async () => {
    const world = open();
    world.close();
    worlds.length = 0;
    const answer = await world.ask("/v1/costs");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("    at ");
  });
});
