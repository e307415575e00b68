import { afterAll, describe, expect, test } from "bun:test";
import { rootCertificates } from "node:tls";
import { systemClock } from "../../src/host/clock.ts";
import { createEgress, type EgressOptions, exceptionForBlocks, type FetchLimits } from "../../src/host/egress.ts";
import { testCertificate } from "./certificate.ts";
import { FORBIDDEN_IPV4, FORBIDDEN_IPV6, HOSTILE_URLS } from "./hostile-urls.ts";

const PUBLIC_ADDRESS = "93.184.216.34";
const LIMITS: FetchLimits = { maxBytes: 1000, timeoutMs: 3000, mediaTypes: ["image/*"] };
const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47]);
const cleanUp: (() => void)[] = [];
afterAll(() => {
  for (const action of cleanUp) action();
});

function serve(fetch: (request: Request) => Response | Promise<Response>, tls?: { cert: string; key: string }): number {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch,
    ...(tls === undefined ? {} : { tls }),
  });
  cleanUp.push(() => void server.stop(true));
  return server.port ?? 0;
}

function image(headers: Record<string, string> = { "content-type": "image/png" }): Response {
  return new Response(PNG, { headers });
}

/** A guarded client for which every name leads to the loopback server, as an operator's exception allows. */
function lenient(more: Partial<EgressOptions> = {}) {
  return createEgress({
    clock: systemClock,
    resolve: async () => ["127.0.0.1"],
    isException: (address) => address === "127.0.0.1",
    ...more,
  });
}

describe("a hostile URL", () => {
  test("comes in at least 200 kinds", () => expect(new Set(HOSTILE_URLS).size).toBeGreaterThan(400));

  for (const url of HOSTILE_URLS) {
    test(`is refused before anything is connected: ${JSON.stringify(url).slice(0, 90)}`, async () => {
      const egress = createEgress({ clock: systemClock, resolve: async () => [PUBLIC_ADDRESS] });
      const outcome = await egress.fetchGuarded(url, { ...LIMITS, timeoutMs: 400 });
      expect(outcome.ok).toBe(false);
      if (!outcome.ok) expect(["url_invalid", "url_forbidden"]).toContain(outcome.error.code);
    });
  }
});

describe("a harmless name", () => {
  for (const address of [...FORBIDDEN_IPV4, ...FORBIDDEN_IPV6]) {
    test(`that resolves to ${address} is refused, also among public addresses`, async () => {
      for (const addresses of [[address], [PUBLIC_ADDRESS, address], [address, PUBLIC_ADDRESS]]) {
        const egress = createEgress({ clock: systemClock, resolve: async () => addresses });
        const outcome = await egress.fetchGuarded("https://pictures.org/a.png", LIMITS);
        expect(outcome).toMatchObject({ ok: false, error: { code: "url_forbidden" } });
      }
    });
  }

  test("that has no address, or nonsense for one, is refused", async () => {
    for (const [addresses, code] of [
      [[], "url_unresolvable"],
      [["not-an-address"], "url_forbidden"],
    ] as const) {
      const egress = createEgress({ clock: systemClock, resolve: async () => addresses });
      expect(await egress.fetchGuarded("https://pictures.org/", LIMITS)).toMatchObject({ ok: false, error: { code } });
    }
  });

  test("is resolved by the system when nothing else is given", async () => {
    const egress = createEgress({ clock: systemClock });
    const outcome = await egress.fetchGuarded("https://no-such-name.lodestar-test.org.invalid.zz/", LIMITS);
    expect(outcome).toMatchObject({ ok: false, error: { code: "url_unresolvable" } });
  });
});

describe("a guarded fetch", () => {
  test("returns bytes and media type from the very address that was checked", async () => {
    let seen: Record<string, string> = {};
    let path = "";
    const port = serve((request) => {
      seen = Object.fromEntries(request.headers);
      path = new URL(request.url).pathname + new URL(request.url).search;
      return image({ "content-type": "Image/PNG; charset=x", "set-cookie": "a=b" });
    });
    let lookUps = 0;
    const egress = lenient({
      resolve: async () => {
        lookUps += 1;
        return lookUps === 1 ? ["127.0.0.1"] : ["10.0.0.1"];
      },
    });
    const outcome = await egress.fetchGuarded(`http://pictures.org:${port}/a%20b.png?x=1#top`, LIMITS);
    expect(outcome).toEqual({ ok: true, value: { bytes: Buffer.from(PNG), mediaType: "image/png" } });
    expect(lookUps).toBe(1);
    expect(path).toBe("/a%20b.png?x=1");
    expect(seen).toMatchObject({ host: `pictures.org:${port}`, "user-agent": "lodestar", accept: "image/*" });
    for (const name of ["cookie", "authorization", "referer"]) expect(seen[name]).toBeUndefined();
  });

  test("reaches an address in the URL itself if the operator allows its block", async () => {
    const port = serve(() => image());
    const egress = createEgress({ clock: systemClock, isException: exceptionForBlocks(["127.0.0.0/8"]) });
    expect((await egress.fetchGuarded(`http://127.0.0.1:${port}/`, LIMITS)).ok).toBe(true);
    const other = createEgress({ clock: systemClock, isException: exceptionForBlocks(["10.0.0.0/8"]) });
    expect((await other.fetchGuarded(`http://127.0.0.1:${port}/`, LIMITS)).ok).toBe(false);
  });

  test("tries the next checked address when one does not answer", async () => {
    const port = serve(() => image());
    const isException = exceptionForBlocks(["127.0.0.0/8", "::1/128"]);
    const egress = lenient({ resolve: async () => ["::1", "127.0.0.2", "127.0.0.1"], isException });
    expect((await egress.fetchGuarded(`http://pictures.org:${port}/`, LIMITS)).ok).toBe(true);
    const nobody = lenient({ resolve: async () => ["127.0.0.1"] });
    expect(await nobody.fetchGuarded("http://pictures.org:9/", LIMITS)).toMatchObject({
      ok: false,
      error: { code: "url_unreachable" },
    });
  });

  test("does not go through a proxy of the environment", async () => {
    const port = serve(() => image());
    const before = process.env.HTTP_PROXY;
    process.env.HTTP_PROXY = "http://127.0.0.1:9";
    const outcome = await lenient().fetchGuarded(`http://pictures.org:${port}/`, LIMITS);
    if (before === undefined) delete process.env.HTTP_PROXY;
    else process.env.HTTP_PROXY = before;
    expect(outcome.ok).toBe(true);
  });

  const certificate = testCertificate("pictures.org");
  test.if(certificate !== null)(
    "checks the certificate against the name, though it connects to an address (skipped without openssl)",
    async () => {
      if (certificate === null) return;
      const port = serve(() => image(), certificate);
      const egress = lenient({ ca: [certificate.cert] });
      expect((await egress.fetchGuarded(`https://pictures.org:${port}/`, LIMITS)).ok).toBe(true);
      const wrongName = await egress.fetchGuarded(`https://other.org:${port}/`, LIMITS);
      expect(wrongName).toMatchObject({ ok: false, error: { code: "url_unreachable" } });
      expect(await lenient().fetchGuarded(`https://pictures.org:${port}/`, LIMITS)).toMatchObject({ ok: false });
    },
  );
});

describe("authorities", () => {
  const company = testCertificate("company.org");
  test.if(company !== null)(
    "of a company are added to the built-in ones and do not replace them (skipped without openssl)",
    async () => {
      if (company === null) return;
      const seen: unknown[] = [];
      const original = globalThis.fetch;
      globalThis.fetch = Object.assign(
        (input: string | URL | Request, init?: BunFetchRequestInit) => {
          seen.push(init?.tls?.ca);
          return original(input, init);
        },
        { preconnect: original.preconnect },
      );
      await lenient({ ca: [company.cert] }).fetchGuarded("https://pictures.org:9/", LIMITS);
      await lenient().fetchGuarded("https://pictures.org:9/", LIMITS);
      globalThis.fetch = original;
      expect(seen).toEqual([[...rootCertificates, company.cert], undefined]);
    },
  );
});

describe("redirects", () => {
  function redirecting(...locations: string[]): number {
    return serve((request) => {
      const step = Number(new URL(request.url).searchParams.get("step") ?? 0);
      const location = locations[step];
      return location === undefined ? image() : new Response(null, { status: 302, headers: { location } });
    });
  }

  test("are followed up to three, relative ones too", async () => {
    const three = redirecting("/b?step=1", "c?step=2", "?step=3");
    expect((await lenient().fetchGuarded(`http://pictures.org:${three}/`, LIMITS)).ok).toBe(true);
    const four = redirecting("/?step=1", "/?step=2", "/?step=3", "/?step=4");
    expect(await lenient().fetchGuarded(`http://pictures.org:${four}/`, LIMITS)).toMatchObject({
      ok: false,
      error: { code: "url_redirects" },
    });
  });

  for (const location of [
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://metadata.google.internal/",
    "file:///etc/passwd",
    "http://u:p@pictures.org/",
    "http://2130706433/",
    "http://pictures.org:6379/",
  ]) {
    test(`are checked anew: ${location} is refused`, async () => {
      const port = redirecting(location);
      const egress = createEgress({
        clock: systemClock,
        resolve: async () => ["127.0.0.1"],
        isException: (address, seenPort) => address === "127.0.0.1" && seenPort === port,
      });
      const outcome = await egress.fetchGuarded(`http://pictures.org:${port}/`, LIMITS);
      expect(outcome).toMatchObject({ ok: false, error: { code: "url_forbidden" } });
    });
  }

  test("that resolve to something else the second time are refused (DNS rebinding)", async () => {
    const port = redirecting("/?step=1");
    let lookUps = 0;
    const resolve = async () => {
      lookUps += 1;
      return lookUps === 1 ? ["127.0.0.1"] : ["10.0.0.1"];
    };
    expect(await lenient({ resolve }).fetchGuarded(`http://pictures.org:${port}/`, LIMITS)).toMatchObject({
      ok: false,
      error: { code: "url_forbidden" },
    });
  });

  test("to nowhere are refused, and a 304 is not a redirect", async () => {
    const nowhere = redirecting("http://[");
    expect(await lenient().fetchGuarded(`http://pictures.org:${nowhere}/`, LIMITS)).toMatchObject({
      ok: false,
      error: { code: "url_invalid" },
    });
    const unchanged = serve(() => new Response(null, { status: 304 }));
    expect(await lenient().fetchGuarded(`http://pictures.org:${unchanged}/`, LIMITS)).toMatchObject({
      ok: false,
      error: { code: "url_status" },
    });
  });

  const certificate = testCertificate("pictures.org");
  test.if(certificate !== null)("from https to http are not followed (skipped without openssl)", async () => {
    if (certificate === null) return;
    const plain = serve(() => image());
    const port = serve(() => Response.redirect(`http://pictures.org:${plain}/`), certificate);
    const outcome = await lenient({ ca: [certificate.cert] }).fetchGuarded(`https://pictures.org:${port}/`, LIMITS);
    expect(outcome).toMatchObject({ ok: false, error: { code: "url_forbidden" } });
  });
});

describe("what comes back", () => {
  const cases: [string, () => Response, string][] = [
    [
      "an error status",
      () => new Response("no", { status: 404, headers: { "content-type": "image/png" } }),
      "url_status",
    ],
    [
      "part of a file",
      () => new Response("x", { status: 206, headers: { "content-type": "image/png" } }),
      "url_status",
    ],
    ["text", () => new Response("secret"), "url_media_type"],
    ["no media type", () => new Response(PNG), "url_media_type"],
    ["a media type that only starts alike", () => image({ "content-type": "imagex/png" }), "url_media_type"],
    ["a strange media type", () => image({ "content-type": "text/<script>" }), "url_media_type"],
    [
      "more than is said to be wanted",
      () => new Response(new Uint8Array(1001), { headers: { "content-type": "image/png" } }),
      "url_too_large",
    ],
    [
      "more than allowed without a length",
      () =>
        new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(500)) }), {
          headers: { "content-type": "image/png" },
        }),
      "url_too_large",
    ],
    [
      "a bomb that unpacks to more than allowed",
      () =>
        new Response(Bun.gzipSync(new Uint8Array(500_000)), {
          headers: { "content-type": "image/png", "content-encoding": "gzip" },
        }),
      "url_too_large",
    ],
  ];
  for (const [title, answer, code] of cases) {
    test(`is refused when it is ${title}`, async () => {
      const outcome = await lenient().fetchGuarded(`http://pictures.org:${serve(answer)}/`, LIMITS);
      expect(outcome).toMatchObject({ ok: false, error: { code } });
      if (!outcome.ok) expect(outcome.error.message).not.toContain("secret");
    });
  }

  test("is ended by the time-out, before the headers, within the body and while a name is resolved", async () => {
    const silent = serve(() => new Promise<Response>(() => undefined));
    const stalled = serve(
      () =>
        new Response(new ReadableStream({ start: (controller) => controller.enqueue(PNG) }), {
          headers: { "content-type": "image/png" },
        }),
    );
    const limits = { ...LIMITS, timeoutMs: 60 };
    const hung = lenient({ resolve: () => new Promise(() => undefined) });
    const outcomes = await Promise.all([
      lenient().fetchGuarded(`http://pictures.org:${silent}/`, limits),
      lenient().fetchGuarded(`http://pictures.org:${stalled}/`, limits),
      hung.fetchGuarded("http://pictures.org/", limits),
    ]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ ok: false, error: { code: "url_timeout" } });
  });

  test("is no longer fetched once the client has left", async () => {
    const silent = serve(() => new Promise<Response>(() => undefined));
    const controller = new AbortController();
    const fetching = lenient().fetchGuarded(`http://pictures.org:${silent}/`, { ...LIMITS, signal: controller.signal });
    controller.abort();
    expect(await fetching).toMatchObject({ ok: false, error: { code: "client_left" } });
    const before = await lenient().fetchGuarded(`http://pictures.org:${silent}/`, {
      ...LIMITS,
      signal: AbortSignal.abort(),
    });
    expect(before).toMatchObject({ ok: false, error: { code: "client_left" } });
  });
});
