import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type JsonObject, parseJson } from "../../../src/core/json.ts";
import type { FinishReason, StreamPart } from "../../../src/core/reply.ts";
import { NO_USAGE, type Usage } from "../../../src/core/usage.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { WireEvent } from "../../../src/dialects/dialect.ts";
import { objectAt } from "../codec.ts";
import { COST, COST_FIELDS, decodeAll, encodeAll, readWithSdk, relayAll, STAMP } from "./kit.ts";

function wire(...events: readonly JsonObject[]): readonly WireEvent[] {
  return events.map((event) => ({ event: String(event.type), data: JSON.stringify(event) }));
}

function bodies(events: readonly WireEvent[]): readonly JsonObject[] {
  return events.map(({ data }) => objectAt(parseJson(data)));
}

const START: StreamPart = { type: "start", id: "chatcmpl-1", model: "gpt" };
const USAGE: Usage = {
  input: { uncached: 10, cacheRead: 3, cacheWrite5m: 2, cacheWrite1h: 1 },
  output: { text: 7, reasoning: 5 },
  units: { webSearches: 2 },
  raw: { prompt_tokens: 16, completion_tokens: 12 },
};

function finish(unified: FinishReason["unified"], raw: string | null = null): StreamPart {
  return { type: "finish", finish: { unified, raw }, usage: USAGE };
}

function text(block: number, ...pieces: readonly string[]): readonly StreamPart[] {
  return [
    { type: "text-start", block },
    ...pieces.map((piece): StreamPart => ({ type: "text-delta", block, text: piece })),
    { type: "text-end", block },
  ];
}

/** What makes a Messages stream valid: one start, blocks one after another with rising numbers, one end. */
function expectStrict(events: readonly WireEvent[]): void {
  const types = events.map(({ event }) => event);
  expect(types[0]).toBe("message_start");
  expect(types.slice(-2)).toEqual(["message_delta", "message_stop"]);
  expect(types.filter((type) => type === "message_start" || type === "message_stop")).toHaveLength(2);
  let open: unknown;
  let next = 0;
  for (const { type, index } of bodies(events)) {
    if (type === "content_block_start") {
      expect(open).toBeUndefined();
      expect(index).toBe(next);
      open = index;
      next += 1;
    }
    if (type === "content_block_delta") expect(index).toBe(open as number);
    if (type === "content_block_stop") {
      expect(index).toBe(open as number);
      open = undefined;
    }
  }
  expect(open).toBeUndefined();
}

describe("the stream written for another dialect's answer", () => {
  test("counts in Anthropic's way, with the cost", () => {
    const events = encodeAll([START, ...text(0, "hi"), finish("stop", "stop")]);
    expectStrict(events);
    expect(bodies(events).at(-2)).toEqual({
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 3,
        cache_read_input_tokens: 3,
        cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 1 },
        output_tokens: 12,
        output_tokens_details: { thinking_tokens: 5 },
        server_tool_use: { web_search_requests: 2 },
        ...COST_FIELDS,
      },
    });
  });

  test("shows the counts known at the start in message_start", () => {
    const [first] = bodies(encodeAll([START, { type: "usage", usage: USAGE }, ...text(0, "hi"), finish("stop")]));
    expect(objectAt(objectAt(first?.message).usage)).toMatchObject({ input_tokens: 10, cache_read_input_tokens: 3 });
  });

  test("writes interleaved parallel calls one after another, whole", async () => {
    const parts: readonly StreamPart[] = [
      START,
      { type: "text-start", block: 0 },
      { type: "text-delta", block: 0, text: "let me " },
      { type: "tool-call-start", block: 1, id: "call:a", name: "a" },
      { type: "tool-call-start", block: 2, id: "call:b", name: "b" },
      { type: "tool-call-delta", block: 1, arguments: '{"x"' },
      { type: "tool-call-delta", block: 2, arguments: '{"y"' },
      { type: "text-delta", block: 0, text: "look" },
      { type: "tool-call-delta", block: 1, arguments: ":1}" },
      { type: "tool-call-delta", block: 2, arguments: ":2}" },
      { type: "text-end", block: 0 },
      finish("stop", "stop"),
    ];
    const events = encodeAll(parts);
    expectStrict(events);
    const message = await readWithSdk(events);
    expect(message.stop_reason).toBe("tool_use");
    expect(message.content.flatMap((block) => (block.type === "tool_use" ? [block.input] : []))).toEqual([
      { x: 1 },
      { y: 2 },
    ]);
    expect(message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("")).toBe(
      "let me look",
    );
  });

  test("is strictly valid for any interleaving of blocks, and loses nothing", () => {
    const piece = fc.record({ block: fc.nat({ max: 4 }), text: fc.string({ minLength: 1, maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.boolean(), (pieces, isEnded) => {
        const blocks = [...new Set(pieces.map(({ block }) => block))];
        const isTool = (block: number) => block >= 2;
        const starts = blocks.map((block): StreamPart => {
          if (isTool(block)) return { type: "tool-call-start", block, id: `id_${block}`, name: "f" };
          return block === 1 ? { type: "reasoning-start", block } : { type: "text-start", block };
        });
        const deltas = pieces.map(({ block, text: said }): StreamPart => {
          if (isTool(block)) return { type: "tool-call-delta", block, arguments: said };
          return block === 1
            ? { type: "reasoning-delta", block, text: said }
            : { type: "text-delta", block, text: said };
        });
        const ends = blocks.map((block): StreamPart => {
          if (isTool(block)) return { type: "tool-call-end", block };
          return block === 1 ? { type: "reasoning-end", block } : { type: "text-end", block };
        });
        const events = encodeAll([START, ...starts, ...deltas, ...(isEnded ? ends : []), finish("stop")]);
        expectStrict(events);
        const said = new Map<string, string>();
        const names = new Map<unknown, string>();
        for (const { type, index, content_block, delta } of bodies(events)) {
          if (type === "content_block_start") {
            const content = objectAt(content_block);
            names.set(index, String(content.id ?? content.type));
          }
          if (type !== "content_block_delta") continue;
          const { text: plain, thinking, partial_json: json } = objectAt(delta);
          const name = names.get(index) ?? "";
          said.set(name, (said.get(name) ?? "") + String(plain ?? thinking ?? json));
        }
        for (const block of blocks) {
          const name = isTool(block) ? `id_${block}` : block === 1 ? "thinking" : "text";
          const whole = pieces.filter((one) => one.block === block).map((one) => one.text);
          expect(said.get(name)).toBe(whole.join(""));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("makes no block of nothing", () => {
    const nothing: readonly StreamPart[] = [
      START,
      ...text(0, ""),
      { type: "reasoning-start", block: 1 },
      { type: "reasoning-end", block: 1 },
      { type: "opaque", dialect: "gemini", json: {} },
      { type: "opaque", dialect: "anthropic", json: "x" },
      { type: "opaque", dialect: "anthropic", json: { type: "content_block_stop" } },
      { type: "opaque", dialect: "anthropic", json: { type: "content_block_delta", index: 9, delta: { type: "new" } } },
      { type: "opaque", dialect: "anthropic", json: { type: "content_block_delta", index: 9 } },
      finish("length"),
    ];
    const events = encodeAll(nothing);
    expect(events.map(({ event }) => event)).toEqual(["message_start", "message_delta", "message_stop"]);
  });

  test("starts even where the answer never did, under the request's id", () => {
    const [first] = bodies(encodeAll([{ type: "finish", finish: { unified: "other", raw: null } }]));
    expect(objectAt(first?.message)).toMatchObject({ id: "msg_req_1", usage: { input_tokens: 0, output_tokens: 0 } });
  });

  test("carries signed, unreadable and encrypted thinking", async () => {
    const message = await readWithSdk(
      encodeAll([
        START,
        { type: "reasoning-start", block: 0 },
        { type: "reasoning-delta", block: 0, text: "hm" },
        { type: "reasoning-end", block: 0, signature: "s1" },
        { type: "reasoning-start", block: 1 },
        { type: "reasoning-end", block: 1, signature: "s2" },
        { type: "reasoning-start", block: 2 },
        { type: "reasoning-end", block: 2, encrypted: "e3" },
        finish("stop"),
      ]),
    );
    expect(message.content).toEqual([
      { type: "thinking", thinking: "hm", signature: "s1" },
      { type: "thinking", thinking: "", signature: "s2" },
      { type: "redacted_thinking", data: "e3" },
    ]);
  });

  test("speaks another dialect's refusal as text and says so in the stop reason", async () => {
    const message = await readWithSdk(
      encodeAll([START, { type: "refusal-delta", text: "I will not" }, finish("stop", "stop")]),
    );
    expect(message.content).toMatchObject([{ type: "text", text: "I will not" }]);
    expect(message.stop_reason).toBe("refusal");
  });

  test("opens a text block for a citation that comes before any text", async () => {
    const citation = { type: "citations_delta", citation: { type: "char_location", cited_text: "x" } };
    const json = { type: "content_block_delta", index: 0, delta: citation };
    const message = await readWithSdk(
      encodeAll([START, { type: "opaque", dialect: "anthropic", json }, ...text(0, "so"), finish("stop")]),
    );
    expect(message.content).toMatchObject([{ type: "text", text: "so", citations: [{ cited_text: "x" }] }]);
  });

  test("passes an unknown event of its own dialect at its place", () => {
    const events = encodeAll([
      START,
      { type: "opaque", dialect: "anthropic", json: { type: "brand_new", a: 1 } },
      finish("stop"),
    ]);
    expect(events[1]).toEqual({ event: "brand_new", data: '{"type":"brand_new","a":1}' });
  });

  test("says nothing after its end", () => {
    expect(encodeAll([START, finish("stop"), ...text(1, "late"), finish("stop")])).toHaveLength(3);
  });

  const reasons: readonly (readonly [FinishReason, string, string | null])[] = [
    [{ unified: "stop", raw: "stop" }, "end_turn", null],
    [{ unified: "stop", raw: "STOP", stopSequence: "END" }, "stop_sequence", "END"],
    [{ unified: "length", raw: "length" }, "max_tokens", null],
    [{ unified: "length", raw: "model_context_window_exceeded" }, "model_context_window_exceeded", null],
    [{ unified: "tool-calls", raw: "tool_calls" }, "tool_use", null],
    [{ unified: "content-filter", raw: "content_filter" }, "refusal", null],
    [{ unified: "refusal", raw: "refusal" }, "refusal", null],
    [{ unified: "pause", raw: "pause_turn" }, "pause_turn", null],
    [{ unified: "other", raw: "constructor" }, "end_turn", null],
  ];
  for (const [reason, stop_reason, stop_sequence] of reasons) {
    test(`says ${stop_reason} for ${reason.unified} (${reason.raw})`, () => {
      const events = encodeAll([START, { type: "finish", finish: reason }]);
      expect(bodies(events)[1]?.delta).toEqual({ stop_reason, stop_sequence });
    });
  }
});

describe("reading a Messages stream", () => {
  const message = { id: "m", model: "c", content: [], usage: { input_tokens: 5, output_tokens: 1 } };
  const start = { type: "message_start", message };
  const stop = { type: "message_stop" };

  function delta(reason: string | null, usage: JsonObject = {}): JsonObject {
    return { type: "message_delta", delta: { stop_reason: reason, stop_sequence: null }, usage };
  }

  function lastUsage(...events: readonly JsonObject[]): Usage | undefined {
    const last = decodeAll(wire(start, ...events, stop)).at(-1);
    return last?.type === "finish" ? last.usage : undefined;
  }

  test("overwrites cumulative counts and never adds", () => {
    const usage = lastUsage(
      delta(null, { output_tokens: 9, input_tokens: null }),
      delta("end_turn", {
        output_tokens: 12,
        cache_creation_input_tokens: 4,
        cache_creation: { ephemeral_1h_input_tokens: 3 },
      }),
    );
    expect(usage).toMatchObject({
      input: { uncached: 5, cacheWrite5m: 1, cacheWrite1h: 3 },
      output: { text: 12, reasoning: 0 },
    });
  });

  test("takes the input count of message_delta where it is repeated", () => {
    expect(lastUsage(delta("end_turn", { input_tokens: 61, output_tokens: 2 }))?.input.uncached).toBe(61);
  });

  test("tells thinking tokens and web searches apart", () => {
    const counts = {
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 4 },
      server_tool_use: { web_search_requests: 2 },
    };
    expect(lastUsage(delta("end_turn", counts))).toMatchObject({
      output: { text: 5, reasoning: 4 },
      units: { webSearches: 2 },
    });
  });

  const reasons: readonly (readonly [string | null, FinishReason["unified"]])[] = [
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["tool_use", "tool-calls"],
    ["pause_turn", "pause"],
    ["refusal", "refusal"],
    ["brand_new", "other"],
    ["constructor", "other"],
    [null, "other"],
  ];
  for (const [raw, unified] of reasons) {
    test(`takes ${raw} for ${unified}`, () => {
      expect(decodeAll(wire(start, delta(raw), stop)).at(-1)).toMatchObject({ finish: { unified, raw } });
    });
  }

  test("takes end_turn after a tool call for tool-calls, and gives a call without arguments an empty object", () => {
    const block = { type: "tool_use", id: "t", name: "f", input: {} };
    const parts = decodeAll(
      wire(
        start,
        { type: "content_block_start", index: 0, content_block: block },
        { type: "content_block_stop", index: 0 },
        delta("end_turn"),
        stop,
      ),
    );
    expect(parts).toContainEqual({ type: "tool-call-delta", block: 0, arguments: "{}" });
    expect(parts.at(-1)).toMatchObject({ finish: { unified: "tool-calls", raw: "end_turn" } });
  });

  test("reads thinking that comes redacted, or whole in its start event", () => {
    const parts = decodeAll(
      wire(
        start,
        { type: "content_block_start", index: 0, content_block: { type: "redacted_thinking", data: "xyz" } },
        { type: "content_block_stop", index: 0 },
        { type: "content_block_start", index: 1, content_block: { type: "thinking", thinking: "hm", signature: "s" } },
        { type: "content_block_stop", index: 1 },
        delta("end_turn"),
        stop,
      ),
    );
    expect(parts).toContainEqual({ type: "reasoning-end", block: 0, encrypted: "xyz" });
    expect(parts).toContainEqual({ type: "reasoning-delta", block: 1, text: "hm" });
    expect(parts).toContainEqual({ type: "reasoning-end", block: 1, signature: "s" });
  });

  test("lets pings, empty data and [DONE] pass anywhere without a word", () => {
    const noise: readonly WireEvent[] = [{ event: "ping", data: '{"type":"ping"}' }, { data: "" }, { data: "[DONE]" }];
    const plain = wire(start, delta("end_turn"), stop);
    expect(decodeAll(plain.flatMap((event) => [...noise, event]))).toEqual([...decodeAll(plain)]);
  });

  test("keeps events and deltas nobody knows as opaque parts", () => {
    const odd = [
      { type: "brand_new", a: 1 },
      { type: "content_block_delta", index: 7, delta: { type: "text_delta", text: "lost" } },
      { type: "content_block_start", index: 0 },
    ];
    const parts = decodeAll(wire(start, ...odd, { type: "content_block_stop", index: 7 }, delta("end_turn"), stop));
    expect(parts.filter(({ type }) => type === "opaque")).toEqual(
      odd.map((json): StreamPart => ({ type: "opaque", dialect: "anthropic", json })),
    );
  });

  test("keeps a delta that does not fit its block as an opaque part", () => {
    const open = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
    for (const wrong of ["thinking_delta", "signature_delta", "input_json_delta", "brand_new"]) {
      const parts = decodeAll(
        wire(start, open, { type: "content_block_delta", index: 0, delta: { type: wrong } }, stop),
      );
      expect(parts.filter(({ type }) => type === "opaque")).toHaveLength(1);
      expect(parts.at(-2)).toEqual({ type: "text-end", block: 0 });
    }
  });

  test("ends in a fault of kind garbage where an event is not JSON, and is silent after it", () => {
    const parts = decodeAll([...wire(start), { event: "ping", data: "{nope" }, ...wire(stop)]);
    expect(parts.filter(({ type }) => type === "error")).toMatchObject([{ fault: { kind: "garbage" } }]);
    expect(parts.at(-1)?.type).toBe("error");
  });

  test("says what a refusal explains, for the dialects that can show it, without doubling it in its own", async () => {
    const details = { type: "refusal", category: "cyber", explanation: "not this" };
    const refused = {
      type: "message_delta",
      delta: { stop_reason: "refusal", stop_details: details },
      usage: { output_tokens: 1 },
    };
    const parts = decodeAll(wire(start, refused, stop));
    expect(parts).toContainEqual({ type: "refusal-delta", text: "not this" });
    const back = await readWithSdk(encodeAll(parts));
    expect(back.content).toEqual([]);
    expect(back.stop_details).toEqual(details as never);
  });

  test("never changes a state it has handed out", () => {
    const [first] = anthropic.decoder.step(anthropic.decoder.initial(), wire(start)[0] ?? { data: "" });
    const snapshot = structuredClone(first);
    anthropic.decoder.step(first, wire(delta("end_turn"))[0] ?? { data: "" });
    anthropic.decoder.step(
      first,
      wire({ type: "content_block_start", index: 0, content_block: { type: "text" } })[0] ?? { data: "" },
    );
    expect(first).toEqual(snapshot);
  });
});

describe("relaying a Messages stream", () => {
  const start =
    '{"type": "message_start",  "message": {"content":[{"model":"decoy"}], "model" : "claude", "usage":{}}}';
  const last = '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}, "x":1}';

  test("patches the model and nothing else, even where another model is named before it", () => {
    const [first] = relayAll([{ event: "message_start", data: start }]);
    expect(first?.data).toBe(start.replace('"model" : "claude"', '"model" : "best"'));
  });

  test("leaves a start event alone that has no message or already the name", () => {
    for (const data of ['{"type":"message_start"}', '{"type":"message_start","message":{"model":"best"}}']) {
      const event = { event: "message_start", data };
      expect(relayAll([event])[0]).toBe(event);
    }
  });

  test("holds message_delta until the cost is known, while pings pass at once", () => {
    const relay = anthropic.relay;
    const [opened] = relay.step(relay.initial(STAMP), { event: "message_start", data: start });
    const [held, none] = relay.step(opened, { event: "message_delta", data: last });
    expect(none).toEqual([]);
    const ping = { event: "ping", data: '{"type":"ping"}' };
    const [pinged, passed] = relay.step(held, ping);
    expect(passed[0]).toBe(ping);
    const [, ended] = relay.step(pinged, { event: "message_stop", data: '{"type":"message_stop"}' }, COST);
    expect(ended.map(({ event }) => event)).toEqual(["message_delta", "message_stop"]);
    expect(bodies(ended)[0]).toEqual({
      type: "message_delta",
      delta: { stop_reason: "end_turn" },
      usage: { output_tokens: 3, ...COST_FIELDS },
      x: 1,
    });
  });

  test("puts the cost on the last of several message_deltas", () => {
    const first = { event: "message_delta", data: last };
    const out = relayAll([
      { event: "message_start", data: start },
      first,
      { event: "message_delta", data: last },
      { event: "message_stop", data: '{"type":"message_stop"}' },
    ]);
    expect(out[1]).toBe(first);
    expect(objectAt(bodies(out)[2]?.usage).cost).toBe(COST_FIELDS.cost as number);
  });

  test("names events that came without a name, which the official SDK would skip", () => {
    const out = relayAll([start, last, '{"type":"message_stop"}'].map((data) => ({ data })));
    expect(out.map(({ event }) => event)).toEqual(["message_start", "message_delta", "message_stop"]);
  });

  test("passes an error event as it is, drops what it held, and is silent after it", () => {
    const error = { event: "error", data: '{"type":"error","error":{"type":"overloaded_error","message":"x"}}' };
    const out = relayAll([
      { event: "message_start", data: start },
      { event: "message_delta", data: last },
      error,
      error,
    ]);
    expect(out).toHaveLength(2);
    expect(out[1]).toBe(error);
  });

  test("ends a cut stream without the stop reason it held, and a complete one with its cost", () => {
    const relay = anthropic.relay;
    const [opened] = relay.step(relay.initial(STAMP), { event: "message_start", data: start });
    const [held] = relay.step(opened, { event: "message_delta", data: last });
    expect(relay.end(held)).toEqual([]);
    expect(relay.end(held, COST).map(({ event }) => event)).toEqual(["message_delta", "message_stop"]);
  });
});

describe("the rest of the dialect", () => {
  test("waits with pings and calls /messages", () => {
    expect(anthropic.heartbeat(STAMP)).toBe('event: ping\ndata: {"type":"ping"}\n\n');
    expect(anthropic.chatPath("claude", true)).toBe("/messages");
  });

  test("writes a whole answer of another dialect", () => {
    const body = anthropic.encodeReply(
      {
        id: "",
        model: "gpt",
        parts: [
          { type: "reasoning", text: "hm" },
          { type: "text", text: "" },
          { type: "text", text: "so" },
          { type: "tool-call", id: "a:1", name: "f", arguments: "{broken" },
          { type: "opaque", dialect: "gemini", json: {} },
        ],
        finish: { unified: "stop", raw: "stop" },
        extra: { dialect: "openai-chat", fields: { system_fingerprint: "x" } },
      },
      STAMP,
      COST,
    );
    expect(body).toMatchObject({
      id: "msg_req_1",
      type: "message",
      role: "assistant",
      model: "best",
      stop_reason: "tool_use",
      usage: { input_tokens: 0, output_tokens: 0, ...COST_FIELDS },
    });
    expect(body.content).toMatchObject([
      { type: "thinking", thinking: "hm", signature: "" },
      { type: "text", text: "so" },
      { type: "tool_use", name: "f", input: { input: "{broken" } },
    ]);
    expect(body).not.toHaveProperty("system_fingerprint");
  });

  test("speaks another dialect's refusal as text in a whole answer", () => {
    const parts = [{ type: "refusal", text: "no" }] as const;
    const body = anthropic.encodeReply(
      { id: "x", model: "m", parts, finish: { unified: "stop", raw: "stop" } },
      STAMP,
      COST,
    );
    expect(body).toMatchObject({ id: "x", content: [{ type: "text", text: "no" }], stop_reason: "refusal" });
  });

  test("stamps a reply that carries no usage with the counts it is given", () => {
    const body = anthropic.stampReply({ type: "message", model: "c" }, STAMP, NO_USAGE, COST);
    expect(body).toMatchObject({ model: "best", usage: { input_tokens: 0, output_tokens: 0, ...COST_FIELDS } });
  });
});
