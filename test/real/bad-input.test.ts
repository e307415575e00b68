import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";
import { chatReply } from "../support/chat-chunks.ts";
import { runLodestar, stopLodestars } from "./driver.ts";
import { CHAT_DIALECTS, CHAT_WIRES, post } from "./http.ts";
import { sendRaw } from "./raw-client.ts";
import { MODEL, openWorld, type World } from "./world.ts";

type DialectName = (typeof CHAT_DIALECTS)[number];

/** The envelope of each dialect, as its official client expects it. */
function expectEnvelope(dialect: DialectName, body: JsonObject, requestId: string): void {
  expect(body.request_id).toBe(requestId);
  if (dialect === "ollama") {
    expect(body.error).toBeString();
    return;
  }
  if (dialect === "anthropic") expect(body.type).toBe("error");
  expect(body.error).toMatchObject({ type: expect.any(String), message: expect.any(String) });
}

const DEEP = `${"[".repeat(200)}${"]".repeat(200)}`;

describe("a request that is wrong", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld("server: { maxBody: 100KB }");
    world.behave({ kind: "json", body: chatReply("hello") });
  });
  afterAll(async () => {
    await stopLodestars();
    await world.fake.stop();
  });

  interface Wrong {
    readonly title: string;
    readonly status: number;
    readonly says: RegExp;
    readonly body: (dialect: DialectName) => string | Uint8Array;
    readonly headers?: Readonly<Record<string, string>>;
    /** Where the caller's dialect cannot be known. */
    readonly envelope?: DialectName;
  }

  const asked = (dialect: DialectName, changes: JsonObject = {}): string =>
    JSON.stringify({ ...CHAT_WIRES[dialect].request(MODEL, "hello", false, 9), ...changes });

  const WRONG: readonly Wrong[] = [
    { title: "cut-off JSON", status: 400, says: /JSON/, body: () => '{"model":"lab/m","messages":[' },
    { title: "no body", status: 400, says: /body/, body: () => "" },
    { title: "a list instead of an object", status: 400, says: /object/i, body: () => "[1,2]" },
    { title: "a number as model", status: 400, says: /model/, body: (dialect) => asked(dialect, { model: 5 }) },
    { title: "text as messages", status: 400, says: /messages/, body: (dialect) => asked(dialect, { messages: "hi" }) },
    {
      title: "a message without a role",
      status: 400,
      says: /role/,
      body: (dialect) => asked(dialect, { messages: [{ content: "hi" }] }),
    },
    {
      title: "a misspelt model of a provider's alias",
      status: 404,
      says: /Did you mean \\"best/,
      body: (dialect) => asked(dialect, { model: "bset" }),
    },
    {
      title: "an unknown provider",
      status: 404,
      says: /lab/,
      body: (dialect) => asked(dialect, { model: "labb/m" }),
    },
    {
      title: "a body over the limit",
      status: 413,
      says: /maxBody/,
      body: (dialect) => asked(dialect, { messages: [{ role: "user", content: "x".repeat(150_000) }] }),
    },
    {
      title: "nesting without end",
      status: 400,
      says: /deep|nest/i,
      body: (dialect) => asked(dialect).replace(/}$/, `,"metadata":${DEEP}}`),
    },
    {
      title: "bytes that are no UTF-8",
      status: 400,
      says: /UTF-8/,
      body: () => Buffer.concat([Buffer.from('{"model":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}')]),
    },
    {
      title: "an encoding nobody knows",
      status: 415,
      says: /Content-Encoding/,
      body: (dialect) => asked(dialect),
      headers: { "content-encoding": "rot13" },
    },
    {
      title: "a web page that has no business here",
      status: 403,
      says: /allowedOrigins/,
      body: (dialect) => asked(dialect),
      headers: { origin: "https://evil.example" },
    },
    {
      title: "a foreign Host",
      status: 403,
      says: /allowedHosts/,
      body: (dialect) => asked(dialect),
      headers: { host: "evil.example" },
    },
    {
      title: "a malformed Host",
      status: 400,
      says: /Host/,
      body: (dialect) => asked(dialect),
      headers: { host: "a b/c" },
      envelope: "openai-chat",
    },
  ];

  for (const wrong of WRONG) {
    for (const dialect of CHAT_DIALECTS) {
      test(`${wrong.title}: ${wrong.status} in the envelope of ${dialect}, and nothing is booked or sent`, async () => {
        const before = { rows: (await world.lodestar.rows()).length, calls: world.fake.calls.length };
        const body = Buffer.from(wrong.body(dialect));
        const all = {
          host: new URL(world.lodestar.apiUrl).host,
          "content-type": "application/json",
          "content-length": String(body.length),
          connection: "close",
          ...wrong.headers,
        };
        const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
        const start = Buffer.from(`POST ${CHAT_WIRES[dialect].path} HTTP/1.1\r\n${head.join("")}\r\n`);
        const exchange = sendRaw(world.lodestar.apiUrl, Buffer.concat([start, body]));
        expect(await exchange.status).toBe(wrong.status);
        await exchange.closed;
        const [headers = "", text = ""] = exchange.received().split("\r\n\r\n");
        const requestId = /x-lodestar-request-id: (\S+)/i.exec(headers)?.[1] ?? "";
        expect(requestId).toStartWith("req_");
        const json = parseJson(text);
        if (!isJsonObject(json)) throw new Error(`not JSON: ${text}`);
        expectEnvelope(wrong.envelope ?? dialect, json, requestId);
        expect(text).toMatch(wrong.says);
        expect(world.fake.calls.length).toBe(before.calls);
        expect(await world.lodestar.rows()).toHaveLength(before.rows);
      });
    }
  }

  test("a path that does not exist is a 404 with what was meant, a wrong method a 405", async () => {
    const missing = await post(world.lodestar.apiUrl, "/v1/chat/completion", {});
    expect(missing.status).toBe(404);
    expect(await missing.text()).toContain("/v1/chat/completions");
    const wrongMethod = await fetch(`${world.lodestar.apiUrl}/v1/chat/completions`);
    expect(wrongMethod.status).toBe(405);
  });

  test("a path under a bad Host is not matched as another path", async () => {
    const bytes = "GET /v1/key HTTP/1.1\r\nhost: x/v1/models?\r\nconnection: close\r\n\r\n";
    const exchange = sendRaw(world.lodestar.apiUrl, bytes);
    expect(await exchange.status).toBe(400);
    await exchange.closed;
    expect(exchange.received()).not.toContain("lab/m");
  });

  test("what is no HTTP at all leaves the daemon serving", async () => {
    for (const bytes of ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", `GET / HTTP/1.1\r\nhost: ${"x".repeat(100_000)}\r\n\r\n`]) {
      const exchange = sendRaw(world.lodestar.apiUrl, bytes);
      await Promise.race([exchange.closed, exchange.status]);
      exchange.leave();
    }
    expect((await fetch(`${world.lodestar.apiUrl}/livez`)).status).toBe(200);
  });

  test("after all of it the daemon still answers", async () => {
    const response = await post(world.lodestar.apiUrl, "/v1/chat/completions", asked("openai-chat"));
    expect(response.status).toBe(200);
  });
});

describe("a command line that is wrong", () => {
  afterAll(stopLodestars);

  const WRONG: readonly (readonly [words: readonly string[], code: number, says: RegExp])[] = [
    [["serv"], 2, /serve/],
    [["serve", "--prot=4000"], 2, /--port/],
    [["serve", "--port=eighty"], 2, /port/],
    [["serve", "--port=99999"], 2, /port/],
    [["--verson"], 2, /--version/],
    [["costs", "--by=modle"], 2, /model/],
    [["costs", "qurey"], 2, /query/],
    [["requests", "show"], 2, /ID/i],
    [["logs", "--level=loud"], 2, /warn/],
    [["keys", "create"], 2, /name/i],
    [[], 2, /serve/],
  ];

  for (const [words, code, says] of WRONG) {
    test(`lodestar ${words.join(" ")}: exit ${code}, on stderr alone`, async () => {
      const result = await runLodestar(words);
      expect(result).toMatchObject({ code, stdout: "" });
      expect(result.stderr).toMatch(says);
    });
  }

  test("an unknown flag's message is JSON where JSON is wanted", async () => {
    const result = await runLodestar(["status", "--json", "--colour"]);
    expect(result.code).toBe(2);
    expect(JSON.parse(result.stderr)).toMatchObject({ error: { code: "unknown_flag" } });
  });
});
