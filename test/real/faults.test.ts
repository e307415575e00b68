import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chatChunks } from "../support/chat-chunks.ts";
import type { Behaviour } from "../support/fake-upstream.ts";
import { type RunningLodestar, stopLodestars } from "./driver.ts";
import { CHAT_DIALECTS, CHAT_WIRES, objectOf, post } from "./http.ts";
import { MODEL, openWorld, type World } from "./world.ts";

const OPENAI = CHAT_WIRES["openai-chat"];

interface FaultCase {
  readonly title: string;
  readonly behaviour: Behaviour;
  readonly status: number;
  /** The stable code of the error's body. */
  readonly code: string;
  readonly kind: string;
  readonly calls: number;
  /** The provider may have read the prompt, and may charge for it. */
  readonly isBilled?: boolean;
}

function refusing(status: number, message: string, headers: Record<string, string> = {}): Behaviour {
  return { kind: "json", status, headers, body: { error: { message } } };
}

const FAULTS: readonly FaultCase[] = [
  {
    title: "a 500",
    behaviour: refusing(500, "boom"),
    status: 502,
    code: "upstream_error",
    kind: "upstream-error",
    calls: 2,
  },
  {
    title: "a 503",
    behaviour: refusing(503, "too busy"),
    status: 503,
    code: "overloaded",
    kind: "overloaded",
    calls: 2,
  },
  {
    title: "a wrong key",
    behaviour: refusing(401, "Incorrect API key provided: sk-lab-secret"),
    status: 502,
    code: "provider_auth_failed",
    kind: "auth",
    calls: 1,
  },
  {
    title: "a refused parameter",
    behaviour: refusing(400, "temperature must be lower"),
    status: 400,
    code: "bad_request",
    kind: "bad-request",
    calls: 1,
  },
  {
    title: "no answer at all",
    behaviour: { kind: "hang" },
    status: 504,
    code: "upstream_timeout",
    kind: "timeout",
    calls: 1,
    isBilled: true,
  },
  {
    title: "a connection cut before the headers",
    behaviour: { kind: "reset" },
    status: 502,
    code: "upstream_unreachable",
    kind: "connect",
    calls: 2,
  },
  {
    title: "a web page instead of JSON",
    behaviour: { kind: "text", body: "<html>502 Bad Gateway</html>" },
    status: 502,
    code: "upstream_garbage",
    kind: "garbage",
    calls: 2,
    isBilled: true,
  },
  {
    title: "JSON that is cut off",
    behaviour: { kind: "text", body: '{"id":"x","choices":[{"mess', type: "application/json" },
    status: 502,
    code: "upstream_garbage",
    kind: "garbage",
    calls: 2,
    isBilled: true,
  },
];

/** Code and message of an error body, which every dialect has in a place of its own. */
function errorOf(dialect: string, body: Awaited<ReturnType<typeof objectOf>>): { code: unknown; message: unknown } {
  if (dialect === "ollama") return { code: body.code, message: body.error };
  const error = body.error as { code?: unknown; message: unknown; details?: { error_code?: unknown } };
  return { code: error.code ?? error.details?.error_code, message: error.message };
}

async function newRows(lodestar: RunningLodestar, before: number) {
  return (await lodestar.rows()).slice(before);
}

describe("a provider that fails before it answers", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld("deadlines: { headers: 300ms }");
  });
  afterAll(async () => {
    await stopLodestars();
    await world.fake.stop();
  });

  for (const fault of FAULTS) {
    for (const dialect of CHAT_DIALECTS) {
      test(`${fault.title} is a ${fault.status} in the envelope of ${dialect}, and every attempt is booked`, async () => {
        // A reload forgets a cooldown that an earlier case has left.
        await post(world.lodestar.adminUrl, "/v1/reload", {}, { headers: await adminHeaders(world.lodestar) });
        const wire = CHAT_WIRES[dialect];
        const before = { rows: (await world.lodestar.rows()).length, calls: world.fake.calls.length };
        world.behave(fault.behaviour);
        const response = await post(world.lodestar.apiUrl, wire.path, wire.request(MODEL, "hello", true, 9));
        const body = await response.text();
        const error = errorOf(dialect, JSON.parse(body));
        expect({ status: response.status, code: error.code }).toEqual({ status: fault.status, code: fault.code });
        expect(String(error.message).length).toBeGreaterThan(5);
        expect(body).not.toContain("sk-lab-secret");
        expect(body).toContain(String(response.headers.get("x-lodestar-request-id")));
        expect(world.fake.calls.length - before.calls).toBeGreaterThanOrEqual(fault.calls);
        const rows = await newRows(world.lodestar, before.rows);
        const hasCost = fault.isBilled === true;
        expect<unknown>(rows.map((row) => [row.state, row.fault?.kind, (row.costNanoUsd ?? 0) > 0])).toEqual(
          Array.from({ length: fault.calls }, () => ["failed", fault.kind, hasCost]),
        );
        if (hasCost) for (const row of rows) expect(row.usageSource).toBe("estimated");
      });
    }
  }

  test("a 429 keeps the provider's pause as retry-after and retry-after-ms, and no x-should-retry", async () => {
    world.behave(refusing(429, "slow down", { "retry-after": "7" }));
    const response = await post(world.lodestar.apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", false, 9));
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("7");
    expect(response.headers.get("retry-after-ms")).toBe("7000");
    expect(response.headers.has("x-should-retry")).toBe(false);
    expect(await objectOf(response)).toMatchObject({ error: { type: "rate_limit_error", code: "rate_limited" } });
  });
});

/** What an admin call of a test needs. */
async function adminHeaders(lodestar: RunningLodestar): Promise<Record<string, string>> {
  const token = await Bun.file(`${lodestar.stateDir}/admin.token`).text();
  return { authorization: `Bearer ${token.trim()}` };
}

describe("a provider that fails in the middle of a stream", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld("deadlines: { firstToken: 400ms, idle: 300ms }");
  });
  afterAll(async () => {
    await stopLodestars();
    await world.fake.stop();
  });

  const words = ["one ", "two ", "three "];
  const begun = chatChunks(words, null).slice(0, 4);
  const breaks: readonly (readonly [string, Behaviour, string])[] = [
    ["it falls silent", { kind: "stream", chunks: begun, everyMs: 5, ending: "hang" }, "timeout"],
    ["the connection is cut", { kind: "stream", chunks: begun, ending: "cut" }, "truncated"],
    ["it ends without its last event", { kind: "stream", chunks: begun, ending: "end" }, "truncated"],
    [
      "an event is no JSON",
      { kind: "stream", everyMs: 20, chunks: [...begun, "data: {nonsense\n\n"], ending: "hang" },
      "garbage",
    ],
    [
      "it reports an error of its own",
      { kind: "stream", everyMs: 20, chunks: [...begun, 'data: {"error":{"message":"the model fell over"}}\n\n'] },
      "upstream-error",
    ],
  ];

  for (const [title, behaviour, kind] of breaks) {
    for (const dialect of CHAT_DIALECTS) {
      test(`${title}: ${dialect} keeps what came, then an error event, and what came is billed`, async () => {
        const wire = CHAT_WIRES[dialect];
        const before = (await world.lodestar.rows()).length;
        world.behave(behaviour);
        const response = await post(world.lodestar.apiUrl, wire.path, wire.request(MODEL, "hello", true, 99));
        const text = await response.text();
        expect(response.status).toBe(200);
        expect(wire.streamText(text)).toBe(words.join(""));
        expect(wire.streamError(text)).not.toBeNull();
        expect(wire.isWhole(text)).toBe(false);
        const rows = await newRows(world.lodestar, before);
        expect(rows).toMatchObject([{ state: "failed", fault: { kind }, usageSource: "estimated" }]);
        expect(rows[0]?.usage.output.text).toBeGreaterThan(0);
        expect(rows[0]?.costNanoUsd).toBeGreaterThan(0);
      });
    }
  }

  test("silence before any content is a 504 while nothing was promised to the client", async () => {
    world.behave({ kind: "stream", chunks: [chatChunks([])[0] ?? ""], ending: "hang" });
    const response = await post(world.lodestar.apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", true, 9));
    expect(response.status).toBe(504);
    expect(await objectOf(response)).toMatchObject({ error: { code: "upstream_timeout" } });
  });
});

describe("a provider that is slow or writes in odd pieces", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld("server: { heartbeat: 100ms }");
  });
  afterAll(async () => {
    await stopLodestars();
    await world.fake.stop();
  });

  const words = ["Grüße ", "aus ", "東京 ", "🚀"];

  for (const dialect of CHAT_DIALECTS) {
    test(`a stream that comes byte by byte reads the same in ${dialect}`, async () => {
      const wire = CHAT_WIRES[dialect];
      world.behave({ kind: "stream", chunks: chatChunks(words), isBytewise: true });
      const response = await post(world.lodestar.apiUrl, wire.path, wire.request(MODEL, "hello", true, 99));
      const text = await response.text();
      expect(wire.streamText(text)).toBe(words.join(""));
      expect(wire.isWhole(text)).toBe(true);
    });

    test(`a slow stream is kept alive in ${dialect} without a change to what is read`, async () => {
      const wire = CHAT_WIRES[dialect];
      world.behave({ kind: "stream", chunks: chatChunks(words), everyMs: 250 });
      const response = await post(world.lodestar.apiUrl, wire.path, wire.request(MODEL, "hello", true, 99));
      const text = await response.text();
      expect(wire.streamText(text)).toBe(words.join(""));
      expect(wire.isWhole(text)).toBe(true);
      const beats = { "openai-chat": /^: ?/m, anthropic: /event: ping/, ollama: /"content":"".*"done":false/ };
      expect(text).toMatch(beats[dialect]);
    });
  }

  test("the counts of a whole stream are the provider's, and the price is exact", async () => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 250, total_tokens: 1_250 };
    world.behave({ kind: "stream", chunks: chatChunks(words, usage), isBytewise: true });
    await (await post(world.lodestar.apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", true, 99))).text();
    expect((await world.lodestar.rows()).at(-1)).toMatchObject({
      state: "final",
      usageSource: "provider",
      usage: { input: { uncached: 1_000 }, output: { text: 250 } },
      costNanoUsd: 2_000_000,
    });
  });
});
