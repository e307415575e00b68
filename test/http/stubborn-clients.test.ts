import { afterAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { forStubbornClient } from "../../src/http/stubborn-clients.ts";
import { startFakeUpstream } from "../support/fake-upstream.ts";
import { openTestGateway } from "../support/test-gateway.ts";

const QUOTA = { type: "insufficient_quota", code: "insufficient_quota" };
const WORDS = "You have used 429 of 429 requests, see /docs/rate-limits, or try again in 504 hours.";
const upstream = await startFakeUpstream(({ path }) => {
  if (path.startsWith("/busy"))
    return { kind: "json", status: 429, headers: { "retry-after": "60" }, body: { error: { message: "Slow down." } } };
  const message = path.startsWith("/wordy") ? WORDS : "Nothing left.";
  return { kind: "json", status: 429, body: { error: { ...QUOTA, message } } };
});
const gateway = await openTestGateway(`
providers:
  spent: { dialect: openai-chat, baseUrl: "${upstream.url}/spent/v1", models: [m] }
  first: { dialect: openai-chat, baseUrl: "${upstream.url}/spent/v1", models: [m] }
  wordy: { dialect: openai-chat, baseUrl: "${upstream.url}/wordy/v1", models: [m] }
  last: { dialect: openai-chat, baseUrl: "${upstream.url}/spent/v1", models: [m] }
  slow: { dialect: openai-chat, baseUrl: "${upstream.url}/busy/v1", models: [m] }
  paid: { dialect: openai-chat, baseUrl: "${upstream.url}/paid/v1", models: [m] }
  busy: { dialect: openai-chat, baseUrl: "${upstream.url}/busy/v1", models: [m] }
retries: { attempts: 1 }
chains: { late: [slow/m, last/m] }
prices: { overrides: { paid/m: { input: 500, output: 500 } } }
budgets: [{ scope: provider, name: paid, period: day, limitUsd: 0.000429 }]
`);

afterAll(async () => {
  await gateway.close();
  await upstream.stop();
});

function ask(model: string, headers: Record<string, string>): Promise<Response> {
  const json = { model, messages: [{ role: "user", content: "hi" }] };
  return gateway.fetch("/v1/chat/completions", { json, headers });
}

/** What makes a client ask again although the status is 400, wherever it stands: measured with the version that is named. */
const REPEATED_BY: Readonly<Record<string, RegExp>> = {
  "Aider 0.86 with LiteLLM": /\b429\b|rate[\s_-]*limit|service tier capacity exceeded/i,
  "pi 0.73": /429|50[0234]|rate.?limit|too many requests|overloaded|server.?error|timed? out|timeout|terminated/i,
  "opencode 1.18": /429|50[0234]|524|rate[ _-]limit|too many requests|overloaded|try again (?:later|in\b)|at capacity/i,
};

/** As a person sees a text: what takes no room is not there. */
function seen(text: string): string {
  return text.replaceAll("\u2060", "");
}

function repeatedBy(text: string): readonly string[] {
  return Object.entries(REPEATED_BY).flatMap(([client, words]) => (words.test(text) ? [client] : []));
}

describe("an account with nothing left", () => {
  const stubborn: readonly Record<string, string>[] = [
    { "user-agent": "opencode/1.18.33 ai-sdk/provider-utils/4.0.23 runtime/bun/1.4.5" },
    { "user-agent": "QwenCode/0.24.4 (linux; x64)" },
    { "user-agent": "ai/6.0.0 ai-sdk/provider-utils/4.0.23" },
    { "user-agent": "OpenAI/Python 2.20.0", "x-lodestar-client": "aider" },
    { "user-agent": "OpenAI/JS 6.26.0", "x-lodestar-client": "pi" },
  ];
  for (const headers of stubborn) {
    test(`is a 400 for a client that repeats any 429: ${Object.values(headers).join(", ")}`, async () => {
      const response = await ask("spent/m", headers);
      expect(response.status).toBe(400);
      expect(response.headers.get("x-should-retry")).toBe("false");
      expect(await response.json()).toMatchObject({ error: { type: "insufficient_quota" } });
    });
  }

  for (const agent of ["OpenAI/Python 2.20.0", "codex_exec/0.169.0", "claude-cli/2.1.330 (external, cli)", "curl/8"]) {
    test(`stays a 429 for one that heeds x-should-retry: ${agent}`, async () => {
      expect((await ask("spent/m", { "user-agent": agent })).status).toBe(429);
    });
  }
});

describe("the words of a refusal for good", () => {
  const refusals: readonly (readonly [string, string, string])[] = [
    ["a provider's status", "first/m", "first answered 429: Nothing left."],
    ["a provider's own words", "wordy/m", `wordy answered 429: ${WORDS}`],
    ["what else was tried", "late", "Tried in this order: slow/m (rate-limited), last/m (quota-exhausted)."],
    ["a budget's amounts", "paid/m", "of $0.000429 is spent today"],
  ];
  for (const [what, model, words] of refusals) {
    test(`make no agent ask again by ${what}, and read the same`, async () => {
      const response = await ask(model, { "user-agent": "OpenAI/JS 6.26.0", "x-lodestar-client": "pi" });
      expect(response.status).toBe(400);
      const text = await response.text();
      expect(repeatedBy(text)).toEqual([]);
      expect(seen(JSON.parse(text).error.message)).toContain(words);
    });
  }

  test("stay as they are for a client that goes by the status", async () => {
    const { error } = (await (await ask("paid/m", { "user-agent": "curl/8" })).json()) as {
      error: { message: string };
    };
    expect(error.message).toContain("$0.000429");
    expect(error.message).toBe(seen(error.message));
  });

  function refused(body: unknown): Promise<Response> {
    const headers = { "x-lodestar-client": "opencode" };
    const response = Response.json(body, { status: 429, headers: { "x-should-retry": "false" } });
    return forStubbornClient(new Request("http://127.0.0.1/v1/chat/completions", { headers }), response);
  }

  test("lose none of their characters, whatever they are, and no agent's word is left in them", async () => {
    const pieces = fc.constantFrom("429", "50", "0", "4", "2", "9", "rate", " ", "-", "limit", "Overloaded", "é", "\n");
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 12 }), async (words) => {
        const message = words.join("");
        const told = (await (await refused({ error: { message } })).json()) as { error: { message: string } };
        expect(seen(told.error.message)).toBe(message);
        expect(repeatedBy(told.error.message)).toEqual([]);
      }),
    );
  });

  test("in Ollama's envelope too; an id or a time that holds one by chance is left out, what tells errors apart stays", async () => {
    const error = { message: "no", type: "rate_limit_error", code: "x_429", resets_at: 1_795_004_290 };
    expect(await (await refused({ error, request_id: "req_a500b" })).json()).toEqual({
      error: { message: "no", type: "rate_limit_error", code: "x_429" },
    });
    const kept = { error: "no", type: "insufficient_quota", request_id: "req_ab", resets_at: 1_795_132_800 };
    expect(await (await refused(kept)).json()).toEqual(kept);
    expect(seen(await (await refused({ error: "429" })).text())).toBe('{"error":"429"}');
  });

  test("a body that is no object goes out as it came", async () => {
    expect(await (await refused("429")).text()).toBe('"429"');
  });
});

describe("an account that is only busy", () => {
  test("is a 429 with the time to wait for a stubborn client too", async () => {
    const response = await ask("busy/m", { "user-agent": "opencode/1.18.33" });
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("60");
  });
});
