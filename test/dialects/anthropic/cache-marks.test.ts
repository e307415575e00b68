import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { Dialect } from "../../../src/dialects/dialect.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { openaiResponses } from "../../../src/dialects/openai-responses/dialect.ts";

const MARK = { type: "ephemeral" };
const HOUR = { type: "ephemeral", ttl: "1h" };

/** A client's body as it goes to an Anthropic target, with what it is told was left out. */
function toAnthropic(body: JsonObject, from: Pick<Dialect, "decodeRequest"> = openaiChat) {
  const request = from.decodeRequest({ model: "m", ...body });
  if (!request.ok) throw new Error(request.error.message);
  const target = { provider: "anthropic", model: "claude-haiku-4-5", maxOutputTokens: 64_000 };
  const encoded = anthropic.encodeRequest(request.value, target);
  return { ...encoded, told: encoded.warnings.map(({ field, reason }) => `${field}: ${reason}`) };
}

function text(content: string, cache_control?: JsonObject): JsonObject {
  return { type: "text", text: content, ...(cache_control === undefined ? {} : { cache_control }) };
}

describe("corner case 6: cache marks of a chat client at an Anthropic target", () => {
  test("stand where the client put them: system, image, text, call, result", () => {
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" }, cache_control: MARK };
    const call = { id: "c1", type: "function", function: { name: "f", arguments: "{}" }, cache_control: MARK };
    const { body, told } = toAnthropic({
      messages: [
        { role: "system", content: [text("rules"), text("map", HOUR)] },
        { role: "user", content: [image, text("what is it?")] },
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: "c1", content: [text("blue", MARK)] },
      ],
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
    });
    expect(body.system).toEqual([text("rules"), text("map", HOUR)]);
    expect(body.messages).toMatchObject([
      { content: [{ type: "image", cache_control: MARK }, text("what is it?")] },
      { content: [{ type: "tool_use", cache_control: MARK }] },
      { content: [{ type: "tool_result", content: [text("blue", MARK)] }] },
    ]);
    expect(told).toEqual([]);
  });

  const OF_A_MESSAGE: readonly (readonly [string, JsonObject, JsonObject])[] = [
    ["a text", { role: "user", content: "hello" }, text("hello", MARK)],
    ["a list", { role: "user", content: [text("a"), text("b")] }, text("b", MARK)],
    ["a result", { role: "tool", tool_call_id: "c1", content: "blue" }, { type: "tool_result", cache_control: MARK }],
  ];
  test.each(OF_A_MESSAGE)("a mark of a whole message, %s, stands on its last block", (_, message, last) => {
    const { body, told } = toAnthropic({ messages: [{ ...message, cache_control: MARK }] });
    const [turn] = body.messages as [{ content: JsonObject[] } & JsonObject];
    expect(turn.content.at(-1)).toMatchObject(last);
    expect(Object.keys(turn)).toEqual(["role", "content"]);
    expect(told).toEqual([]);
  });

  test("a mark of a system message that is one text makes it a block", () => {
    const messages = [
      { role: "system", content: "rules", cache_control: MARK },
      { role: "user", content: "hi" },
    ];
    expect(toAnthropic({ messages }).body.system).toEqual([text("rules", MARK)]);
  });

  test("a tool is marked beside its function or inside it", () => {
    const fn = { name: "f", parameters: { type: "object" } };
    const tools = [
      { type: "function", function: fn, cache_control: MARK },
      { type: "function", function: { ...fn, cache_control: HOUR } },
      { type: "function", function: { ...fn, strict: true } },
    ];
    const { body, told } = toAnthropic({ messages: [{ role: "user", content: "hi" }], tools });
    expect(body.tools).toMatchObject([{ cache_control: MARK }, { cache_control: HOUR }, { name: "f" }]);
    expect(told).toEqual(["tools[2].function: not in anthropic"]);
  });

  test("a mark of the whole request asks for automatic caching, and takes one of the four places", () => {
    const content = [1, 2, 3, 4].map((at) => text(String(at), MARK));
    const { body, told } = toAnthropic({ messages: [{ role: "user", content }], cache_control: MARK });
    expect(body.cache_control).toEqual(MARK);
    expect(JSON.stringify(body.messages).match(/cache_control/g)).toHaveLength(3);
    expect(told).toEqual(["cache_control: anthropic takes 4 marks: 1 left out between the first and the last ones"]);
  });

  test("of more than four, the first and the last three stay, in the order of the prompt: tools, system, messages", () => {
    const { body, told } = toAnthropic({
      messages: [
        { role: "system", content: [text("s", MARK)] },
        { role: "user", content: [1, 2, 3, 4].map((at) => text(String(at), MARK)) },
      ],
      tools: [{ type: "function", function: { name: "f" }, cache_control: HOUR }],
    });
    expect(body.tools).toMatchObject([{ cache_control: HOUR }]);
    expect(body.system).toEqual([text("s")]);
    expect(body.messages).toEqual([
      { role: "user", content: [text("1"), text("2", MARK), text("3", MARK), text("4", MARK)] },
    ]);
    expect(told).toEqual(["cache_control: anthropic takes 4 marks: 2 left out between the first and the last ones"]);
  });

  test("one that is not a mark is told and left out", () => {
    const { body, told } = toAnthropic({ messages: [{ role: "user", content: [text("a", { type: "for-ever" })] }] });
    expect(JSON.stringify(body)).not.toContain("cache_control");
    expect(told).toEqual(["messages[0].content[0].cache_control: not in anthropic"]);
  });

  test("a client of Responses may mark its parts too", () => {
    const content = [{ type: "input_text", text: "hi", cache_control: MARK }];
    const { body } = toAnthropic({ input: [{ role: "user", content }] }, openaiResponses);
    expect(body.messages).toEqual([{ role: "user", content: [text("hi", MARK)] }]);
  });

  test("a client of Anthropic's own dialect keeps all it wrote: its count is between it and Anthropic", () => {
    const content = [1, 2, 3, 4, 5].map((at) => text(String(at), MARK));
    const messages = [{ role: "user", content }];
    const { body, told } = toAnthropic({ max_tokens: 5, messages }, anthropic);
    expect(body.messages).toEqual(messages);
    expect(told).toEqual([]);
  });
});
