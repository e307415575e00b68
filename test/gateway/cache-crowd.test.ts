import { describe, expect, test } from "bun:test";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import type { Behaviour } from "../support/fake-upstream.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, duo } = createWorld();

const ASK = { model: "first/one", temperature: 0, messages: [{ role: "user", content: "what is a waist?" }] };

function ask(gateway: TestGateway, stream: boolean, init: RequestInit = {}): Promise<Response> {
  return gateway.fetch("/v1/chat/completions", { ...init, json: { ...ASK, stream } });
}

/** A stream that takes its time before it begins. */
const SLOW: Behaviour = { kind: "stream", chunks: chatChunks(["one", " answer"]), headersAfterMs: 60 };

describe("identical requests in flight", () => {
  test("ask once, streamed and whole alike", async () => {
    const upstream = await fake(() => SLOW);
    const gateway = await duo(upstream.url, upstream.url);
    const crowd = Array.from({ length: 12 }, (_, index) => ask(gateway, index % 2 === 0));
    const answers = await Promise.all(crowd.map(async (one) => (await one).text()));
    expect(upstream.calls).toHaveLength(1);
    expect(answers.filter((text) => text.includes("answer"))).toHaveLength(12);
    const states = (await gateway.rows()).map(({ state }): string => state);
    expect(states.toSorted()).toEqual(["final", ...Array.from({ length: 11 }, () => "hit")]);
  });

  test("are told that they waited", async () => {
    const upstream = await fake(() => SLOW);
    const gateway = await duo(upstream.url, upstream.url);
    const first = ask(gateway, true).then((response) => response.text());
    const second = await ask(gateway, false);
    await first;
    expect(second.headers.get("x-lodestar-cache")).toBe("hit; age=0; reason=in-flight");
  });

  test("each get a try of their own when the first one fails", async () => {
    const upstream = await fake((_, index) =>
      index === 0
        ? { kind: "json", status: 400, body: { error: { message: "no" } } }
        : { kind: "json", body: chatReply("yes") },
    );
    const gateway = await duo(upstream.url, upstream.url);
    const statuses = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const response = await ask(gateway, false);
        await response.text();
        return response.status;
      }),
    );
    expect(statuses.toSorted()).toEqual([200, 200, 200, 400]);
  });

  test("go on with another one in front when the first one's client leaves", async () => {
    const upstream = await fake((_, index) =>
      index === 0
        ? { kind: "stream", chunks: chatChunks(["never"]).slice(0, 2), ending: "hang" }
        : {
            kind: "stream",
            type: "application/json",
            chunks: [JSON.stringify(chatReply("whole"))],
            headersAfterMs: 30,
          },
    );
    const gateway = await duo(upstream.url, upstream.url);
    const leaving = new AbortController();
    const first = await ask(gateway, true, { signal: leaving.signal });
    const others = Array.from({ length: 5 }, async () => (await ask(gateway, false)).text());
    await first.body?.getReader().cancel();
    leaving.abort();
    for (const text of await Promise.all(others)) expect(text).toContain("whole");
    expect(upstream.calls).toHaveLength(2);
  });

  test("wait no longer than a model may be silent, and who comes later does not wait at all", async () => {
    const upstream = await fake((call, index) =>
      index === 0
        ? { kind: "stream", chunks: chatChunks(["never"]).slice(0, 2), ending: "hang" }
        : JSON.parse(call.body).stream === true
          ? SLOW
          : { kind: "json", body: chatReply("whole") },
    );
    const gateway = await duo(upstream.url, upstream.url, "deadlines: { firstToken: 100ms }");
    const stuck = await ask(gateway, true);
    const second = await ask(gateway, false);
    expect([second.headers.get("x-lodestar-cache"), upstream.calls.length]).toEqual(["stored", 2]);
    expect((await ask(gateway, false)).headers.get("x-lodestar-cache")).toMatch(/^hit/);
    await stuck.body?.cancel();
  });

  test("let one go whose own client leaves, and the others have their answer", async () => {
    const upstream = await fake(() => SLOW);
    const gateway = await duo(upstream.url, upstream.url);
    const leaving = new AbortController();
    const first = ask(gateway, true);
    await upstream.seen(1);
    const left = ask(gateway, false, { signal: leaving.signal });
    const staying = ask(gateway, false);
    leaving.abort();
    expect((await left).status).toBe(499);
    await (await first).text();
    expect(await (await staying).text()).toContain("answer");
    expect(upstream.calls).toHaveLength(1);
  });
});
