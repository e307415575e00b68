import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import type { ChatRequest, Message } from "../../../src/core/request.ts";
import type { EncodeTarget } from "../../../src/dialects/dialect.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";

const TARGET: EncodeTarget = {
  provider: "openai",
  model: "real-model",
  developerRole: true,
  reasoningField: "reasoning_content",
};

function foreign(messages: readonly Message[], more: Partial<ChatRequest> = {}): ChatRequest {
  return { origin: "anthropic", model: "x", messages, stream: true, ...more };
}

describe("a request of another dialect", () => {
  test.each([
    ["auto", []],
    ["none", []],
    ["required", ["tool_choice"]],
  ] as const)("without tools, the choice %p and a word on parallel calls are left out", (type, lost) => {
    const { body, warnings } = openaiChat.encodeRequest(
      foreign([], { toolChoice: { type }, parallelToolCalls: false }),
      TARGET,
    );
    expect(Object.keys(body)).not.toContain("tool_choice");
    expect(Object.keys(body)).not.toContain("parallel_tool_calls");
    expect(warnings.map(({ field }) => field)).toEqual([...lost]);
  });

  test("of more than four stop sequences the first four are sent, and that is told", () => {
    const stop = ["a", "b", "c", "d", "e"];
    const { body, warnings } = openaiChat.encodeRequest(foreign([], { stop }), TARGET);
    expect(body.stop).toEqual(["a", "b", "c", "d"]);
    expect(warnings).toEqual([{ field: "stop", action: "changed", reason: "only the first 4" }]);
    expect(openaiChat.encodeRequest(foreign([], { stop, origin: "openai-chat" }), TARGET).body.stop).toEqual(stop);
  });

  test("puts all tool results first, one message each, and their images into the user's turn", () => {
    const { body, warnings } = openaiChat.encodeRequest(
      foreign([
        {
          role: "user",
          parts: [
            {
              type: "tool-result",
              toolCallId: "a",
              content: [
                { type: "text", text: "1" },
                { type: "text", text: "2" },
              ],
            },
            {
              type: "tool-result",
              toolCallId: "b",
              isError: true,
              content: [
                { type: "text", text: "bad" },
                { type: "image", source: { kind: "url", url: "u" } },
              ],
            },
            { type: "tool-result", toolCallId: "c", content: [], shape: "absent" },
            { type: "text", text: "go on" },
          ],
        },
      ]),
      TARGET,
    );
    expect(body.messages).toEqual([
      { role: "tool", tool_call_id: "a", content: "1\n\n2" },
      { role: "tool", tool_call_id: "b", content: "Error: bad" },
      { role: "tool", tool_call_id: "c", content: "" },
      {
        role: "user",
        content: [
          { type: "text", text: "go on" },
          { type: "image_url", image_url: { url: "u" } },
        ],
      },
    ]);
    expect(warnings).toEqual([
      { field: "messages[0]", action: "changed", reason: "images of tool results moved to a user message" },
    ]);
  });

  test("becomes plain strings where it is text alone, since few servers take lists in every role", () => {
    const { body } = openaiChat.encodeRequest(
      foreign([
        {
          role: "system",
          placement: "top",
          parts: [
            { type: "text", text: "a" },
            { type: "text", text: "b" },
          ],
        },
        {
          role: "assistant",
          parts: [
            { type: "text", text: "c" },
            { type: "tool-call", id: "t", name: "f", arguments: "{}" },
          ],
        },
        { role: "assistant", parts: [{ type: "tool-call", id: "t", name: "f", arguments: "{}" }] },
      ]),
      TARGET,
    );
    const tool_calls = [{ id: "t", type: "function", function: { name: "f", arguments: "{}" } }];
    expect(body.messages).toEqual([
      { role: "system", content: "a\n\nb" },
      { role: "assistant", content: "c", tool_calls },
      { role: "assistant", content: null, tool_calls },
    ]);
  });

  test("is reported wherever something cannot be said", () => {
    const extra = { dialect: "anthropic", fields: { cache_control: {} } } as const;
    const { warnings } = openaiChat.encodeRequest(
      foreign(
        [
          { role: "developer", parts: [{ type: "text", text: "a", extra }] },
          {
            role: "assistant",
            parts: [
              { type: "reasoning", text: "r", signature: "s" },
              { type: "text", text: "b" },
            ],
            extra,
          },
          {
            role: "user",
            parts: [
              { type: "image", source: { kind: "file-id", id: "i" } },
              { type: "audio", source: { kind: "url", url: "u" } },
              { type: "opaque", dialect: "anthropic", json: {} },
              { type: "reasoning", text: "" },
            ],
          },
        ],
        {
          extra,
          tools: [{ type: "opaque", dialect: "anthropic", json: {} }],
          toolChoice: { type: "auto" },
          reasoning: { budgetTokens: 4000 },
        },
      ),
      { provider: "groq", model: "m" },
    );
    expect(warnings.map(({ field, action }) => `${action} ${field}`).sort()).toEqual([
      "changed messages[0].role",
      "changed thinking.budget_tokens",
      "dropped cache_control",
      "dropped messages[0].content[0].cache_control",
      "dropped messages[1].cache_control",
      "dropped messages[1].reasoning",
      "dropped messages[2].content[0]",
      "dropped messages[2].content[1]",
      "dropped messages[2].content[2]",
      "dropped messages[2].content[3]",
      "dropped tools[0]",
    ]);
  });

  test("names its schema, since this dialect requires a name", () => {
    const format = { type: "json-schema", schema: { type: "object" } } as const;
    const { body } = openaiChat.encodeRequest(foreign([], { responseFormat: format }), TARGET);
    expect(body.response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "answer", schema: { type: "object" } },
    });
  });

  test("says its thinking budget as an effort", () => {
    const effortOf = (budgetTokens: number) =>
      openaiChat.encodeRequest(foreign([], { reasoning: { budgetTokens } }), TARGET).body.reasoning_effort;
    expect([1024, 8000, 32_000].map(effortOf)).toEqual(["low", "medium", "high"]);
  });

  test("drops a tool choice with the tools it chose from", () => {
    const tools = [{ type: "opaque", dialect: "anthropic", json: {} }] as const;
    const { body } = openaiChat.encodeRequest(foreign([], { tools, toolChoice: { type: "required" } }), TARGET);
    expect(body).toEqual({ model: "real-model", messages: [], stream: true });
  });

  test("maps tool ids to nine characters where the target wants that, call and result alike", () => {
    const body: JsonObject = {
      model: "m",
      messages: [
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "toolu_01AbCdEf", type: "function", function: { name: "f", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "toolu_01AbCdEf", content: "1" },
        { role: "tool", tool_call_id: "gSIMJiOkT", content: "2" },
      ],
    };
    const request = openaiChat.decodeRequest(body);
    if (!request.ok) throw new Error(request.error.message);
    const target: EncodeTarget = { ...TARGET, toolIds: "alphanumeric-9" };
    const messages = openaiChat.encodeRequest(request.value, target).body.messages as JsonObject[];
    const id = messages[1]?.tool_call_id;
    expect(id).toMatch(/^[A-Za-z0-9]{9}$/);
    expect(messages[0]?.tool_calls).toMatchObject([{ id: String(id) }]);
    expect(messages[2]?.tool_call_id).toBe("gSIMJiOkT");
  });
});
