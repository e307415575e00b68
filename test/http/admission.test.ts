import { afterAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import fc from "fast-check";
import { type AdmissionRules, admit } from "../../src/http/admission.ts";

const RULES: AdmissionRules = { boundHost: "127.0.0.1", allowedHosts: [], allowedOrigins: [] };
const OPEN: AdmissionRules = {
  boundHost: "192.168.1.5",
  allowedHosts: ["host.docker.internal", "*.lab.corp"],
  allowedOrigins: ["https://app.example.org", "vscode-webview://*"],
};

function request(headers: Record<string, string>, init: RequestInit = {}): Request {
  return new Request(`http://${headers.host ?? "localhost"}/v1/models`, {
    ...init,
    headers: { host: "localhost", ...headers },
  });
}

function verdict(headers: Record<string, string>, rules = RULES): string {
  const admission = admit(request(headers), rules);
  return admission.kind === "refused" ? `${admission.error.status} ${admission.error.code}` : admission.kind;
}

describe("the Host header", () => {
  const cases: [string, AdmissionRules, string][] = [
    ["localhost", RULES, "admitted"],
    ["localhost:4000", RULES, "admitted"],
    ["LocalHost:4000", RULES, "admitted"],
    ["localhost.:4000", RULES, "admitted"],
    ["api.localhost", RULES, "admitted"],
    ["127.0.0.1:4000", RULES, "admitted"],
    ["127.1.2.3", RULES, "admitted"],
    ["[::1]:4000", RULES, "admitted"],
    ["127.0.0.1:65535", RULES, "admitted"],
    ["evil.com", RULES, "403 host_not_allowed"],
    ["localhost.evil.com", RULES, "403 host_not_allowed"],
    ["127.0.0.1.nip.io", RULES, "403 host_not_allowed"],
    ["notlocalhost", RULES, "403 host_not_allowed"],
    ["192.168.1.5", RULES, "403 host_not_allowed"],
    ["host.docker.internal:4000", RULES, "403 host_not_allowed"],
    ["192.168.1.5:4000", OPEN, "admitted"],
    ["192.168.1.6:4000", OPEN, "403 host_not_allowed"],
    ["host.docker.internal:4000", OPEN, "admitted"],
    ["HOST.docker.internal", OPEN, "admitted"],
    ["a.lab.corp", OPEN, "admitted"],
    ["lab.corp", OPEN, "403 host_not_allowed"],
    ["evillab.corp", OPEN, "403 host_not_allowed"],
    ["10.9.8.7:4000", { ...RULES, boundHost: "0.0.0.0" }, "admitted"],
    ["[fd00::7]:4000", { ...RULES, boundHost: "::" }, "admitted"],
    ["evil.com", { ...RULES, boundHost: "0.0.0.0" }, "403 host_not_allowed"],
    ["anything.com", { ...RULES, allowedHosts: ["*"] }, "admitted"],
    ["[fe80::1]", { ...RULES, boundHost: "fe80::1" }, "admitted"],
  ];
  for (const [host, rules, expected] of cases) {
    test(`${host} on ${rules.boundHost} is ${expected}`, () => expect(verdict({ host }, rules)).toBe(expected));
  }

  for (const host of ["127.0.0.1:99999", "[1:2]:4000", "999.1.1.1"]) {
    test(`${host} makes no URL, and is 400 bad_host`, () => {
      const admission = admit(new Request("http://localhost/v1/models", { headers: { host } }), RULES);
      expect(admission).toMatchObject({ kind: "refused", error: { status: 400, code: "bad_host" } });
    });
  }

  test("that is foreign is refused with the very line to add", () => {
    const admission = admit(request({ host: "my-mac.lan:4000" }), OPEN);
    const message = admission.kind === "refused" ? admission.error.message : "";
    expect(message).toContain('allowedHosts: ["host.docker.internal", "*.lab.corp", "my-mac.lan"]');
    const line = /allowedHosts: (.*)$/.exec(message)?.[1] ?? "";
    expect(verdict({ host: "my-mac.lan:4000" }, { ...OPEN, allowedHosts: JSON.parse(line) })).toBe("admitted");
  });

  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (seen) => {
      const admission = admit(seen, RULES);
      return new Response(admission.kind === "refused" ? admission.error.code : admission.kind);
    },
  });
  afterAll(() => server.stop(true));

  function raw(text: string): Promise<string> {
    return new Promise((resolve) => {
      let answer = "";
      const socket = connect(server.port ?? 0, "127.0.0.1", () => socket.write(text));
      socket.on("data", (chunk) => {
        answer += chunk.toString();
      });
      socket.on("close", () => resolve(answer));
    });
  }

  const malformed = [
    "",
    " ",
    "a b",
    "localhost/evil",
    "localhost?",
    "localhost#x",
    "@localhost",
    "user@localhost",
    "localhost:",
    "localhost:99999999",
    "localhost:4000:1",
    "[::1",
    "::1",
    "local\u00e9",
    "<script>",
    "-x",
    "a\\b",
    "localhost%00",
    `${"a".repeat(300)}.com`,
  ];
  for (const host of malformed) {
    test(`is refused on the wire when it is ${JSON.stringify(host).slice(0, 40)}`, async () => {
      const answer = await raw(`GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 400|bad_host$/);
    });
  }

  test("is refused on the wire when it is missing or comes twice", async () => {
    expect(await raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 400/);
    expect(await raw("GET / HTTP/1.0\r\n\r\n")).toMatch(/bad_host$/);
    expect(await raw("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 400|bad_host$/,
    );
    expect(await raw("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).toEndWith("admitted");
  });

  test("of any kind never makes the decision throw, and a name that is not listed never gets in", () => {
    const hosts = fc.oneof(fc.domain(), fc.string({ unit: "grapheme-ascii" }), fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(hosts, (host) => {
        const seen = new Request("http://localhost/v1", { headers: { host } });
        const isOurs = /^(localhost|.*\.localhost|127\..*|\[.*\])\.?(:\d+)?$/i.test(host.trim());
        expect(isOurs || admit(seen, RULES).kind === "refused").toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the Origin header", () => {
  const cases: [string, string][] = [
    ["http://localhost", "admitted"],
    ["https://localhost", "admitted"],
    ["http://localhost:3000", "403 origin_not_allowed"],
    ["https://evil.com", "403 origin_not_allowed"],
    ["null", "403 origin_not_allowed"],
    ["", "403 origin_not_allowed"],
    ["http://localhost.evil.com", "403 origin_not_allowed"],
    ["vscode-webview://abc", "403 origin_not_allowed"],
  ];
  for (const [origin, expected] of cases) {
    test(`${origin || "that is empty"} is ${expected}`, () => expect(verdict({ origin })).toBe(expected));
  }

  test("that is allowed gets in, by its name or its scheme, and its page may read the answer", () => {
    for (const origin of ["https://app.example.org", "vscode-webview://0a1b2c"]) {
      expect(admit(request({ origin }), OPEN)).toEqual({
        kind: "admitted",
        headers: { "access-control-allow-origin": origin, vary: "Origin", "access-control-expose-headers": "*" },
      });
    }
    expect(verdict({ origin: "https://app.example.org.evil.com" }, OPEN)).toBe("403 origin_not_allowed");
    expect(verdict({ origin: "https://any.org" }, { ...OPEN, allowedOrigins: ["*"] })).toBe("admitted");
  });

  test("that is foreign is refused with the very line to add, and nothing of a malformed one is repeated", () => {
    const admission = admit(request({ origin: "https://mine.org" }), OPEN);
    const message = admission.kind === "refused" ? admission.error.message : "";
    expect(message).toContain('allowedOrigins: ["https://app.example.org", "vscode-webview://*", "https://mine.org"]');
    const odd = admit(request({ origin: 'x"><script>alert(1)</script>' }), OPEN);
    expect(odd.kind === "refused" ? odd.error.message : "").not.toContain("script");
  });

  test("of an allowed page may ask first, and learns what it may send", () => {
    const headers = {
      origin: "https://app.example.org",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization, content-type, x-stainless-os",
      "access-control-request-private-network": "true",
    };
    expect(admit(request(headers, { method: "OPTIONS" }), OPEN)).toEqual({
      kind: "preflight",
      status: 204,
      headers: {
        "access-control-allow-origin": "https://app.example.org",
        vary: "Origin",
        "access-control-allow-methods": "GET, HEAD, POST, DELETE, OPTIONS",
        "access-control-max-age": "600",
        "access-control-allow-headers": "authorization, content-type, x-stainless-os",
        "access-control-allow-private-network": "true",
      },
    });
    expect(admit(request({ ...headers, origin: "https://evil.com" }, { method: "OPTIONS" }), OPEN).kind).toBe(
      "refused",
    );
    const { "access-control-request-method": _, ...plain } = headers;
    expect(admit(request(plain, { method: "OPTIONS" }), OPEN).kind).toBe("admitted");
  });

  test("never allows cookies to travel", () => {
    const admission = admit(request({ origin: "https://any.org" }), { ...OPEN, allowedOrigins: ["*"] });
    expect(JSON.stringify(admission)).not.toContain("credentials");
  });
});

describe("the size of a request's head", () => {
  test("is limited: URL, number of headers, bytes of headers", () => {
    const long = new Request(`http://localhost/${"a".repeat(17_000)}`, { headers: { host: "localhost" } });
    expect(admit(long, RULES)).toMatchObject({ kind: "refused", error: { status: 414, code: "url_too_long" } });
    const many = Object.fromEntries(Array.from({ length: 130 }, (_, index) => [`x-${index}`, "1"]));
    expect(verdict(many)).toBe("431 headers_too_large");
    expect(verdict({ "x-big": "a".repeat(66_000) })).toBe("431 headers_too_large");
    expect(verdict({ "x-big": "a".repeat(60_000) })).toBe("admitted");
  });
});
