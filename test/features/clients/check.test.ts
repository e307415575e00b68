import { describe, expect, test } from "bun:test";
import { failure, success } from "../../../src/core/result.ts";
import { checkDialect, type Send } from "../../../src/features/clients/check.ts";
import type { ClientDialect } from "../../../src/features/clients/client.ts";
import { CLIENTS } from "../../../src/features/clients/clients.ts";
import { EXIT_CODES } from "../../../src/terminal/exit-code.ts";
import { failureProblem } from "../../../src/terminal/problem.ts";
import { createWorld } from "../../support/world.ts";

const world = createWorld();

const REPLY = {
  id: "c1",
  object: "chat.completion",
  created: 1,
  model: "one",
  choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
};

/** A gateway over a provider that answers, and how a check reaches it. */
async function open(status = 200): Promise<Send> {
  const body = status === 200 ? REPLY : { error: { message: "no such key", type: "authentication_error" } };
  const upstream = await world.fake(() => ({ kind: "json", body, status }));
  const gateway = await world.duo(upstream.url, upstream.url);
  return async (path, init) => success(await gateway.fetch(path, init));
}

/** A reply as each dialect gives it, without a gateway. */
function answering(reply: unknown, status = 200, headers: Record<string, string> = {}): Send {
  return async () =>
    success(new Response(typeof reply === "string" ? reply : JSON.stringify(reply), { status, headers }));
}

describe("one real request", () => {
  test.each(
    [...new Set(CLIENTS.map(({ dialect }) => dialect))].filter(
      (name) => name === "openai-chat" || name === "anthropic",
    ),
  )("in the %s dialect goes through the gateway and comes back with its cost", async (dialect) => {
    const report = await checkDialect(dialect, "first/one", await open());
    if (!report.ok) throw new Error(report.error.message);
    expect(report.value).toMatchObject({
      answeredBy: "first/one",
      requestedModel: "first/one",
      text: "ok",
      costUsd: 0.000006,
    });
    expect(report.value.requestId).toStartWith("req_");
  });

  test.each<[ClientDialect, unknown, string, number | null]>([
    ["openai-chat", { choices: [{ message: { content: null } }], usage: { cost: 0 } }, "", 0],
    [
      "openai-responses",
      { output: [{ type: "reasoning" }, { content: [{ type: "output_text", text: " ok " }] }], usage: { cost: 0.5 } },
      "ok",
      0.5,
    ],
    ["anthropic", { content: [{ type: "thinking" }, { type: "text", text: "ok" }], usage: { cost: null } }, "ok", null],
    [
      "gemini",
      { candidates: [{ content: { parts: [{ text: "o" }, { text: "k" }] } }], usageMetadata: { cost: 1 } },
      "ok",
      1,
    ],
    ["gemini", { candidates: [{ finishReason: "MAX_TOKENS" }] }, "", null],
  ])("of %s reads %j", async (dialect, reply, text, costUsd) => {
    const report = await checkDialect(dialect, "auto", answering(reply));
    expect(report).toMatchObject({ ok: true, value: { dialect, text, costUsd, answeredBy: null, requestId: null } });
  });

  test.each<[ClientDialect, string]>([
    ["openai-chat", "/v1/chat/completions"],
    ["openai-responses", "/v1/responses"],
    ["anthropic", "/v1/messages"],
    ["gemini", "/v1beta/models/auto:generateContent"],
  ])("of %s posts to %s and stays small", async (dialect, path) => {
    const seen: [string, RequestInit][] = [];
    await checkDialect(dialect, "auto", async (at, init) => {
      seen.push([at, init]);
      return success(Response.json({}));
    });
    expect(seen.map(([at, init]) => [at, init.method])).toEqual([[path, "POST"]]);
    expect(String(seen[0]?.[1].body).length).toBeLessThan(300);
  });
});

describe("a check that fails", () => {
  test("at the provider tells its words and the upstream's exit code", async () => {
    const report = await checkDialect("openai-chat", "first/one", await open(401));
    if (report.ok) throw new Error("it passed");
    expect(report.error.code).toBe("client_check_failed");
    expect(report.error.message).toContain("/v1/chat/completions answered 502: ");
    expect(report.error.exitCode).toBe(EXIT_CODES.upstream);
  });

  test.each<[string, unknown, number, number, string]>([
    ["a key that is missing", { error: { message: "send a key" } }, 401, 4, "send a key"],
    ["a spent budget", { error: { message: "spent" } }, 429, 5, "spent"],
    ["an unknown model", { error: "no such model" }, 404, 1, "no such model"],
    ["a page of another server", "<html>", 500, 6, "the answer says nothing more"],
  ])("with %s says so", async (_what, reply, status, exitCode, words) => {
    const report = await checkDialect("anthropic", "auto", answering(reply, status));
    expect(report).toMatchObject({ ok: false, error: { exitCode } });
    expect(!report.ok && report.error.message).toContain(words);
  });

  test.each<[ClientDialect, unknown]>([
    ["openai-chat", { choices: [] }],
    ["openai-responses", "Ollama is running"],
    ["anthropic", { completion: "ok" }],
    ["gemini", { candidates: [] }],
  ])("of %s is told from an answer: %j is none", async (dialect, reply) => {
    const report = await checkDialect(dialect, "auto", answering(reply));
    expect(report).toMatchObject({ ok: false, error: { code: "client_check_not_lodestar" } });
  });

  test("without a daemon is the daemon's problem", async () => {
    const problem = failureProblem("daemon_not_running", "no daemon");
    expect(await checkDialect("gemini", "auto", async () => failure(problem))).toEqual({ ok: false, error: problem });
  });
});
