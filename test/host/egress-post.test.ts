import { afterEach, describe, expect, test } from "bun:test";
import { systemClock } from "../../src/host/clock.ts";
import { createPoster } from "../../src/host/egress-post.ts";

const servers: Bun.Server<undefined>[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true);
});

function receiver(answer: (request: Request) => Response | Promise<Response>): string {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
  servers.push(server);
  return `http://127.0.0.1:${server.port}`;
}

const post = createPoster({ clock: systemClock, resolve: async () => ["127.0.0.1"] });
const PLAIN = { headers: {}, timeoutMs: 5_000 };

describe("a post to a URL of the configuration", () => {
  test("brings the body and headers, and tells the status", async () => {
    let seen: unknown = null;
    const url = receiver(async (request) => {
      seen = { method: request.method, path: new URL(request.url).pathname, id: request.headers.get("webhook-id") };
      expect(await request.json()).toEqual({ a: 1 });
      expect(request.headers.get("content-type")).toBe("application/json");
      return new Response(null, { status: 202 });
    });
    const answer = await post(`${url}/hook?x=1`, '{"a":1}', { ...PLAIN, headers: { "webhook-id": "evt_1" } });
    expect(answer).toEqual({ ok: true, value: { status: 202 } });
    expect(seen).toEqual({ method: "POST", path: "/hook", id: "evt_1" });
  });

  test("follows no redirect: what is signed for one receiver goes to no other", async () => {
    let followed = 0;
    const other = receiver(() => {
      followed += 1;
      return new Response();
    });
    const url = receiver(() => Response.redirect(other, 307));
    expect(await post(url, "{}", PLAIN)).toEqual({ ok: true, value: { status: 307 } });
    expect(followed).toBe(0);
  });

  test("may go to the own network where the user wrote so, by address or by a name of it", async () => {
    const { port } = new URL(receiver(() => new Response()));
    for (const host of ["127.0.0.1", "localhost", "nas", "ntfy.lan", "hooks.home.arpa", "alerts.internal"]) {
      expect(await post(`http://${host}:${port}/`, "{}", PLAIN)).toEqual({ ok: true, value: { status: 200 } });
    }
  });

  test.each(["hooks.example.org", "127.0.0.1.nip.io", "localtest.me", "evil.localhost.example.com"])(
    "goes nowhere private under the public name %s",
    async (host) => {
      const { port } = new URL(receiver(() => new Response()));
      expect(await post(`http://${host}:${port}/`, "{}", PLAIN)).toMatchObject({ error: { code: "url_forbidden" } });
    },
  );

  test.each(["169.254.169.254", "metadata", "168.63.129.16"])("never goes to cloud metadata: %s", async (host) => {
    const posting = createPoster({ clock: systemClock, resolve: async () => ["169.254.169.254"] });
    expect(await posting(`http://${host}/`, "{}", PLAIN)).toMatchObject({ error: { code: "url_forbidden" } });
  });

  test("that gets no answer fails in words: too late, stopped, nobody there, no address", async () => {
    const url = receiver(() => new Promise<Response>(() => undefined));
    const late = await post(url, "{}", { headers: {}, timeoutMs: 20 });
    expect(late).toMatchObject({ error: { code: "url_timeout" } });
    const stopping = new AbortController();
    const stopped = post(url, "{}", { ...PLAIN, signal: stopping.signal });
    stopping.abort();
    expect(await stopped).toMatchObject({ error: { code: "client_left" } });
    expect(await post(url, "{}", { ...PLAIN, signal: AbortSignal.abort() })).toMatchObject({
      error: { code: "client_left" },
    });
    const { port } = new URL(receiver(() => new Response()));
    await servers.at(-1)?.stop(true);
    expect(await post(`http://127.0.0.1:${port}/`, "{}", PLAIN)).toMatchObject({ error: { code: "url_unreachable" } });
    const lost = createPoster({ clock: systemClock, resolve: async () => [] });
    expect(await lost("https://nowhere.example.org/", "{}", PLAIN)).toMatchObject({
      error: { code: "url_unresolvable" },
    });
    expect(await post("not a url", "{}", PLAIN)).toMatchObject({ error: { code: "url_invalid" } });
  });
});
