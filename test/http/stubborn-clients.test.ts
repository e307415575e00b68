import { afterAll, describe, expect, test } from "bun:test";
import { startFakeUpstream } from "../support/fake-upstream.ts";
import { openTestGateway } from "../support/test-gateway.ts";

const QUOTA = { message: "Nothing left.", type: "insufficient_quota", code: "insufficient_quota" };
const upstream = await startFakeUpstream(({ path }) =>
  path.startsWith("/busy")
    ? { kind: "json", status: 429, headers: { "retry-after": "60" }, body: { error: { message: "Slow down." } } }
    : { kind: "json", status: 429, body: { error: QUOTA } },
);
const gateway = await openTestGateway(`
providers:
  spent: { dialect: openai-chat, baseUrl: "${upstream.url}/spent/v1", models: [m] }
  busy: { dialect: openai-chat, baseUrl: "${upstream.url}/busy/v1", models: [m] }
retries: { attempts: 1 }
`);

afterAll(async () => {
  await gateway.close();
  await upstream.stop();
});

function ask(model: string, headers: Record<string, string>): Promise<Response> {
  const json = { model, messages: [{ role: "user", content: "hi" }] };
  return gateway.fetch("/v1/chat/completions", { json, headers });
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

describe("an account that is only busy", () => {
  test("is a 429 with the time to wait for a stubborn client too", async () => {
    const response = await ask("busy/m", { "user-agent": "opencode/1.18.33" });
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("60");
  });
});
