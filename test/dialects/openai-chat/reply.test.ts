import { describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/core/json.ts";
import type { Reply } from "../../../src/core/reply.ts";
import { NO_USAGE } from "../../../src/core/usage.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { dataRoot, NO_DATA_REASON, recordings } from "../recordings.ts";
import { COST, gistOfParts, STAMP } from "./support.ts";

const BODIES = recordings({ dialect: "openai-chat", kind: "json" });

function decoded(body: JsonValue): Reply {
  const result = openaiChat.decodeReply(body);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function without(body: JsonObject, ...names: string[]): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}

/** Mistral leaves the `type` of its calls out; writing it is a declared repair. */
function withCallTypes(value: JsonValue): JsonValue {
  return JSON.parse(
    JSON.stringify(value).replaceAll(
      /"tool_calls":\[\{"id":"([^"]+)","function"/g,
      '"tool_calls":[{"type":"function","id":"$1","function"',
    ),
  ) as JsonValue;
}

async function readByClient(body: JsonObject) {
  const client = new OpenAI({
    apiKey: "none",
    baseURL: "http://upstream.test/v1",
    maxRetries: 0,
    fetch: async () => Response.json(body),
  });
  return client.chat.completions.create({ model: "m", messages: [] });
}

describe.skipIf(dataRoot() === undefined)(`recorded chat bodies ${NO_DATA_REASON}`, () => {
  test(`are all there: ${BODIES.length} bodies`, () => {
    expect(BODIES.length).toBe(25);
  });

  for (const { file, json } of BODIES) {
    const body = isJsonObject(json) ? json : {};

    test(`${file} keeps everything but the model and the stamp of its usage`, () => {
      const reply = decoded(body);
      const encoded = openaiChat.encodeReply(reply, STAMP, COST);
      expect(without(encoded, "model", "usage")).toEqual(without(withCallTypes(body) as JsonObject, "model", "usage"));
      expect(encoded.model).toBe("asked/for");
      const { cost, cost_details, cost_saved, usage_source, ...usage } = encoded.usage as JsonObject;
      expect(usage).toEqual(body.usage as JsonObject);
      expect({ cost, usage_source, cost_saved }).toEqual({ cost: 0.0015, usage_source: "provider", cost_saved: null });
      expect(cost_details).toMatchObject({ model: "real/model", request_id: "req_1" });
    });

    test(`${file}, stamped and passed on, says the same to the official client`, async () => {
      const reply = decoded(body);
      const completion = await readByClient(openaiChat.stampReply(body, STAMP, reply.usage ?? NO_USAGE, COST));
      const [choice] = completion.choices;
      if (body.object === "text_completion") return;
      const gist = gistOfParts(reply.parts);
      expect(choice?.message.content ?? "").toBe(gist.text);
      expect(
        (choice?.message.tool_calls ?? []).map((call) => (call.type === "function" ? call.function : call)),
      ).toEqual(gist.calls);
      expect(choice?.finish_reason === "tool_calls").toBe(reply.finish.unified === "tool-calls");
      expect(completion).toMatchObject({ model: "asked/for", usage: { cost: 0.0015 } });
    });
  }
});

describe("a chat reply", () => {
  test("keeps further choices as alternatives and writes them back", () => {
    const choice = (index: number, content: string): JsonObject => ({
      index,
      message: { role: "assistant", content },
      finish_reason: "stop",
    });
    const body: JsonObject = {
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [choice(0, "a"), choice(1, "b")],
    };
    const reply = decoded(body);
    expect(reply.alternatives).toMatchObject([{ parts: [{ type: "text", text: "b" }], finish: { unified: "stop" } }]);
    expect(without(openaiChat.encodeReply(reply, STAMP, COST), "usage", "model")).toEqual(without(body, "model"));
  });

  test("of another dialect is written in the strict form", () => {
    const reply: Reply = {
      id: "",
      model: "x",
      parts: [
        { type: "reasoning", text: "hm" },
        { type: "text", text: "a" },
        { type: "tool-call", id: "t", name: "f", arguments: "{}", signature: "s" },
      ],
      finish: { unified: "tool-calls", raw: "tool_use" },
    };
    expect(openaiChat.encodeReply(reply, STAMP, COST)).toMatchSnapshot();
  });

  test("keeps a content list with parts nobody knows", () => {
    const content = [
      { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      { type: "text", text: "a" },
      { type: "reference", ids: [1] },
    ];
    const body: JsonObject = {
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    };
    expect(openaiChat.encodeReply(decoded(body), STAMP, COST).choices).toEqual(body.choices ?? null);
    const stamped = openaiChat.stampReply(body, STAMP, NO_USAGE, COST);
    expect(stamped.choices).toMatchObject([{ message: { content: "a", reasoning_content: "hm" } }]);
  });

  test("with stop beside tool calls is mended on both ways", () => {
    const message = {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
    };
    const body: JsonObject = { id: "c", model: "m", choices: [{ index: 0, message, finish_reason: "stop" }] };
    expect(openaiChat.encodeReply(decoded(body), STAMP, COST).choices).toMatchObject([{ finish_reason: "tool_calls" }]);
    expect(openaiChat.stampReply(body, STAMP, NO_USAGE, COST).choices).toMatchObject([{ finish_reason: "tool_calls" }]);
  });

  test("keeps a refusal and the way each finish word is said", () => {
    const words: readonly (readonly [string, string, string])[] = [
      ["length", "length", "length"],
      ["model_length", "length", "length"],
      ["content_filter", "content-filter", "content_filter"],
      ["function_call", "tool-calls", "function_call"],
      ["insufficient_system_resource", "other", "insufficient_system_resource"],
    ];
    for (const [raw, unified, written] of words) {
      const reply = decoded({ choices: [{ message: { content: "x" }, finish_reason: raw }] });
      expect(reply.finish).toEqual({ unified: unified as "stop", raw });
      expect(openaiChat.encodeReply(reply, STAMP, COST).choices).toMatchObject([{ finish_reason: written }]);
    }
    const refused = decoded({
      choices: [{ message: { role: "assistant", content: null, refusal: "no" }, finish_reason: "stop" }],
    });
    expect(refused).toMatchObject({ parts: [{ type: "refusal", text: "no" }], finish: { unified: "refusal" } });
    expect(openaiChat.encodeReply(refused, STAMP, COST).choices).toMatchObject([
      { message: { refusal: "no" }, finish_reason: "stop" },
    ]);
  });

  const bad: readonly (readonly [JsonValue, string])[] = [
    ["text", "garbage"],
    [{ id: "c" }, "garbage"],
    [{ choices: [] }, "garbage"],
    [{ error: { message: "no such model", code: "model_not_found" } }, "model-not-found"],
  ];
  for (const [body, kind] of bad) {
    test(`that is none is a fault: ${JSON.stringify(body)}`, () => {
      expect(openaiChat.decodeReply(body)).toMatchObject({ ok: false, error: { kind } });
    });
  }
});

describe("the chat dialect", () => {
  test("waits with an SSE comment and knows its path", () => {
    expect(openaiChat.heartbeat(STAMP)).toBe(": waiting\n\n");
    expect(openaiChat.chatPath("m", true)).toBe("/chat/completions");
  });
});
