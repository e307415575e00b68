import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import { parseJson } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { Dialect, WireEvent } from "../../../src/dialects/dialect.ts";
import { gemini, geminiArray } from "../../../src/dialects/gemini/dialect.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { objectAt } from "../codec.ts";
import {
  at,
  COST,
  COST_FIELDS,
  decodeAll,
  encodeAll,
  events,
  readWireWithSdk,
  readWithSdk,
  relayAll,
  STAMP,
  wireOf,
} from "./kit.ts";

const USAGE = { promptTokenCount: 9, candidatesTokenCount: 4, totalTokenCount: 13 };

function chunk(parts: readonly JsonObject[], more: JsonObject = {}, event: JsonObject = {}): JsonObject {
  const content = { parts: [...parts], role: "model" };
  return { candidates: [{ content, index: 0, ...more }], modelVersion: "gemini-x", responseId: "r1", ...event };
}

const STOP = chunk([{ text: "" }], { finishReason: "STOP" }, { usageMetadata: USAGE });

function kinds(parts: readonly StreamPart[]): readonly string[] {
  return parts.map(({ type }) => type);
}

function bodiesOf(given: readonly WireEvent[]): readonly JsonObject[] {
  return given.map(({ data }) => objectAt(parseJson(data)));
}

/** Parts of a stream by another dialect's codec. */
function through(dialect: Dialect, given: readonly WireEvent[]): readonly StreamPart[] {
  let state = dialect.decoder.initial();
  const parts: StreamPart[] = [];
  for (const event of given) {
    const [next, more] = dialect.decoder.step(state, event);
    state = next;
    parts.push(...more);
  }
  return [...parts, ...dialect.decoder.end(state)];
}

function written(dialect: Dialect, parts: readonly StreamPart[]): readonly WireEvent[] {
  let state = dialect.encoder.initial(STAMP);
  const out: WireEvent[] = [];
  for (const part of parts) {
    const [next, more] = dialect.encoder.step(state, part, part.type === "finish" ? COST : undefined);
    state = next;
    out.push(...more);
  }
  return out;
}

describe("the decoder", () => {
  test("tells thoughts from text, and keeps a thought's signature", () => {
    const parts = decodeAll(
      events(
        chunk([{ text: "hm", thought: true }]),
        chunk([{ text: "", thought: true, thoughtSignature: "c2ln" }]),
        chunk([{ text: "ok" }, { text: "ay" }]),
        STOP,
      ),
    );
    expect(parts.slice(1, -1)).toEqual([
      { type: "reasoning-start", block: 0 },
      { type: "reasoning-delta", block: 0, text: "hm" },
      { type: "reasoning-end", block: 0, signature: "c2ln" },
      { type: "text-start", block: 1 },
      { type: "text-delta", block: 1, text: "ok" },
      { type: "text-delta", block: 1, text: "ay" },
      expect.objectContaining({ type: "usage" }),
      { type: "text-end", block: 1 },
    ]);
  });

  test("mints an id for each call from the answer's id, and calls STOP by its name", () => {
    const parts = decodeAll(
      events(
        chunk([
          { functionCall: { name: "f", args: { a: 1 } }, thoughtSignature: "c2ln" },
          { functionCall: { name: "f", args: {}, id: "own" } },
        ]),
        STOP,
      ),
    );
    const starts = parts.filter(({ type }) => type === "tool-call-start");
    expect(starts).toMatchObject([{ id: "gemini_call_r1_0", name: "f", signature: "c2ln" }, { id: "own" }]);
    expect(parts.at(-1)).toMatchObject({ type: "finish", finish: { unified: "tool-calls", raw: "STOP" } });
  });

  test("puts arguments in pieces together, whatever their types and paths", () => {
    const pieces = [
      { jsonPath: "$.text", stringValue: "a", willContinue: true },
      { jsonPath: "$.text", stringValue: "b" },
      { jsonPath: "$.list[1].deep", boolValue: false },
      { jsonPath: "$['a b'][0]", numberValue: 1.5 },
      { jsonPath: '$["q"]', nullValue: "NULL_VALUE" },
      { jsonPath: "$.__proto__.x", numberValue: 1 },
      { jsonPath: "no path", numberValue: 1 },
      { jsonPath: "$.huge[99999999]", numberValue: 1 },
      { jsonPath: "$.nothing" },
    ];
    const parts = decodeAll(
      events(
        chunk([{ functionCall: { name: "f", willContinue: true } }]),
        ...pieces.map((piece) => chunk([{ functionCall: { partialArgs: [piece], willContinue: true } }])),
        chunk([{ functionCall: {} }]),
        STOP,
      ),
    );
    const delta = parts.find((part) => part.type === "tool-call-delta");
    expect(delta?.arguments).toBe(
      '{"text":"ab","list":[null,{"deep":false}],"a b":[1.5],"q":null,"__proto__":{"x":1}}',
    );
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test("takes the last usage that counts, and STOP on every event as some models send it", () => {
    const parts = decodeAll(
      events(
        chunk(
          [{ text: "a" }],
          { finishReason: "STOP" },
          { usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 } },
        ),
        chunk([{ text: "b" }], { finishReason: "STOP" }, { usageMetadata: USAGE }),
        chunk([{ text: "c" }], { finishReason: "MAX_TOKENS" }, { usageMetadata: { trafficType: "ON_DEMAND" } }),
      ),
    );
    expect(parts.at(-1)).toMatchObject({
      type: "finish",
      finish: { unified: "length" },
      usage: { input: { uncached: 9 }, output: { text: 4 } },
    });
    expect(parts.flatMap((part) => (part.type === "text-delta" ? [part.text] : [])).join("")).toBe("abc");
  });

  test("makes a refused prompt a content filter, without any candidate", () => {
    const refused = {
      promptFeedback: { blockReason: "SAFETY" },
      usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 },
    };
    const parts = decodeAll(events(refused));
    expect(parts.at(-1)).toMatchObject({ type: "finish", finish: { unified: "content-filter", raw: "SAFETY" } });
    const [last] = bodiesOf(encodeAll(parts));
    expect(last).toMatchObject({ ...refused, usageMetadata: { ...refused.usageMetadata, ...COST_FIELDS } });
    expect(last?.candidates).toBeUndefined();
  });

  test("reads an error event, an event that is no object, and nothing behind either", () => {
    const error = { error: { code: 429, message: "slow down", status: "RESOURCE_EXHAUSTED" } };
    const failed = decodeAll(events(chunk([{ text: "a" }]), error, STOP));
    expect(failed.at(-1)).toMatchObject({ type: "error", fault: { kind: "rate-limited", message: "slow down" } });
    expect(decodeAll([{ data: "[1]" }, { data: "{}" }])).toMatchObject([{ type: "error", fault: { kind: "garbage" } }]);
  });

  test("takes a [DONE] of a compatible server, and an empty event, for nothing", () => {
    expect(kinds(decodeAll([...events(STOP), { data: "[DONE]" }, { data: "" }]))).toEqual(["start", "usage", "finish"]);
  });

  test("passes what no other dialect knows through to its own encoder", () => {
    const code = { executableCode: { language: "PYTHON", code: "1" } };
    const grounding = { groundingMetadata: { webSearchQueries: ["q"] } };
    const second = { content: { parts: [{ text: "two" }], role: "model" }, index: 1 };
    const parts = decodeAll(
      events(
        chunk([{ text: "a" }, code]),
        { candidates: [second], responseId: "r1" },
        chunk([{ text: "b", thoughtSignature: "c2ln" }], { finishReason: "STOP", ...grounding }, { createTime: "now" }),
      ),
    );
    const out = bodiesOf(encodeAll(parts));
    const said = out.flatMap((body) => at(body, "candidates", 0, "content", "parts") as JsonObject[]);
    expect(said).toEqual([
      { text: "a" },
      code,
      { text: "two" },
      { text: "b" },
      { text: "", thoughtSignature: "c2ln" },
      { text: "" },
    ]);
    expect(out.at(-1)).toMatchObject({ candidates: [{ finishReason: "STOP", ...grounding }], createTime: "now" });
    expect(out[2]).toMatchObject({ candidates: [second] });
  });
});

describe("the encoder", () => {
  const CALLS: readonly StreamPart[] = [
    { type: "start", id: "", model: "claude" },
    {
      type: "usage",
      usage: {
        input: { uncached: 5, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
        output: { text: 1, reasoning: 0 },
        raw: null,
      },
    },
    { type: "tool-call-start", block: 0, id: "toolu_1", name: "f" },
    { type: "tool-call-start", block: 1, id: "toolu_2", name: "g" },
    { type: "tool-call-delta", block: 0, arguments: '{"a":' },
    { type: "tool-call-delta", block: 1, arguments: '{"b":2}' },
    { type: "tool-call-delta", block: 0, arguments: "1}" },
    { type: "tool-call-end", block: 1 },
    { type: "finish", finish: { unified: "tool-calls", raw: "tool_use" } },
  ];

  test("writes each call whole, interleaved ones too, and one that never ended at the finish", () => {
    const out = bodiesOf(encodeAll(CALLS));
    expect(out.map((body) => at(body, "candidates", 0, "content", "parts", 0))).toEqual([
      { functionCall: { id: "toolu_2", name: "g", args: { b: 2 } } },
      { functionCall: { id: "toolu_1", name: "f", args: { a: 1 } } },
      { text: "" },
    ]);
    expect(out.at(-1)).toMatchObject({
      candidates: [{ finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 1, ...COST_FIELDS },
      modelVersion: "best",
      responseId: "req_1",
    });
  });

  test("writes a refusal as text, drops signatures that are no base64, and ends after the finish", () => {
    const out = bodiesOf(
      encodeAll([
        { type: "reasoning-start", block: 0 },
        { type: "reasoning-delta", block: 0, text: "hm" },
        { type: "reasoning-end", block: 0, signature: "no base64!" },
        { type: "refusal-delta", text: "I will not." },
        { type: "opaque", dialect: "anthropic", json: { type: "x" } },
        { type: "finish", finish: { unified: "refusal", raw: "refusal" } },
        { type: "refusal-delta", text: "late" },
      ]),
    );
    expect(out.map((body) => at(body, "candidates", 0, "content", "parts", 0))).toEqual([
      { text: "hm", thought: true },
      { text: "I will not." },
      { text: "" },
    ]);
    expect(at(out.at(-1), "candidates", 0, "finishReason")).toBe("SAFETY");
  });

  test("never shows a client a call that was cut: the error event stands in its place", async () => {
    const cut: readonly StreamPart[] = [
      ...CALLS.slice(0, 5),
      { type: "error", fault: { kind: "truncated", message: "the stream was cut" } },
    ];
    const out = encodeAll(cut);
    expect(bodiesOf(out)).toMatchObject([{ error: { code: 502, message: "the stream was cut" } }]);
    await expect(readWithSdk(out)).rejects.toThrow("the stream was cut");
  });
});

describe("a stream translated to and from another dialect", () => {
  const ANSWER = events(
    chunk([{ text: "let me see", thought: true }], {}, { usageMetadata: USAGE }),
    chunk([{ text: "It is " }]),
    chunk([{ text: "3 °C." }]),
    chunk(
      [{ functionCall: { name: "log", args: { celsius: 3 } }, thoughtSignature: "c2ln" }],
      { finishReason: "STOP" },
      { usageMetadata: { ...USAGE, thoughtsTokenCount: 6, totalTokenCount: 19 } },
    ),
  );

  test.each([openaiChat, anthropic] as readonly Dialect[])(
    "keeps text, tool, arguments, stop reason and usage through $name and back to Google's client",
    async (dialect) => {
      const parts = decodeAll(ANSWER);
      const back = through(dialect, written(dialect, parts));
      const answer = await readWithSdk(encodeAll(back));
      expect(answer).toMatchObject({
        text: "It is 3 °C.",
        thoughts: "let me see",
        calls: [{ name: "log", args: { celsius: 3 } }],
        finishReason: "STOP",
        usage: COST_FIELDS,
      });
      const finish = back.at(-1);
      if (finish?.type !== "finish" || finish.usage === undefined) throw new Error("no usage came through");
      expect(finish.finish.unified).toBe("tool-calls");
      expect(finish.usage.output.text + finish.usage.output.reasoning).toBe(10);
      expect(finish.usage.input.uncached).toBe(9);
    },
  );
});

describe("the relay", () => {
  const FIRST = '{ "candidates": [{"content":{"parts":[{"text":"a"}]}}],"modelVersion":"best" }';
  const LAST =
    '{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1},"modelVersion":"gemini-x"}';

  test("returns by identity what needs no change, and cuts the model's name into the rest", () => {
    const first: WireEvent = { data: FIRST };
    const [out, named] = relayAll([first, { data: FIRST.replace("best", "gemini-x") }, { data: LAST }]);
    expect(out).toBe(first);
    expect(named?.data).toBe(FIRST);
  });

  test("holds only the latest event once the answer said why it stops, and gives the cost to the last", () => {
    const tail: WireEvent = { data: '{"usageMetadata":{"promptTokenCount":2}}' };
    let state = gemini.relay.initial(STAMP);
    const sizes = [{ data: FIRST }, { data: LAST }, tail].map((event) => {
      const [next, out] = gemini.relay.step(state, event);
      state = next;
      return out.length;
    });
    expect(sizes).toEqual([1, 0, 1]);
    const [last, ...others] = gemini.relay.end(state, COST);
    expect(others).toEqual([]);
    expect(objectAt(parseJson(last?.data ?? ""))).toEqual({ usageMetadata: { promptTokenCount: 2, ...COST_FIELDS } });
  });

  test("gives a last event without counts the cost all the same, and without a cost changes nothing but the name", () => {
    const bare: WireEvent = { data: '{"promptFeedback":{"blockReason":"SAFETY"}}' };
    expect(bodiesOf(relayAll([bare]))).toEqual([
      { promptFeedback: { blockReason: "SAFETY" }, usageMetadata: COST_FIELDS },
    ]);
    let state = gemini.relay.initial(STAMP);
    [state] = gemini.relay.step(state, { data: LAST });
    expect(gemini.relay.end(state)).toEqual([{ data: LAST.replace("gemini-x", "best") }]);
    expect(gemini.relay.end(gemini.relay.initial(STAMP), COST)).toEqual([]);
  });

  test("leaves out a [DONE], which Google's clients cannot read", () => {
    expect(relayAll([{ data: FIRST }, { data: "[DONE]" }])).toHaveLength(1);
  });
});

describe("a client that waits", () => {
  test("gets a comment in an SSE stream, which the official client skips, and white space in an array", async () => {
    expect(gemini.heartbeat(STAMP)).toBe(": waiting\n\n");
    expect(geminiArray.heartbeat(STAMP).trim()).toBe("");
    const wire = [wireOf(events(chunk([{ text: "a" }]))), wireOf(events(STOP))].join(gemini.heartbeat(STAMP));
    for (const size of [1, 7, 5000]) expect((await readWireWithSdk(wire, size)).text).toBe("a");
  });
});
