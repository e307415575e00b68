import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import {
  completions,
  infillByTemplate,
  mistralFim,
  ollamaInsert,
  ollamaRaw,
} from "../../../src/dialects/completions/codec.ts";
import { infillFamilyOf } from "../../../src/dialects/completions/infill.ts";
import { bareForm, chatForm } from "../../../src/dialects/completions/request.ts";
import type { Dialect, ReplyStamp, WireEvent } from "../../../src/dialects/dialect.ts";
import { COST, STAMP } from "../openai-chat/support.ts";
import { NO_DATA_REASON, recordings } from "../recordings.ts";

const TARGET = { provider: "up", model: "m" };
const PLAIN: ReplyStamp = { ...STAMP, streamUsage: false };

function decoded(body: JsonObject) {
  const result = completions.decodeRequest(body);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function encodedBy(dialect: Dialect, body: JsonObject): JsonObject {
  return dialect.encodeRequest(decoded(body), TARGET).body;
}

/** The wire of a stream in another dialect, written for a client of completions. */
function written(parts: readonly StreamPart[], stamp: ReplyStamp = PLAIN): readonly WireEvent[] {
  let state = completions.encoder.initial(stamp);
  return parts.flatMap((part) => {
    const [next, events] = completions.encoder.step(state, part, part.type === "finish" ? COST : undefined);
    state = next;
    return events;
  });
}

function jsonOf(events: readonly WireEvent[]): readonly JsonObject[] {
  return events.filter(({ data }) => data !== "[DONE]").map(({ data }) => JSON.parse(data) as JsonObject);
}

function textIn(events: readonly WireEvent[], index = 0): string {
  const choices = jsonOf(events).flatMap((chunk) => chunk.choices as JsonObject[]);
  return choices
    .filter((choice) => choice.index === index)
    .map((choice) => choice.text)
    .join("");
}

const STOP: StreamPart = { type: "finish", finish: { unified: "stop", raw: null } };
const START: StreamPart = { type: "start", id: "chatcmpl-1", model: "up-name", createdAtSeconds: 7 };

describe("a request for completions", () => {
  const request = fc.record(
    {
      model: fc.constant("m"),
      prompt: fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 2, maxLength: 4 })),
      suffix: fc.string({ minLength: 1 }),
      max_tokens: fc.nat(),
      temperature: fc.integer({ min: 0, max: 2 }),
      n: fc.integer({ min: 1, max: 4 }),
      stop: fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 1, maxLength: 6 })),
      echo: fc.boolean(),
      logprobs: fc.integer({ min: 0, max: 5 }),
      best_of: fc.integer({ min: 1, max: 4 }),
      logit_bias: fc.dictionary(fc.constantFrom("50256", "1"), fc.integer({ min: -100, max: 100 })),
      seed: fc.nat(),
      user: fc.string({ minLength: 1 }),
      stream: fc.constant(true),
      stream_options: fc.record({ include_usage: fc.boolean() }),
      unheard_of: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as JsonObject),
    },
    { requiredKeys: ["model", "prompt"] },
  );

  test("comes out of the codec as it went in, whatever is in it", () => {
    fc.assert(
      fc.property(request, (body) => {
        expect(encodedBy(completions, body as JsonObject)).toEqual(body as JsonObject);
      }),
    );
  });

  test("without what only completions have names what is lost; a whole chat can tell log probabilities", () => {
    fc.assert(
      fc.property(request, (body) => {
        const { request: bare, warnings } = bareForm(decoded(body as JsonObject));
        const kept = Object.keys(bare.extra?.fields ?? {});
        expect(kept.filter((name) => ["suffix", "echo", "best_of", "logprobs", "prompt"].includes(name))).toEqual([]);
        const lost = ["best_of", "logprobs"].filter((name) => Object.hasOwn(body, name));
        expect(warnings.map(({ field }) => field)).toEqual(lost);
        const chat = chatForm(decoded(body as JsonObject));
        const isTold = body.logprobs !== undefined && body.stream !== true;
        expect(chat.request.extra?.fields.logprobs).toBe(isTold ? true : undefined);
        expect(chat.request.extra?.fields.top_logprobs).toBe(isTold && body.logprobs ? body.logprobs : undefined);
        expect(chat.warnings.length).toBe(isTold ? lost.length - 1 : lost.length);
      }),
    );
  });

  test("keeps a list of one prompt as the one prompt it is", () => {
    expect(encodedBy(completions, { model: "m", prompt: ["one"] })).toEqual({ model: "m", prompt: "one" });
  });

  const BODY = { model: "m", prompt: "A", suffix: "B", stop: "\n", max_tokens: 3, echo: true, logprobs: 1 };

  test("is written for Mistral, a template, and both ways of Ollama", () => {
    const family = infillFamilyOf("qwen2.5-coder");
    if (family === null) throw new Error("no family");
    const stop = ["\n", ...family.stop];
    const prompt = "<|fim_prefix|>A<|fim_suffix|>B<|fim_middle|>";
    expect(encodedBy(mistralFim("/x"), BODY)).toEqual({
      model: "m",
      prompt: "A",
      suffix: "B",
      stop: "\n",
      max_tokens: 3,
    });
    expect(encodedBy(infillByTemplate("/x", family), BODY)).toEqual({ model: "m", prompt, stop, max_tokens: 3 });
    const options = { stop, num_predict: 3 };
    expect(encodedBy(ollamaRaw(family), BODY)).toMatchObject({ model: "m", prompt, raw: true, options });
    expect(encodedBy(ollamaInsert, BODY)).toMatchObject({
      model: "m",
      prompt: "A",
      suffix: "B",
      options: { stop: ["\n"] },
    });
    expect(encodedBy(ollamaRaw(null), { model: "m", prompt })).toMatchObject({ prompt, raw: true });
  });
});

describe("an answer to a completion", () => {
  const words = fc.array(fc.string({ minLength: 1 }), { maxLength: 8 });

  test("is the same text streamed as whole, and every stream ends in one finish and `[DONE]`", () => {
    fc.assert(
      fc.property(words, fc.option(fc.string({ minLength: 1 })), fc.boolean(), (pieces, echo, streamUsage) => {
        const stamp = { ...PLAIN, streamUsage, ...(echo === null ? {} : { echo: { prompt: echo } }) };
        const deltas = pieces.map((text): StreamPart => ({ type: "text-delta", block: 0, text }));
        const events = written(
          [START, { type: "text-start", block: 0 }, ...deltas, { type: "text-end", block: 0 }, STOP],
          stamp,
        );
        const text = `${echo ?? ""}${pieces.join("")}`;
        expect(textIn(events)).toBe(text);
        expect(events.at(-1)?.data).toBe("[DONE]");
        const chunks = jsonOf(events);
        const finished = chunks.filter((chunk) => (chunk.choices as JsonObject[])[0]?.finish_reason === "stop");
        expect(finished).toHaveLength(1);
        expect(chunks.at(-1)).toMatchObject({
          id: "chatcmpl-1",
          created: 7,
          model: STAMP.requestedModel,
          usage: { cost: 0.0015 },
        });
        const finish = { unified: "stop", raw: null } as const;
        const reply = { id: "", model: "up-name", parts: [{ type: "text", text: pieces.join("") } as const], finish };
        expect(completions.encodeReply(reply, stamp, COST)).toMatchObject({ choices: [{ text }] });
      }),
    );
  });

  test("leaves out what was thought, says a refusal, and takes every other end for a stop", () => {
    const events = written([
      START,
      { type: "reasoning-delta", block: 0, text: "hm" },
      { type: "refusal-delta", text: "no" },
      { type: "finish", finish: { unified: "tool-calls", raw: null } },
    ]);
    expect(textIn(events)).toBe("no");
    expect(jsonOf(events).at(-1)).toMatchObject({ choices: [{ finish_reason: "stop" }] });
  });

  test("has its further answers too", () => {
    const other = (delta: JsonObject, finish: string | null): StreamPart => ({
      type: "opaque",
      dialect: "openai-chat",
      json: { choices: [{ index: 1, delta, finish_reason: finish }] },
    });
    const events = written([
      START,
      { type: "text-delta", block: 0, text: "a" },
      other({ content: "b" }, null),
      other({}, "stop"),
      STOP,
    ]);
    expect([textIn(events, 0), textIn(events, 1)]).toEqual(["a", "b"]);
    const finish = { unified: "length", raw: "length" } as const;
    const parts = (text: string) => [{ type: "text", text } as const];
    const reply = { id: "", model: "x", parts: parts("a"), finish, alternatives: [{ parts: parts("b"), finish }] };
    expect(completions.encodeReply(reply, PLAIN, COST)).toMatchObject({
      choices: [
        { text: "a", index: 0, finish_reason: "length" },
        { text: "b", index: 1, finish_reason: "length" },
      ],
    });
  });

  test("has a chat's log probabilities in the form of completions, counted from where the answer begins", () => {
    const token = (text: string, logprob: number, others: JsonObject = {}) => ({
      token: text,
      logprob,
      top_logprobs: Object.entries({ [text]: logprob, ...others }).map(([name, value]) => ({
        token: name,
        logprob: value,
      })),
    });
    const content = [token("Hel", -0.1, { Hi: -2 }), token("lo", -0.5)];
    const decodedReply = completions.decodeReply({
      choices: [
        { index: 0, message: { role: "assistant", content: "Hello" }, logprobs: { content }, finish_reason: "stop" },
      ],
    });
    if (!decodedReply.ok) throw new Error(decodedReply.error.message);
    expect(completions.encodeReply(decodedReply.value, { ...PLAIN, echo: { prompt: "Say:" } }, COST)).toMatchObject({
      choices: [
        {
          text: "Say:Hello",
          logprobs: {
            tokens: ["Hel", "lo"],
            token_logprobs: [-0.1, -0.5],
            top_logprobs: [{ Hel: -0.1, Hi: -2 }, { lo: -0.5 }],
            text_offset: [4, 7],
          },
        },
      ],
    });
  });

  test("that breaks off ends in an error event and nothing after it", () => {
    const fault = { kind: "truncated", message: "cut" } as const;
    const events = written([START, { type: "text-delta", block: 0, text: "a" }, { type: "error", fault }]);
    expect(jsonOf(events).at(-1)).toMatchObject({ error: { code: "upstream_truncated" } });
  });
});

describe(`the recorded completion of OpenAI ${NO_DATA_REASON}`, () => {
  const recorded = (kind: "stream" | "json") =>
    recordings({ dialect: "openai-chat", kind }).find(({ file }) => file.startsWith("openai/completion/"));
  const stream = recorded("stream");
  const whole = recorded("json");

  test.skipIf(stream === undefined)("is relayed as it came but for the model's name and the cost", () => {
    const lines = [...(stream?.lines ?? []), "[DONE]"];
    let decoder = completions.decoder.initial();
    let relay = completions.relay.initial({ ...STAMP, streamUsage: true });
    const sent: string[] = [];
    let text = "";
    for (const data of lines) {
      const [nextDecoder, parts] = completions.decoder.step(decoder, { data });
      decoder = nextDecoder;
      for (const part of parts) if (part.type === "text-delta") text += part.text;
      const cost = parts.some((part) => part.type === "finish") ? COST : undefined;
      const [nextRelay, events] = completions.relay.step(relay, { data }, cost);
      relay = nextRelay;
      sent.push(...events.map((event) => event.data));
    }
    const named = (line: string) => line.replace(/"model":"[^"]*"/, `"model":${JSON.stringify(STAMP.requestedModel)}`);
    const expected = lines.filter((line) => line.includes('"text"')).map(named);
    expect(expected.length).toBeGreaterThan(10);
    expect(sent.slice(0, expected.length)).toEqual(expected);
    expect(JSON.parse(sent.at(-2) ?? "")).toMatchObject({ choices: [], usage: { total_tokens: 30, cost: 0.0015 } });
    expect(sent.at(-1)).toBe("[DONE]");
    expect(textIn(sent.map((data) => ({ data })))).toBe(text);
  });

  test.skipIf(whole === undefined)("comes back whole with nothing lost", () => {
    const json = whole?.json ?? null;
    const reply = completions.decodeReply(json);
    if (!reply.ok || !isJsonObject(json)) throw new Error("the recording is no completion");
    const { model: _, usage, ...rest } = json;
    const written = completions.encodeReply(reply.value, PLAIN, COST);
    expect(written).toMatchObject({ ...rest, usage: usage ?? {} });
  });
});
