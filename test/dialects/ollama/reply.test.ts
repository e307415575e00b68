import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import type { Reply } from "../../../src/core/reply.ts";
import { ollama, ollamaGenerate } from "../../../src/dialects/ollama/dialect.ts";
import { COST, captured, STAMP } from "./sample.ts";

function decode(body: JsonObject): Reply {
  const result = ollama.decodeReply(body);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const CAPTURES = captured("replies").map((line) => JSON.parse(line) as JsonObject);

describe("whole replies", () => {
  test.each(CAPTURES.map((body) => [JSON.stringify(body).slice(0, 120), body] as const))(
    "encoding what was decoded gives the real reply back: %s",
    (_, body) => {
      const dialect = "response" in body ? ollamaGenerate : ollama;
      const { cost, cost_details, cost_saved, usage_source, ...rest } = dialect.encodeReply(decode(body), STAMP, COST);
      expect(rest).toEqual({ ...body, model: "coder" });
      expect([cost, cost_saved, usage_source]).toEqual([0.0015, null, "provider"]);
      expect(cost_details).toMatchObject({ request_id: "req_1" });
    },
  );

  test("reads counts, the time and the reason", () => {
    expect(decode(CAPTURES[1] ?? {})).toMatchObject({
      id: "ollama-20261122181853254348391",
      model: "smollm2:135m",
      createdAtSeconds: 1795371533,
      finish: { unified: "length", raw: "length" },
      usage: { input: { uncached: 15, cacheRead: 0 }, output: { text: 8 } },
    });
  });

  test("a call that only loads or unloads the model has used nothing", () => {
    for (const body of CAPTURES.slice(2, 4)) {
      expect(decode(body).usage).toMatchObject({ input: { uncached: 0 }, output: { text: 0 } });
    }
  });

  test("an answer without any count has an unknown usage, one with one count has 0 for the other", () => {
    const body = { model: "m", message: { content: "x" }, done: true, done_reason: "stop" };
    expect(decode(body).usage).toBeUndefined();
    expect(decode({ ...body, eval_count: 4 }).usage).toMatchObject({ input: { uncached: 0 }, output: { text: 4 } });
  });

  test("thinking, text and tool calls survive the way there and back", () => {
    const message = {
      role: "assistant",
      content: "so",
      thinking: "hm",
      tool_calls: [{ id: "call_9", function: { index: 0, name: "add", arguments: { a: [1, null] } } }],
    };
    const body = {
      model: "coder",
      created_at: "2026-11-22T18:18:52Z",
      message,
      done: true,
      done_reason: "stop",
      eval_count: 1,
    };
    const reply = decode(body);
    expect(reply.finish.unified).toBe("tool-calls");
    expect(ollama.encodeReply(reply, STAMP, COST)).toMatchObject(body);
  });

  test("an answer of another provider is written with its time, counts and durations of 0", () => {
    const reply: Reply = {
      id: "x",
      model: "gpt",
      createdAtSeconds: 0,
      parts: [
        { type: "refusal", text: "no" },
        { type: "reasoning", text: "", encrypted: "zzz" },
        { type: "tool-call", id: "a", name: "f", arguments: "" },
      ],
      finish: { unified: "content-filter", raw: "content_filter" },
    };
    expect(ollama.encodeReply(reply, STAMP, COST)).toMatchObject({
      model: "coder",
      created_at: "1970-01-01T00:00:00.000Z",
      message: { role: "assistant", content: "no", tool_calls: [{ id: "a", function: { name: "f", arguments: {} } }] },
      done: true,
      done_reason: "content_filter",
      total_duration: 0,
    });
  });

  test.each([
    [[], "garbage"],
    ["text", "garbage"],
    [{ model: "m" }, "garbage"],
    [{ message: { content: "x" }, done: false }, "truncated"],
    [{ error: "model 'x' not found" }, "model-not-found"],
    [{ error: { odd: 1 } }, "upstream-error"],
  ] as const)("%p is a fault of kind %s", (body, kind) => {
    const result = ollama.decodeReply(JSON.parse(JSON.stringify(body)));
    expect(result.ok ? "ok" : result.error.kind).toBe(kind);
  });

  test("stamping keeps a reply as it came but for the name and the cost, and adds counts only where there are none", () => {
    const usage = { ...decode(CAPTURES[0] ?? {}).usage, output: { text: 99, reasoning: 1 } } as NonNullable<
      Reply["usage"]
    >;
    const stamped = ollama.stampReply(CAPTURES[0] ?? {}, STAMP, usage, COST);
    expect(stamped).toMatchObject({ ...CAPTURES[0], model: "coder", cost: 0.0015 });
    expect(ollama.stampReply({ message: {} }, STAMP, usage, COST)).toMatchObject({
      prompt_eval_count: 13,
      eval_count: 100,
    });
  });
});
