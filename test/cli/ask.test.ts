import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { readServerEvents } from "../../src/cli/sse.ts";
import { type CliWorld, createCliWorlds, run } from "./harness.ts";

const makeWorld = createCliWorlds();

interface Seen {
  body: { model: string; messages: { role: string; content: unknown }[]; stream: boolean };
  authorization: string | null;
}

function chunk(delta: object, finish: string | null = null, more: object = {}): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
}

const USAGE = { prompt_tokens: 9, completion_tokens: 2, cost: 0.0000123, cost_details: { reason: null } };
const HEADERS = {
  "content-type": "text/event-stream",
  "x-lodestar-request-id": "req_7",
  "x-lodestar-provider": "ollama",
  "x-lodestar-model": "qwen2.5-coder:1.5b",
};

function whole(usage: object = USAGE): string {
  return `: hello\n\n${chunk({ content: "Hel" })}${chunk({ content: "lo" })}${chunk({}, "stop", { usage })}data: [DONE]\n\n`;
}

function open(reply: (seen: Seen) => Response, isRunning = true): CliWorld & { seen: Seen[] } {
  const seen: Seen[] = [];
  const world = makeWorld({
    isRunning,
    api: async (request) => {
      const entry = {
        body: (await request.json()) as Seen["body"],
        authorization: request.headers.get("authorization"),
      };
      seen.push(entry);
      return reply(entry);
    },
  });
  return { ...world, seen };
}

function folder(): string {
  return mkdtempSync(join(tmpdir(), "lodestar-ask-"));
}

describe("an answer", () => {
  test.each([true, false])("streams to stdout, and what it cost goes to stderr (daemon: %p)", async (isRunning) => {
    const world = open(() => new Response(whole(), { headers: HEADERS }), isRunning);
    const { code, out, err } = await world.run(["ask", "why", "is", "it?"]);
    expect([code, out, err]).toEqual([0, "Hello\n", "ollama/qwen2.5-coder:1.5b, $0.0000123, 0 ms\n"]);
    expect(world.seen[0]?.body).toMatchObject({
      model: "auto",
      stream: true,
      messages: [{ role: "user", content: "why is it?" }],
    });
  });

  test("as JSON is one object with the text, the tokens and the cost", async () => {
    const world = open(
      () => new Response(whole({ ...USAGE, cost: null, cost_details: { reason: "no-price" } }), { headers: HEADERS }),
    );
    const { out, err } = await world.run(["ask", "--json", "hi"]);
    expect(JSON.parse(out)).toMatchObject({
      text: "Hello",
      finish: "stop",
      costUsd: null,
      costReason: "no-price",
      model: "ollama/qwen2.5-coder:1.5b",
      requestId: "req_7",
    });
    expect(err).toContain("cost unknown (no-price)");
  });

  test("puts what is piped before the words, and sends the client key", async () => {
    const world = open(() => new Response(whole(), { headers: HEADERS }));
    await world.run(["ask", "-m", "best", "-s", "be brief", "review this"], {
      stdin: "diff --git\n",
      environment: { LODESTAR_API_KEY: "ls-key" },
    });
    expect(world.seen[0]).toMatchObject({
      authorization: "Bearer ls-key",
      body: {
        model: "best",
        messages: [
          { role: "system", content: "be brief" },
          { role: "user", content: "diff --git\n\nreview this" },
        ],
      },
    });
  });

  test("sends text files by name and images as data URLs, in their order", async () => {
    const world = open(() => new Response(whole(), { headers: HEADERS }));
    const at = folder();
    writeFileSync(join(at, "shot.PNG"), new Uint8Array([137, 80, 78, 71]));
    writeFileSync(join(at, "app.css"), "a{}");
    await world.run(["ask", "-f", join(at, "shot.PNG"), "-f", join(at, "app.css"), "why?"]);
    expect(world.seen[0]?.body.messages[0]?.content).toEqual([
      { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw==" } },
      { type: "text", text: "File app.css:\na{}" },
      { type: "text", text: "why?" },
    ]);
  });

  test("does not wait for input that nobody gives: a terminal is not read", async () => {
    const world = open(() => new Response(whole(), { headers: HEADERS }));
    const stdin = { isTTY: true, readAll: () => Promise.reject(new Error("nobody types")) };
    expect((await world.run(["ask", "hi"], { stdin })).code).toBe(0);
  });
});

describe("no answer", () => {
  const refuse = (status: number, error: object) => () =>
    Response.json({ error }, { status, headers: { "x-lodestar-request-id": "req_7" } });

  test.each([
    [
      401,
      { code: "invalid_api_key", type: "authentication_error", message: "a key is needed" },
      4,
      "lodestar keys create",
    ],
    [404, { code: "model_not_found", type: "not_found_error", message: "no gtp" }, 1, "lodestar models"],
    [429, { code: "budget", type: "insufficient_quota", message: "used up" }, 5, "used up"],
    [502, { code: "upstream_unreachable", type: "upstream_error", message: "all failed" }, 6, "lodestar requests"],
    [503, { code: "target_unavailable", type: "upstream_error", message: "nothing pulled" }, 6, "ollama pull"],
  ])("%d ends with the code for it and says what to do", async (status, error, exit, words) => {
    const world = open(refuse(status, error));
    const { code, out, err } = await world.run(["ask", "hi"]);
    expect([code, out]).toEqual([exit, ""]);
    expect(err).toContain(words);
    expect(err).toContain(`error: ${error.message}\n  request req_7\n`);
  });

  test("a stream that breaks off keeps what came, and ends with 6", async () => {
    const world = open(() => new Response(chunk({ content: "Hel" }), { headers: HEADERS }));
    const { code, out, err } = await world.run(["ask", "hi"]);
    expect([code, out]).toEqual([6, "Hel"]);
    expect(err).toContain("cut off after 3 characters");
  });

  test.each([
    [["ask", "hi"], 6, "closed the connection before its answer was whole"],
    [["costs", "query"], 6, "closed the connection before its answer was whole"],
    [["events", "--json"], 0, "the daemon ended the stream"],
  ])("%j: a connection that is cut in the middle is told as that, not as a bug", async (argv, exit, words) => {
    const event = chunk({ content: "Hel" });
    const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    const server = Bun.listen({
      port: 0,
      hostname: "127.0.0.1",
      socket: {
        data: (socket) => {
          socket.end(`${head}${event.length.toString(16)}\r\n${event}\r\n`);
        },
      },
    });
    const result = await run([...argv, "--url", `http://127.0.0.1:${server.port}`]);
    server.stop(true);
    expect(result.err).toContain(words);
    expect(result.code).toBe(exit);
  });

  test("a stream that ends in an error event tells it", async () => {
    const body = `${chunk({ content: "Hel" })}data: {"error":{"message":"the upstream died","code":"upstream_truncated","type":"upstream_error"}}\n\n`;
    const world = open(() => new Response(body, { headers: HEADERS }));
    const { code, err } = await world.run(["ask", "hi"]);
    expect(code).toBe(6);
    expect(err).toContain("the upstream died");
  });

  test("an error page that is no JSON is still told", async () => {
    const world = open(() => new Response("<html>", { status: 500 }));
    const { code, err } = await world.run(["ask", "hi"]);
    expect([code, err.split("\n")[0]]).toEqual([6, "error: the gateway answered 500"]);
  });

  test.each<[string, (at: string) => string[], string]>([
    ["nothing to ask", () => ["ask"], "there is nothing to ask"],
    ["a file that is not there", (at) => ["ask", "-f", join(at, "none"), "x"], "there is no file"],
    [
      "a file that is neither text nor image",
      (at) => ["ask", "-f", join(at, "blob"), "x"],
      "neither text nor a known image",
    ],
  ])("%s never reaches a model", async (_what, argv, words) => {
    const world = open(() => new Response(whole(), { headers: HEADERS }));
    const at = folder();
    writeFileSync(join(at, "blob"), new Uint8Array([0, 1, 2]));
    const { code, err } = await world.run(argv(at));
    expect(code).toBeGreaterThan(0);
    expect(err).toContain(words);
    expect(world.seen).toEqual([]);
  });
});

test("events are the same however the bytes are cut, with any line ends", async () => {
  const source = "event: a\r\ndata: 1\r\ndata: 2\r\n\r\n: comment\n\ndata:é\n\nid: 4\n\nevent: z\rdata: end\r\r";
  const bytes = new TextEncoder().encode(source);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
      async function* pieces() {
        let from = 0;
        for (const to of [...cuts.sort((a, b) => a - b), bytes.length]) {
          yield bytes.slice(from, to);
          from = to;
        }
      }
      const events = [];
      for await (const event of readServerEvents(pieces())) events.push(event);
      expect(events).toEqual([
        { event: "a", data: "1\n2" },
        { event: "message", data: "é" },
        { event: "z", data: "end" },
      ]);
    }),
  );
});
