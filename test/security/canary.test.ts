import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRedactor } from "../../src/core/redact.ts";
import { systemClock } from "../../src/host/clock.ts";
import { createEgress } from "../../src/host/egress.ts";
import { LOG_NAME, openLogFile } from "../../src/host/log/file.ts";
import { proxyFromEnvironment } from "../../src/host/proxy.ts";
import { ensureAdminToken } from "../../src/host/state.ts";
import { createUpstream } from "../../src/host/upstream/fetch.ts";
import { admit } from "../../src/http/admission.ts";
import { readBody } from "../../src/http/admission-body.ts";
import { temporaryFolder } from "../host/temporary.ts";

/** A secret that has no shape of its own: only what does not repeat its input, or was told of it, keeps it. */
const CANARY = "Kanarienvogel-7f3a";

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request) => {
    const { pathname } = new URL(request.url);
    const location = `https://u:${CANARY}@elsewhere.org/?key=${CANARY}`;
    if (pathname === "/redirect") return new Response(null, { status: 307, headers: { location } });
    return new Response(new Uint8Array([0xff]), { headers: { "content-type": `text/${CANARY}<>` } });
  },
});
afterAll(() => server.stop(true));

async function upstreamWords(url: string): Promise<string> {
  const send = createUpstream({ proxyFor: () => null, ca: [], clock: systemClock });
  const sent = await send({
    url,
    method: "POST",
    headers: { authorization: `Bearer ${CANARY}`, "x-api-key": CANARY, cookie: `s=${CANARY}` },
    body: JSON.stringify({ secret: CANARY }),
    signal: new AbortController().signal,
    deadlines: { connectMs: 1000, headersMs: 2000 },
    isLocal: false,
  });
  return JSON.stringify(sent.ok ? await sent.value.text(100) : sent);
}

async function egressWords(url: string): Promise<string> {
  const egress = createEgress({
    clock: systemClock,
    resolve: async () => ["127.0.0.1"],
    isException: (_, port) => port === server.port,
  });
  return JSON.stringify(await egress.fetchGuarded(url, { maxBytes: 10, timeoutMs: 2000, mediaTypes: ["image/*"] }));
}

async function bodyWords(body: string, headers: Record<string, string> = {}): Promise<string> {
  return JSON.stringify(await readBody(new Request("http://localhost/", { method: "POST", body, headers }), 200));
}

function admissionWords(headers: Record<string, string>): string {
  const request = new Request(`http://localhost/v1?key=${CANARY}`, {
    headers: { host: "localhost", "x-api-key": CANARY, ...headers },
  });
  return JSON.stringify(admit(request, { boundHost: "127.0.0.1", allowedHosts: [], allowedOrigins: [] }));
}

const PATHS: readonly [string, () => string | Promise<string>][] = [
  ["a refused connection", () => upstreamWords(`http://127.0.0.1:9/?key=${CANARY}`)],
  ["an unknown host", () => upstreamWords(`http://u:${CANARY}@no-such-host.invalid/?key=${CANARY}`)],
  ["a base URL that is none", () => upstreamWords(`http://[${CANARY}`)],
  ["a redirect of a provider", () => upstreamWords(`${server.url}redirect?key=${CANARY}`)],
  ["a reply that is no text", () => upstreamWords(`${server.url}?key=${CANARY}`)],
  ["an image URL with credentials", () => egressWords(`https://u:${CANARY}@pictures.org/`)],
  ["an image URL that is forbidden", () => egressWords(`https://localhost/?sig=${CANARY}`)],
  ["an image that is unreachable", () => egressWords(`http://pictures.org/${CANARY}?sig=${CANARY}`)],
  ["an image that redirects", () => egressWords(`http://pictures.org:${server.port}/redirect?sig=${CANARY}`)],
  ["an image of a wrong type", () => egressWords(`http://pictures.org:${server.port}/?sig=${CANARY}`)],
  ["a malformed proxy", () => JSON.stringify(proxyFromEnvironment({ HTTPS_PROXY: `socks5://u:${CANARY}@p:1` }))],
  ["a body that is too large", () => bodyWords(`{"k":"${CANARY.repeat(20)}"}`)],
  ["a body that is no gzip", () => bodyWords(`{"k":"${CANARY}"}`, { "content-encoding": "gzip" })],
  ["a body that is cut off", () => bodyWords(`{"k":"${CANARY}`)],
  ["a foreign Host", () => admissionWords({ host: "evil.com" })],
  ["a foreign Origin", () => admissionWords({ origin: "https://evil.com" })],
];

describe("a secret", () => {
  for (const [title, words] of PATHS) {
    test(`is not in the words for ${title}`, async () => {
      const said = await words();
      expect(said).toMatch(/"ok":false|"kind":"refused"/);
      expect(said).not.toContain(CANARY);
    });
  }

  test("is not in the words for a damaged admin token", () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "admin.token"), CANARY);
    expect(JSON.stringify(ensureAdminToken(folder.path))).not.toContain(CANARY);
  });

  test("never reaches the log once it is registered, however it is logged", async () => {
    using folder = temporaryFolder();
    const redactor = createRedactor();
    redactor.addSecret(CANARY);
    const said: string[] = [];
    mkdirSync(join(folder.path, "logs"));
    const stderr = { isEchoOn: true, write: (line: string) => void said.push(line) };
    const log = openLogFile({
      directory: join(folder.path, "logs"),
      level: "debug",
      maxBytes: 1e6,
      keepFiles: 1,
      redactor,
      clock: systemClock,
      stderr,
    });
    const error = new Error(`401 for ${CANARY}`, { cause: new Error(CANARY) });
    log.write("error", `failed with ${CANARY}`, { error, headers: { authorization: `Bearer ${CANARY}` } });
    log.write("warn", "nested", { body: JSON.stringify({ inner: JSON.stringify({ key: CANARY }) }), [CANARY]: 1 });
    log.write("info", "encoded", { url: `https://u:${CANARY}@h/?q=${encodeURIComponent(CANARY)}`, list: [[CANARY]] });
    log.write("debug", "long", { text: `${"x".repeat(4090)}${CANARY}`.repeat(20) });
    await log.close();
    const all = readFileSync(join(folder.path, "logs", LOG_NAME), "utf8") + said.join("\n");
    expect(all.split("\n").length).toBeGreaterThan(7);
    expect(all).not.toContain(CANARY);
    expect(all).not.toContain(CANARY.slice(0, 10));
  });
});
