import { afterAll, describe, expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Fault } from "../../src/core/fault.ts";
import { extraCertificates } from "../../src/host/certificates.ts";
import { type Clock, systemClock } from "../../src/host/clock.ts";
import { createUpstream } from "../../src/host/upstream/fetch.ts";
import type { UpstreamRequest } from "../../src/host/upstream/upstream.ts";
import { loopMs } from "../support/own-time.ts";
import { testCertificate } from "./certificate.ts";
import { temporaryFolder, until } from "./temporary.ts";

const send = createUpstream({ proxyFor: () => null, ca: [], clock: systemClock });
const LIMIT = 1_000_000;
const cleanUp: (() => void)[] = [];
afterAll(() => {
  for (const action of cleanUp) action();
});

function request(url: string | URL, more: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    url: String(url),
    method: "POST",
    headers: { authorization: "Bearer sk-canary-0123456789", "content-type": "application/json" },
    body: '{"a":1}',
    signal: new AbortController().signal,
    deadlines: { connectMs: 5000, headersMs: 10_000 },
    isLocal: false,
    ...more,
  };
}

function serve(fetch: (request: Request) => Response | Promise<Response>, tls?: { cert: string; key: string }): URL {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch,
    ...(tls === undefined ? {} : { tls }),
  });
  cleanUp.push(() => void server.stop(true));
  return server.url;
}

/** A server below HTTP, for what no HTTP server does. */
async function serveRaw(
  onData: (socket: Socket, count: number) => void,
  onOpen?: (socket: Socket) => void,
): Promise<{ url: string; server: Server }> {
  const server = createServer((socket) => {
    let count = 0;
    onOpen?.(socket);
    socket.on("error", () => undefined);
    socket.on("data", () => {
      count += 1;
      onData(socket, count);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUp.push(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}/v1/x?key=sk-canary-0123456789`, server };
}

async function faultOf(sent: ReturnType<typeof send>): Promise<Fault> {
  const outcome = await sent;
  if (outcome.ok) throw new Error(`unexpected status ${outcome.value.status}`);
  return outcome.error;
}

describe("a call to a provider", () => {
  test("carries method, headers and body, and returns status, headers and text", async () => {
    const url = serve(async (seen) => {
      const { authorization, "accept-encoding": encoding } = Object.fromEntries(seen.headers);
      return Response.json(
        { method: seen.method, authorization, encoding, body: await seen.text() },
        { status: 418, headers: { "X-Some": "thing" } },
      );
    });
    const sent = await send(request(url));
    if (!sent.ok) throw new Error(sent.error.message);
    expect(sent.value.status).toBe(418);
    expect(sent.value.header("x-some")).toBe("thing");
    expect(sent.value.header("x-none")).toBeNull();
    const text = await sent.value.text(LIMIT);
    expect(text.ok && JSON.parse(text.value)).toEqual({
      method: "POST",
      authorization: "Bearer sk-canary-0123456789",
      encoding: "identity",
      body: '{"a":1}',
    });
  });

  test("can be a GET without a body, and a reply can be empty", async () => {
    const url = serve((seen) => new Response(null, { status: seen.method === "GET" ? 204 : 500 }));
    const sent = await send(request(url, { method: "GET", body: null }));
    if (!sent.ok) throw new Error(sent.error.message);
    expect(sent.value.status).toBe(204);
    expect((await sent.value.reader().read()).value).toBeUndefined();
    const again = await send(request(url, { method: "GET", body: null }));
    expect(again.ok && (await again.value.text(LIMIT))).toEqual({ ok: true, value: "" });
  });

  test("reads a body only as fast as its caller", async () => {
    let pulled = 0;
    const url = serve(
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              pulled += 1;
              controller.enqueue(new Uint8Array(1_000_000));
              if (pulled === 200) controller.close();
            },
          }),
        ),
    );
    const sent = await send(request(url));
    if (!sent.ok) throw new Error(sent.error.message);
    const reader = sent.value.reader();
    await reader.read();
    let before = -1;
    await until(() => {
      const isStill = pulled === before;
      before = pulled;
      return isStill;
    }, "the server is held back");
    expect(pulled).toBeLessThan(100);
    sent.value.cancel();
  });

  for (const status of [301, 302, 303, 307, 308, 304]) {
    test(`is never redirected by a ${status}: the key stays with its host`, async () => {
      let wasAsked = false;
      const thief = serve(() => {
        wasAsked = true;
        return new Response("thanks");
      });
      const url = serve(
        () => new Response(null, { status, headers: { location: `${thief}steal?key=sk-canary-0123456789` } }),
      );
      const fault = await faultOf(send(request(url)));
      expect(fault).toMatchObject({ kind: "upstream-error", status, code: "redirect" });
      expect(fault.message).toContain("baseUrl");
      expect(fault.message).not.toContain("canary");
      expect(wasAsked).toBe(false);
    });
  }
});

describe("a reply's text", () => {
  test("is refused beyond its limit, as garbage", async () => {
    const url = serve(() => new Response("x".repeat(5000)));
    const sent = await send(request(url));
    expect(sent.ok && (await sent.value.text(4999))).toMatchObject({ ok: false, error: { kind: "garbage" } });
  });

  test("is counted after decompression, so that a small bomb does no harm", async () => {
    const bomb = Bun.gzipSync(new Uint8Array(20_000_000));
    const url = serve(() => new Response(bomb, { headers: { "content-encoding": "gzip" } }));
    const sent = await send(request(url));
    expect(sent.ok && (await sent.value.text(LIMIT))).toMatchObject({ ok: false, error: { kind: "garbage" } });
  });

  test("is refused when it is no UTF-8", async () => {
    const url = serve(() => new Response(new Uint8Array([0x7b, 0xff, 0xfe])));
    const sent = await send(request(url));
    expect(sent.ok && (await sent.value.text(LIMIT))).toMatchObject({ ok: false, error: { kind: "garbage" } });
  });

  test("that breaks off is a truncated answer", async () => {
    const { url } = await serveRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\npart", () =>
        setTimeout(() => socket.resetAndDestroy(), 20),
      );
    });
    const sent = await send(request(url));
    const text = sent.ok ? await sent.value.text(LIMIT) : sent;
    expect(text).toMatchObject({ ok: false, error: { kind: "truncated" } });
  });
});

describe("a call that fails before its headers", () => {
  test("names the host and the way out, and never the query or a key", async () => {
    const refused = await faultOf(send(request("http://127.0.0.1:9/v1?key=sk-canary-0123456789")));
    const unknown = await faultOf(send(request("http://no-such-host.invalid/")));
    const broken = await faultOf(send(request("not a url")));
    const plain = serve(() => new Response("no TLS here"));
    const handshake = await faultOf(send(request(`https://127.0.0.1:${plain.port}/`)));
    expect([refused.kind, unknown.kind, broken.kind, handshake.kind]).toEqual([
      "connect",
      "connect",
      "unavailable",
      "connect",
    ]);
    expect(refused.message).toContain("http://127.0.0.1:9: nothing listens there");
    expect(unknown.message).toContain("host name is unknown");
    expect(handshake.message).toContain("TLS");
    for (const fault of [refused, unknown, broken, handshake]) expect(fault.message).not.toContain("canary");
  });

  test("with something that is not HTTP is garbage", async () => {
    const { url } = await serveRaw((socket) => void socket.end("220 smtp ready\r\n\r\n"));
    expect(await faultOf(send(request(url)))).toMatchObject({ kind: "garbage" });
  });

  test("by a reset on a first connection is not tried again: the provider may have begun to work", async () => {
    let connections = 0;
    const { url } = await serveRaw(
      (socket) => void socket.resetAndDestroy(),
      () => {
        connections += 1;
      },
    );
    expect(await faultOf(send(request(url)))).toMatchObject({ kind: "connect" });
    expect(connections).toBe(1);
  });

  test("by a reset on a kept connection is tried once more on a fresh one", async () => {
    let connections = 0;
    const { url } = await serveRaw(
      (socket, count) => {
        if (count === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        else socket.resetAndDestroy();
      },
      () => {
        connections += 1;
      },
    );
    const both = await Promise.all([send(request(url)), send(request(url))]);
    for (const sent of both) expect(sent.ok && (await sent.value.text(LIMIT))).toEqual({ ok: true, value: "ok" });
    expect(connections).toBe(2);
    // Two half-open connections lie in the pool: the second try must not take the other one.
    const sent = await send(request(url));
    expect(sent.ok && (await sent.value.text(LIMIT))).toEqual({ ok: true, value: "ok" });
    expect(connections).toBe(3);
  });

  test("by a reset after a while is not tried again even at a known host", async () => {
    let now = 0;
    const advance = (ms: number) => {
      now += ms;
      return now;
    };
    const clock: Clock = { ...systemClock, monotonic: () => advance(3000) };
    const slow = createUpstream({ proxyFor: () => null, ca: [], clock });
    const { url } = await serveRaw((socket, count) => {
      if (count === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      else socket.resetAndDestroy();
    });
    const first = await slow(request(url));
    if (first.ok) await first.value.text(LIMIT);
    expect(await faultOf(slow(request(url)))).toMatchObject({ kind: "connect" });
  });
});

describe("deadlines", () => {
  test("end a call whose headers do not come, and the upstream sees it", async () => {
    let closed = 0;
    const { url } = await serveRaw(
      () => undefined,
      (socket) => {
        socket.on("close", () => {
          closed += 1;
        });
      },
    );
    for (const deadlines of [
      { connectMs: 20, headersMs: 60 },
      { connectMs: 500, headersMs: 60 },
    ]) {
      expect(await faultOf(send(request(url, { deadlines })))).toMatchObject({
        kind: "timeout",
        phase: "headers",
        afterMs: 60,
      });
    }
    // One connection more: the probe that found out that the host is there.
    await until(() => closed === 3, "all connections are closed");
  });

  test("do not end a slow provider that can be connected to", async () => {
    const url = serve(async () => {
      await Bun.sleep(80);
      return new Response("late");
    });
    const sent = await send(request(url, { deadlines: { connectMs: 10, headersMs: 5000 } }));
    expect(sent.ok && (await sent.value.text(LIMIT))).toEqual({ ok: true, value: "late" });
  });

  const python = Bun.which("python3");
  test.if(process.platform === "linux" && python !== null)(
    "end a call to a host that does not take the connection (skipped without python3 on Linux)",
    async () => {
      const program = `
import socket, sys
listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen(0)
port = listener.getsockname()[1]
held = []
for _ in range(2):
    s = socket.socket(); s.setblocking(False); s.connect_ex(("127.0.0.1", port)); held.append(s)
print(port, flush=True); sys.stdin.read()`;
      const child = Bun.spawn([python ?? "python3", "-c", program], { stdin: "pipe", stdout: "pipe" });
      const { value } = await child.stdout.getReader().read();
      const port = Number(Buffer.from(value ?? []).toString());
      const fault = await faultOf(
        send(request(`http://127.0.0.1:${port}/`, { deadlines: { connectMs: 150, headersMs: 8000 } })),
      );
      child.kill();
      expect(fault).toMatchObject({ kind: "timeout", phase: "connect", afterMs: 150 });
    },
  );
});

describe("a client that leaves", () => {
  async function timed(leaveAfterHeaders: boolean): Promise<{ fault: Fault; waitedMs: number }> {
    const controller = new AbortController();
    const seen = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const { url } = await serveRaw(
      (socket) => {
        if (leaveAfterHeaders) socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n");
        seen.resolve();
      },
      (socket) => void socket.on("close", () => gone.resolve()),
    );
    const sending = send(request(url, { signal: controller.signal }));
    await seen.promise;
    let fault: Fault | null = null;
    if (leaveAfterHeaders) {
      const sent = await sending;
      if (!sent.ok) throw new Error(sent.error.message);
      const reader = sent.value.reader();
      await reader.read();
      const next = reader.read();
      controller.abort();
      const waitedMs = loopMs(gone.promise);
      fault = await next.then(
        () => null,
        (error: unknown) => sent.value.faultOf(error),
      );
      return {
        fault: fault ?? { kind: "internal", message: "the read went on" },
        waitedMs: await waitedMs,
      };
    }
    controller.abort();
    const waitedMs = loopMs(gone.promise);
    return { fault: await faultOf(sending), waitedMs: await waitedMs };
  }

  for (const phase of ["before", "after"] as const) {
    test(`cancels the upstream within 100 ms ${phase} the headers, and it is not the upstream's fault`, async () => {
      for (let round = 0; round < 5; round += 1) {
        const { fault, waitedMs } = await timed(phase === "after");
        expect(fault.kind).toBe("client-left");
        expect(waitedMs).toBeLessThan(100);
      }
    });
  }

  test("before the call does not even cause one", async () => {
    expect(await faultOf(send(request("http://127.0.0.1:9/", { signal: AbortSignal.abort() })))).toMatchObject({
      kind: "client-left",
    });
  });

  test("is told apart from an abort for a reason of ours", async () => {
    const reason: Fault = { kind: "shutdown", message: "stopping" };
    const { url } = await serveRaw(() => undefined);
    const controller = new AbortController();
    const sending = send(request(url, { signal: controller.signal }));
    controller.abort(reason);
    expect(await faultOf(sending)).toEqual(reason);
  });

  test("cancels when the reply itself is cancelled, text included", async () => {
    const gone = Promise.withResolvers<void>();
    const { url } = await serveRaw(
      (socket) => void socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n"),
      (socket) => void socket.on("close", () => gone.resolve()),
    );
    const sent = await send(request(url));
    if (!sent.ok) throw new Error(sent.error.message);
    const text = sent.value.text(LIMIT);
    sent.value.cancel();
    expect(await text).toMatchObject({ ok: false, error: { kind: "client-left" } });
    await gone.promise;
  });
});

describe("the way there", () => {
  test("goes through the proxy that is named, but not for local providers", async () => {
    const asked: string[] = [];
    const proxy = serve((seen) => {
      asked.push(seen.url);
      return new Response("by proxy");
    });
    const target = serve(() => new Response("direct"));
    const proxied = createUpstream({ proxyFor: () => proxy.href, ca: [], clock: systemClock });
    const far = await proxied(request("http://provider.invalid/v1/chat"));
    const near = await proxied(request(target, { isLocal: true }));
    expect(far.ok && (await far.value.text(LIMIT))).toEqual({ ok: true, value: "by proxy" });
    expect(near.ok && (await near.value.text(LIMIT))).toEqual({ ok: true, value: "direct" });
    expect(asked.map((url) => new URL(url).pathname)).toEqual(["/v1/chat"]);
  });

  test("ignores the environment's proxy unless it was named", async () => {
    const target = serve(() => new Response("direct"));
    const before = process.env.HTTP_PROXY;
    process.env.HTTP_PROXY = "http://127.0.0.1:9";
    const sent = await send(request(target));
    if (before === undefined) delete process.env.HTTP_PROXY;
    else process.env.HTTP_PROXY = before;
    expect(sent.ok && (await sent.value.text(LIMIT))).toEqual({ ok: true, value: "direct" });
  });

  const certificate = testCertificate("localhost");
  test.if(certificate !== null)(
    "trusts a company's own authority when told to, and only then (skipped without openssl)",
    async () => {
      if (certificate === null) return;
      const url = serve((seen) => new Response(seen.headers.get("x") ?? "trusted"), certificate);
      const place = `https://localhost:${url.port}/`;
      const refused = await faultOf(send(request(place)));
      expect(refused).toMatchObject({ kind: "connect" });
      expect(refused.message).toContain("NODE_EXTRA_CA_CERTS");
      using folder = temporaryFolder();
      await Bun.write(join(folder.path, "ca.pem"), `a comment\n${certificate.cert}`);
      const ca = extraCertificates({ NODE_EXTRA_CA_CERTS: join(folder.path, "ca.pem") });
      if (!ca.ok) throw new Error(ca.error);
      const trusting = createUpstream({ proxyFor: () => null, ca: ca.value, clock: systemClock });
      const sent = await trusting(request(place));
      expect(sent.ok && (await sent.value.text(LIMIT))).toEqual({ ok: true, value: "trusted" });
    },
  );

  test("says which certificate file is wrong, and how", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "ca.pem");
    expect(extraCertificates({})).toEqual({ ok: true, value: [] });
    const missing = extraCertificates({ SSL_CERT_FILE: path });
    expect(missing.ok ? "" : missing.error).toContain(`SSL_CERT_FILE names ${path}`);
    await Bun.write(path, "nothing");
    const empty = extraCertificates({ NODE_EXTRA_CA_CERTS: path });
    expect(empty.ok ? "" : empty.error).toContain("no certificate");
  });
});
