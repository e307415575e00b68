import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import type { CostStamp } from "../../../src/core/stamp.ts";
import { ollama, ollamaGenerate } from "../../../src/dialects/ollama/dialect.ts";
import { COST, captured, decodeLines, STAMP } from "./sample.ts";

function encode(parts: readonly StreamPart[], dialect = ollama, cost: CostStamp = COST): readonly JsonObject[] {
  let state = dialect.encoder.initial(STAMP);
  const lines: JsonObject[] = [];
  for (const part of parts) {
    const [next, events] = dialect.encoder.step(state, part, part.type === "finish" ? cost : undefined);
    state = next;
    lines.push(...events.map(({ data }) => JSON.parse(data) as JsonObject));
  }
  return lines;
}

function textOf(parts: readonly StreamPart[], type: "text-delta" | "reasoning-delta" = "text-delta"): string {
  return parts.map((part) => (part.type === type ? part.text : "")).join("");
}

const TOOL_LINE = {
  model: "m",
  created_at: "2026-11-22T18:18:52.170402965Z",
  message: {
    role: "assistant",
    content: "",
    tool_calls: [
      { function: { name: "add", arguments: { a: 1 } } },
      { id: "call_x", function: { index: 1, name: "now", arguments: {} } },
    ],
  },
  done: false,
};
const DONE_LINE = {
  model: "m",
  created_at: "2026-11-22T18:18:53Z",
  message: { role: "assistant", content: "" },
  done: true,
  done_reason: "stop",
  prompt_eval_count: 5,
  eval_count: 7,
};

describe("decoding a stream of lines", () => {
  test.each(["chat-stream", "generate-stream"])("reads the real capture %s", (name) => {
    const parts = decodeLines(captured(name));
    expect(parts[0]).toMatchObject({ type: "start", model: "smollm2:135m", createdAtSeconds: 1795371532 });
    expect(textOf(parts)).toBe("The capital of France is Paris.");
    expect(parts.filter(({ type }) => type === "text-start" || type === "text-end")).toHaveLength(2);
    expect(parts.at(-1)).toMatchObject({
      type: "finish",
      finish: { unified: "stop", raw: "stop" },
      usage: { input: { uncached: name === "chat-stream" ? 13 : 20 }, output: { text: 8, reasoning: 0 } },
    });
  });

  test("ends in a fault when the runner was killed in the middle", () => {
    const parts = decodeLines(captured("runner-killed"));
    expect(parts.at(-1)).toMatchObject({ type: "error", fault: { kind: "truncated" } });
    expect(parts.filter(({ type }) => type === "finish" || type === "error")).toHaveLength(1);
  });

  test("ends in one fault of kind truncated wherever a stream is cut", () => {
    const lines = captured("chat-stream");
    for (const kept of lines.keys()) {
      const parts = decodeLines(lines.slice(0, kept));
      expect(parts.at(-1)).toMatchObject({ type: "error", fault: { kind: "truncated" } });
    }
  });

  test("takes a tool call for the reason it stopped, though Ollama says stop, and mints the id it lacks", () => {
    const parts = decodeLines([TOOL_LINE, DONE_LINE]);
    expect(parts.slice(1)).toEqual([
      { type: "tool-call-start", block: 0, id: "ollama_call_20261122181852170402_0", name: "add" },
      { type: "tool-call-delta", block: 0, arguments: '{"a":1}' },
      { type: "tool-call-end", block: 0 },
      { type: "tool-call-start", block: 1, id: "call_x", name: "now" },
      { type: "tool-call-delta", block: 1, arguments: "{}" },
      { type: "tool-call-end", block: 1 },
      expect.objectContaining({ type: "finish", finish: { unified: "tool-calls", raw: "stop" } }),
    ]);
  });

  test("mints different ids for calls in different lines of one answer", () => {
    const ids = decodeLines([TOOL_LINE, TOOL_LINE, DONE_LINE]).flatMap((part) =>
      part.type === "tool-call-start" && part.id.startsWith("ollama") ? [part.id] : [],
    );
    expect(new Set(ids).size).toBe(2);
  });

  test("keeps thinking, text and calls apart as blocks, also in one line", () => {
    const line = { message: { thinking: "hm", content: "yes", tool_calls: TOOL_LINE.message.tool_calls }, done: false };
    const parts = decodeLines([{ message: { thinking: "a" } }, line, { message: { content: "!" } }, DONE_LINE]);
    expect(parts.map((part) => ("block" in part ? `${part.type} ${part.block}` : part.type))).toEqual([
      "start",
      "reasoning-start 0",
      "reasoning-delta 0",
      "reasoning-delta 0",
      "reasoning-end 0",
      "text-start 1",
      "text-delta 1",
      "text-end 1",
      "tool-call-start 2",
      "tool-call-delta 2",
      "tool-call-end 2",
      "tool-call-start 3",
      "tool-call-delta 3",
      "tool-call-end 3",
      "text-start 4",
      "text-delta 4",
      "text-end 4",
      "finish",
    ]);
  });

  test.each([["not json"], ["[1]"], ["null"]])("calls the line %p garbage and reads no further", (line) => {
    const parts = decodeLines([line, DONE_LINE]);
    expect(parts).toHaveLength(1);
    expect(parts[0]).toMatchObject({ type: "error", fault: { kind: "garbage" } });
  });

  test("says nothing after the last line, and nothing about empty lines before it", () => {
    const empty = { model: "m", message: { role: "assistant", content: "" }, done: false };
    const parts = decodeLines([empty, empty, DONE_LINE, TOOL_LINE]);
    expect(parts.map(({ type }) => type)).toEqual(["start", "finish"]);
  });

  test.each([
    ["length", "length"],
    ["load", "other"],
    ["unload", "other"],
    ["something new", "other"],
  ] as const)("reads done_reason %s as %s", (raw, unified) => {
    expect(decodeLines([{ ...DONE_LINE, done_reason: raw }]).at(-1)).toMatchObject({ finish: { unified, raw } });
  });
});

describe("encoding a stream of lines", () => {
  const finish: StreamPart = {
    type: "finish",
    finish: { unified: "tool-calls", raw: "tool_use" },
    usage: {
      input: { uncached: 10, cacheRead: 5, cacheWrite5m: 1, cacheWrite1h: 0 },
      output: { text: 3, reasoning: 4 },
      raw: { input_tokens: 10 },
    },
  };

  test("gives the last line its counts, durations of 0 and the cost at its top level", () => {
    const [last] = encode([finish]);
    expect(last).toEqual({
      model: "coder",
      created_at: "2026-11-22T18:00:00.000Z",
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: "stop",
      total_duration: 0,
      load_duration: 0,
      prompt_eval_duration: 0,
      eval_duration: 0,
      prompt_eval_count: 16,
      eval_count: 7,
      cost: 0.0015,
      cost_details: {
        input: 0.0005,
        output: 0.001,
        reason: null,
        price_id: "p1",
        model: "anthropic/claude",
        request_id: "req_1",
      },
      cost_saved: null,
      usage_source: "provider",
    });
  });

  test("gathers the pieces of interleaved tool calls into whole ones before the last line", () => {
    const lines = encode([
      { type: "tool-call-start", block: 0, id: "toolu_1", name: "a" },
      { type: "tool-call-start", block: 1, id: "toolu_2", name: "b" },
      { type: "tool-call-delta", block: 1, arguments: '{"y":' },
      { type: "tool-call-delta", block: 0, arguments: "{}" },
      { type: "tool-call-delta", block: 1, arguments: "[1]}" },
      { type: "tool-call-end", block: 1 },
      finish,
    ]);
    expect(lines.slice(0, 2).map((line) => (line.message as JsonObject).tool_calls)).toEqual([
      [{ id: "toolu_2", function: { index: 0, name: "b", arguments: { y: [1] } } }],
      [{ id: "toolu_1", function: { index: 1, name: "a", arguments: {} } }],
    ]);
    expect(lines.map((line) => line.done)).toEqual([false, false, true]);
  });

  test("keeps arguments that are no JSON object", () => {
    const [line] = encode([
      { type: "tool-call-start", block: 0, id: "x", name: "a" },
      { type: "tool-call-delta", block: 0, arguments: '{"cut' },
      { type: "tool-call-end", block: 0 },
    ]);
    expect(line).toMatchObject({ message: { tool_calls: [{ function: { arguments: { raw_arguments: '{"cut' } } }] } });
  });

  test("writes thinking, text and refusals, each in its member", () => {
    const lines = encode([
      { type: "reasoning-delta", block: 0, text: "hm" },
      { type: "text-delta", block: 1, text: "" },
      { type: "text-delta", block: 1, text: "yes" },
      { type: "refusal-delta", text: "no" },
    ]);
    expect(lines.map(({ message }) => message)).toEqual([
      { role: "assistant", content: "", thinking: "hm" },
      { role: "assistant", content: "yes" },
      { role: "assistant", content: "no" },
    ]);
  });

  test("speaks in `response` on the surface of /api/generate", () => {
    const lines = encode([{ type: "text-delta", block: 0, text: "hi" }, finish], ollamaGenerate);
    expect(lines[0]).toEqual({ model: "coder", created_at: "2026-11-22T18:00:00.000Z", response: "hi", done: false });
    expect(lines[1]).toMatchObject({ response: "", done: true, eval_count: 7, cost: 0.0015 });
  });

  test("ends with an error line, and says nothing after it", () => {
    const lines = encode([{ type: "error", fault: { kind: "truncated", message: "cut" } }, finish]);
    expect(lines).toEqual([{ error: "cut", type: "upstream_error", code: "upstream_truncated", request_id: "req_1" }]);
  });

  test.each(["chat-stream", "generate-stream"])(
    "encodes the real capture %s as it was but for time and cost",
    (name) => {
      const lines = captured(name).map((line) => JSON.parse(line) as JsonObject);
      const dialect = name === "chat-stream" ? ollama : ollamaGenerate;
      const expected = lines.map(({ context: _, ...line }) => ({
        ...line,
        model: "coder",
        created_at: "2026-11-22T18:00:00.000Z",
      }));
      const encoded = encode(decodeLines(captured(name)), dialect);
      expect(encoded.slice(0, -1)).toEqual(expected.slice(0, -1));
      expect(encoded.at(-1)).toMatchObject(expected.at(-1) ?? {});
    },
  );

  test("decodes what it encodes", () => {
    const delta = fc.oneof(
      fc.string({ minLength: 1 }).map((text): JsonObject => ({ content: text })),
      fc.string({ minLength: 1 }).map((text): JsonObject => ({ thinking: text })),
      fc
        .tuple(fc.string({ minLength: 1 }), fc.dictionary(fc.string(), fc.integer(), { noNullPrototype: true }))
        .map(([name, input]): JsonObject => ({ tool_calls: [{ id: "call_1", function: { name, arguments: input } }] })),
    );
    fc.assert(
      fc.property(fc.array(delta), (speeches) => {
        const lines = speeches.map((speech) => ({
          model: "m",
          message: { role: "assistant", ...speech },
          done: false,
        }));
        const parts = decodeLines([...lines, DONE_LINE]);
        const again = decodeLines(encode(parts).map((line) => JSON.stringify(line)));
        expect(again.slice(1)).toEqual(parts.slice(1));
      }),
    );
  });
});

describe("relaying Ollama to Ollama", () => {
  function relayAll(lines: readonly string[], cost: CostStamp | undefined, stamp = STAMP) {
    let state = ollama.relay.initial(stamp);
    const out = lines.map((data) => {
      const event = { data };
      const [next, events] = ollama.relay.step(state, event, data.includes('"done":true') ? cost : undefined);
      state = next;
      return { event, events };
    });
    return { out, state };
  }

  test("passes every line by identity but the last, which gets the cost", () => {
    const { out, state } = relayAll(captured("chat-stream"), COST, { ...STAMP, requestedModel: "smollm2:135m" });
    for (const { event, events } of out.slice(0, -1)) expect(events[0]).toBe(event);
    const last = out.at(-1);
    expect(JSON.parse(last?.events[0]?.data ?? "")).toEqual({
      ...(JSON.parse(last?.event.data ?? "") as JsonObject),
      cost: 0.0015,
      cost_details: expect.objectContaining({ model: "anthropic/claude" }),
      cost_saved: null,
      usage_source: "provider",
    });
    expect(ollama.relay.end(state)).toEqual([]);
  });

  test("exchanges the model name for the asked one and not one other byte", () => {
    const { out } = relayAll(captured("generate-stream"), COST);
    for (const { event, events } of out.slice(0, -1)) {
      expect(events).toEqual([{ data: event.data.replace('"smollm2:135m"', '"coder"') }]);
    }
    expect(JSON.parse(out.at(-1)?.events[0]?.data ?? "")).toMatchObject({ model: "coder", cost: 0.0015 });
  });

  test("holds the last line back until its cost is known", () => {
    const { out, state } = relayAll(captured("chat-stream"), undefined);
    expect(out.at(-1)?.events).toEqual([]);
    expect(JSON.parse(ollama.relay.end(state, COST)[0]?.data ?? "")).toMatchObject({ done: true, cost: 0.0015 });
    const raw = JSON.parse(captured("chat-stream").at(-1) ?? "") as JsonObject;
    expect(JSON.parse(ollama.relay.end(state)[0]?.data ?? "")).toEqual({ ...raw, model: "coder" });
  });

  test("writes the upstream's error line in our vocabulary", () => {
    const { out } = relayAll(captured("runner-killed"), COST);
    expect(JSON.parse(out.at(-1)?.events[0]?.data ?? "")).toMatchObject({
      error: expect.stringContaining("unexpected EOF"),
      code: "upstream_truncated",
      request_id: "req_1",
    });
  });

  test.each([
    ['{"message":{"content":"\\"done\\":true"},"done":false}'],
    ['{"message":{"content":"","tool_calls":[{"function":{"name":"f","arguments":{"done":true}}}]},"done":false}'],
    ["no line of Ollama's"],
    ["[]"],
  ])("passes %p by identity, which is not the last line", (data) => {
    const event = { data };
    expect(ollama.relay.step(ollama.relay.initial(STAMP), event)[1][0]).toBe(event);
  });
});

test("a heartbeat is a line that decodes to no content", () => {
  for (const dialect of [ollama, ollamaGenerate]) {
    const line = dialect.heartbeat(STAMP);
    expect(line.endsWith("}\n")).toBe(true);
    expect(JSON.parse(line)).toMatchObject({ model: "coder", done: false });
    expect(decodeLines([line, DONE_LINE]).map(({ type }) => type)).toEqual(["start", "finish"]);
  }
});
