import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BackendInputs, Daemon, InProcessApp } from "../../src/cli/backend.ts";
import { backend } from "../../src/compose.ts";
import type { LodestarEvent } from "../../src/core/event.ts";
import type { Result } from "../../src/core/result.ts";
import type { CliProblem } from "../../src/terminal/problem.ts";
import { chatChunks, chatReply, contentOf, eventsOf } from "../support/chat-chunks.ts";
import { eventually } from "../support/eventually.ts";
import { loopMs } from "../support/own-time.ts";
import { createWorld } from "../support/world.ts";
import { createInputs } from "./inputs.ts";

const inputsFor = createInputs();
const { fake } = createWorld();
const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

function must<Value>(result: Result<Value, CliProblem>): Value {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

async function app(opening: Promise<Result<InProcessApp, CliProblem>>): Promise<InProcessApp> {
  const opened = must(await opening);
  open.push(opened.close);
  return opened;
}

async function daemon(inputs: BackendInputs): Promise<Daemon> {
  const started = must(await backend.startDaemon(inputs));
  open.push(async () => {
    started.abort();
    await started.closed;
  });
  return started;
}

function get(path: string): Request {
  return new Request(`http://127.0.0.1:8080${path}`, { headers: { host: "127.0.0.1:8080" } });
}

const CHAT = { model: "up/m", messages: [{ role: "user", content: "hello" }] };

function chat(url: string, json: object = CHAT, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify(json) });
}

function providerAt(url: string, more = ""): string {
  return `providers: { up: { dialect: openai-chat, baseUrl: "${url}/v1", models: [m], local: true } }\n${more}`;
}

describe("a reading command", () => {
  test("on a directory where nothing was ever written shows empty books, and writes nothing", async () => {
    const inputs = await inputsFor();
    const reader = await app(backend.openReader(inputs));
    const status = await reader.answer(get("/v1/status"));
    expect(status.status).toBe(200);
    expect(await status.json()).toMatchObject({ daemon: { running: false, pid: null }, today: { requests: 0 } });
    const costs = await reader.answer(get("/v1/costs"));
    expect(await costs.json()).toMatchObject({ totals: { requests: 0, costNanoUsd: 0 }, groups: [] });
    expect(existsSync(inputs.flags.stateDir ?? "")).toBe(false);
  });

  test("reads what a gateway in this process has just booked, also while that one has the lock", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("hi") }));
    const inputs = await inputsFor(providerAt(upstream.url));
    const gateway = await app(backend.openGateway(inputs));
    const request = new Request("http://127.0.0.1:4000/v1/chat/completions", {
      method: "POST",
      headers: { host: "127.0.0.1:4000" },
      body: JSON.stringify(CHAT),
    });
    expect((await gateway.answer(request)).status).toBe(200);
    const reader = await app(backend.openReader(inputs));
    const read = async () => (await reader.answer(get("/v1/requests"))).json();
    for (let tries = 0; tries < 100 && JSON.stringify(await read()).includes("up") === false; tries++)
      await Bun.sleep(10);
    expect(JSON.stringify(await read())).toContain('"provider":"up"');
  });
});

describe("the owner of a state directory", () => {
  test("is one at a time: the second is told who the first is", async () => {
    const inputs = await inputsFor("");
    const running = await daemon(inputs);
    const second = await backend.openGateway(inputs);
    expect(second.ok).toBe(false);
    if (!second.ok) expect(second.error.facts).toMatchObject({ pid: process.pid, apiUrl: running.apiUrl });
  });

  test("gives the lock back when it closes", async () => {
    const inputs = await inputsFor("");
    await must(await backend.openGateway(inputs)).close();
    await must(await backend.openAdmin(inputs)).close();
  });

  test("makes a key through the admin application, which then is asked for", async () => {
    const inputs = await inputsFor("");
    const admin = await app(backend.openAdmin(inputs));
    const made = await admin.answer(
      new Request("http://127.0.0.1:8080/v1/keys", {
        method: "POST",
        headers: { host: "127.0.0.1:8080", "content-type": "application/json" },
        body: JSON.stringify({ name: "me" }),
      }),
    );
    expect(made.status).toBeLessThan(300);
    expect(await made.json()).toMatchObject({ secret: expect.stringMatching(/^ls-/), endedKeyless: true });
  });
});

describe("a configuration that is wrong", () => {
  test("is the same problem for every way in, with its place in the file", async () => {
    const inputs = await inputsFor("providers:\n  up: { dialekt: x }\n");
    for (const opening of [
      backend.startDaemon(inputs),
      backend.openGateway(inputs),
      backend.openReader(inputs),
      backend.openAdmin(inputs),
    ]) {
      const opened = await opening;
      expect(opened.ok).toBe(false);
      if (opened.ok) continue;
      expect(opened.error).toMatchObject({ code: "config_invalid", exitCode: 3 });
      expect(opened.error.message).toContain("config.yaml:2:");
      expect(opened.error.message).toContain("dialect");
    }
  });
});

describe("a daemon", () => {
  test("serves, says so where commands look for it, and takes that back when it stops", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("hi") }));
    const inputs = await inputsFor(providerAt(upstream.url));
    const running = await daemon(inputs);
    expect((await chat(running.apiUrl)).status).toBe(200);
    const located = must(backend.locateDaemon(inputs));
    expect(located.ready).toMatchObject({ apiUrl: running.apiUrl, adminUrl: running.adminUrl, pid: process.pid });
    const authorized = { headers: { authorization: `Bearer ${located.adminToken}` } };
    expect((await fetch(`${running.adminUrl}/v1/status`, authorized)).status).toBe(200);
    expect((await fetch(`${running.adminUrl}/v1/status`)).status).toBe(401);
    await running.stop("the test is over");
    expect(must(backend.locateDaemon(inputs)).ready).toBeNull();
    expect(chat(running.apiUrl)).rejects.toThrow();
  });

  test("neither port serves the other's routes", async () => {
    const running = await daemon(await inputsFor(""));
    expect((await fetch(`${running.apiUrl}/v1/status`)).status).toBe(404);
    expect((await fetch(`${running.adminUrl}/v1/chat/completions`, { method: "POST" })).status).not.toBe(200);
  });

  test("lets running streams end before it stops, and says that it waits", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["slow", " words"]), everyMs: 60 }));
    const running = await daemon(await inputsFor(providerAt(upstream.url, "server: { drain: 10s }")));
    const events: LodestarEvent[] = [];
    running.subscribe((event) => events.push(event));
    const response = await chat(running.apiUrl, { ...CHAT, stream: true });
    const stopped = running.stop("the test says so");
    expect(contentOf(await response.text())).toBe("slow words");
    await stopped;
    expect(events.some((event) => event.event === "draining" && event.open > 0)).toBe(true);
  });

  test("breaks off what does not end within the deadline, with an error event", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["a"]).slice(0, 2), ending: "hang" }));
    const running = await daemon(await inputsFor(providerAt(upstream.url, "server: { drain: 100ms }")));
    const response = await chat(running.apiUrl, { ...CHAT, stream: true });
    await running.stop("the test says so");
    expect(eventsOf(await response.text()).at(-1)).toMatchObject({ error: { code: "shutting_down" } });
  });

  test("a client that closes its connection frees the upstream, before the headers and in the stream", async () => {
    const upstream = await fake((_, index) =>
      index === 0 ? { kind: "hang" } : { kind: "stream", chunks: chatChunks(["a"]).slice(0, 2), ending: "hang" },
    );
    const running = await daemon(await inputsFor(providerAt(upstream.url)));
    const gone = (index: number) =>
      eventually("the upstream is let go", () => (upstream.calls[index]?.abortedAt ?? null) !== null);
    for (const [index, stream] of [false, true].entries()) {
      const controller = new AbortController();
      const pending = fetch(`${running.apiUrl}/v1/chat/completions`, {
        method: "POST",
        body: JSON.stringify({ ...CHAT, stream }),
        signal: controller.signal,
      });
      pending.catch(() => undefined);
      await upstream.seen(index + 1);
      if (stream) await (await pending).body?.getReader().read();
      controller.abort();
      expect(await loopMs(gone(index))).toBeLessThan(100);
    }
  });

  test("on an address that others can reach refuses to serve before the first key", async () => {
    const inputs = await inputsFor("");
    const started = await backend.startDaemon({ ...inputs, flags: { ...inputs.flags, host: "0.0.0.0" } });
    expect(started.ok).toBe(false);
    if (!started.ok)
      expect(started.error).toMatchObject({ code: "keys_required", fix: expect.stringContaining("keys create") });
  });

  test("refuses a body far above the limit with a message and an id, not with a bare status", async () => {
    const { apiUrl } = await daemon(await inputsFor("server: { maxBody: 1KB }"));
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "x".repeat(3_000_000) }] });
    const response = await fetch(`${apiUrl}/v1/messages`, { method: "POST", body });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      error: { type: "request_too_large", message: expect.stringContaining("maxBody") },
      request_id: response.headers.get("x-lodestar-request-id"),
    });
  });

  test("on a taken port names it", async () => {
    const first = await daemon(await inputsFor(""));
    const inputs = await inputsFor("");
    const port = Number(new URL(first.apiUrl).port);
    const second = await backend.startDaemon({ ...inputs, flags: { ...inputs.flags, port } });
    expect(second.ok).toBe(false);
    if (!second.ok) expect(second.error).toMatchObject({ code: "port_in_use", facts: { port } });
  });
});

describe("a reload", () => {
  test("takes the new file into use, forgets old faults, and says so", async () => {
    const broken = await fake(() => ({ kind: "json", status: 401, body: {} }));
    const good = await fake(() => ({ kind: "json", body: chatReply("new") }));
    const inputs = await inputsFor(providerAt(broken.url));
    const running = await daemon(inputs);
    const events: LodestarEvent[] = [];
    running.subscribe((event) => events.push(event));
    expect((await chat(running.apiUrl)).status).toBe(502);
    expect((await chat(running.apiUrl)).status).toBe(502);
    expect(broken.calls).toHaveLength(1);
    await Bun.write(inputs.flags.config ?? "", providerAt(good.url));
    expect(await running.reload()).toEqual({ ok: true, value: "loaded" });
    expect((await chat(running.apiUrl)).status).toBe(200);
    expect(events.find((event) => event.event === "config")).toMatchObject({ outcome: "loaded" });
  });

  test("of a broken file keeps the one in use, and says where it is broken", async () => {
    const good = await fake(() => ({ kind: "json", body: chatReply("old") }));
    const inputs = await inputsFor(providerAt(good.url));
    const running = await daemon(inputs);
    const events: LodestarEvent[] = [];
    running.subscribe((event) => events.push(event));
    await Bun.write(inputs.flags.config ?? "", "providers: [\n");
    const reloaded = await running.reload();
    expect(reloaded.ok).toBe(false);
    if (!reloaded.ok) expect(reloaded.error).toContain("stays as it was");
    expect((await chat(running.apiUrl)).status).toBe(200);
    expect(events.find((event) => event.event === "config")).toMatchObject({ outcome: "rejected" });
  });

  test("takes new rules, refuses wrong ones by line, and tells of those that never decide", async () => {
    const good = await fake(() => ({ kind: "json", body: chatReply("new") }));
    const inputs = await inputsFor(providerAt(good.url));
    const running = await daemon(inputs);
    const reloadWith = async (rules: string) => {
      await Bun.write(inputs.flags.config ?? "", `${providerAt(good.url)}\nrouting: { rules: [${rules}] }\n`);
      return running.reload();
    };
    const all = '{ name: all, requested: "*", do: { deny: "closed for today" } }';
    const dead = await reloadWith(`${all}, { name: late, when: { tag: x }, do: { target: free } }`);
    expect(dead.ok ? dead.value : "").toMatch(
      /^loaded; rule late: .*:\d+:\d+: never decides anything: "all" \(rule 1\)/,
    );
    expect((await chat(running.apiUrl)).status).toBe(403);
    const wrong = await reloadWith("{ name: all, do: { target: fere } }");
    expect(wrong.ok ? "" : wrong.error).toContain(
      'names "fere", which is no alias, chain or listed model. Did you mean "free"?',
    );
    expect((await chat(running.apiUrl)).status).toBe(403);
    expect(await reloadWith("")).toEqual({ ok: true, value: "loaded" });
    expect((await chat(running.apiUrl)).status).toBe(200);
  });

  test("cannot move the ports, and says so", async () => {
    const inputs = await inputsFor("");
    const running = await daemon({ ...inputs, flags: { ...inputs.flags } });
    await Bun.write(inputs.flags.config ?? "", "server: { host: localhost }");
    expect(await running.reload()).toMatchObject({ ok: true, value: expect.stringContaining("restart") });
  });

  test("happens by itself when the file changes", async () => {
    const good = await fake(() => ({ kind: "json", body: chatReply("new") }));
    const inputs = await inputsFor("");
    const running = await daemon(inputs);
    const loaded = new Promise<void>((resolve) => {
      running.subscribe((event) => (event.event === "config" ? resolve() : undefined));
    });
    expect((await chat(running.apiUrl)).status).toBe(404);
    await Bun.write(inputs.flags.config ?? "", providerAt(good.url));
    await loaded;
    expect((await chat(running.apiUrl)).status).toBe(200);
  }, 60_000);
});

describe("kept responses", () => {
  const ASK = { model: "up/m", input: "hello" };

  function post(app: InProcessApp, json: object): Promise<Response> {
    const init = { method: "POST", headers: { host: "127.0.0.1:4000" }, body: JSON.stringify(json) };
    return app.answer(new Request("http://127.0.0.1:4000/v1/responses", init));
  }

  test("that lie in a damaged file are left out, and everything else is served", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("hi") }));
    const inputs = await inputsFor(providerAt(upstream.url));
    const { stateDir = "" } = inputs.flags;
    mkdirSync(stateDir, { mode: 0o700 });
    await Bun.write(join(stateDir, "responses.db"), "this was never a database. ".repeat(400));
    const gateway = await app(backend.openGateway(inputs));
    const answered = await post(gateway, ASK);
    expect(answered.status).toBe(200);
    const { id } = (await answered.json()) as { id: string };
    const refused = await post(gateway, { ...ASK, previous_response_id: id });
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { code: "previous_response_not_found" } },
    ]);
  });

  test("of which a page is damaged are left out too, and so is a response cache like that", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("hi") }));
    const inputs = await inputsFor(providerAt(upstream.url));
    await must(await backend.openGateway(inputs)).close();
    for (const name of ["responses.db", "cache.db"]) {
      const path = join(inputs.flags.stateDir ?? "", name);
      writeFileSync(path, readFileSync(path).fill(0xaa, 4_096));
    }
    const gateway = await app(backend.openGateway(inputs));
    expect((await post(gateway, ASK)).status).toBe(200);
  });

  test("are deleted by a daemon that is to keep none, soon after its start", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("hi") }));
    const inputs = await inputsFor(providerAt(upstream.url));
    const gateway = must(await backend.openGateway(inputs));
    expect((await post(gateway, ASK)).status).toBe(200);
    await gateway.close();
    const file = join(inputs.flags.stateDir ?? "", "responses.db");
    const count = (): number | undefined => {
      using database = new Database(file, { readonly: true });
      return database.query<{ kept: number }, []>("SELECT count(*) AS kept FROM responses").get()?.kept;
    };
    expect(count()).toBe(1);
    await Bun.write(inputs.flags.config ?? "", providerAt(upstream.url, "retention: { responses: off }"));
    await daemon(inputs);
    await eventually("nothing is kept any more", () => count() === 0);
  });

  test("are all deleted at once by the admin API", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("hi") }));
    const running = await daemon(await inputsFor(providerAt(upstream.url)));
    const asked = await fetch(`${running.apiUrl}/v1/responses`, { method: "POST", body: JSON.stringify(ASK) });
    const { id } = (await asked.json()) as { id: string };
    const kept = () => fetch(`${running.apiUrl}/v1/responses/${id}`);
    expect((await kept()).status).toBe(200);
    const token = readFileSync(join(running.stateDir, "admin.token"), "utf8").trim();
    const init = { method: "DELETE", headers: { authorization: `Bearer ${token}` } };
    const purged = await fetch(`${running.adminUrl}/v1/responses`, init);
    expect(await purged.json()).toEqual({ deleted: 1 });
    expect((await kept()).status).toBe(404);
  });
});
