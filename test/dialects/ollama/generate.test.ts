import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import type { ChatRequest } from "../../../src/core/request.ts";
import { ollama, ollamaGenerate } from "../../../src/dialects/ollama/dialect.ts";
import { chatRequest } from "./sample.ts";

const TARGET = { provider: "ollama", model: "m" };

function decode(body: JsonObject): ChatRequest {
  const result = ollamaGenerate.decodeRequest(body);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const FULL: JsonObject = {
  model: "m",
  prompt: "def f(",
  system: "be brief",
  suffix: "return x",
  template: "{{ .Prompt }}",
  raw: true,
  context: [1, 2],
  images: ["iVBORw0KGgo="],
  stream: false,
  format: "json",
  think: false,
  keep_alive: 0,
  options: { temperature: 1, num_predict: 5, num_ctx: 64 },
};

describe("/api/generate", () => {
  test("is a chat of a system message and one prompt, whose special members are kept", () => {
    expect(decode(FULL)).toMatchObject({
      model: "m",
      stream: false,
      temperature: 1,
      maxOutputTokens: 5,
      messages: [
        { role: "system", placement: "top", parts: [{ type: "text", text: "be brief" }] },
        { role: "user", parts: [{ type: "text", text: "def f(" }, { type: "image" }] },
      ],
      extra: {
        fields: {
          suffix: "return x",
          template: "{{ .Prompt }}",
          raw: true,
          context: [1, 2],
          keep_alive: 0,
          options: { num_ctx: 64 },
        },
      },
    });
  });

  test("gives back what was read", () => {
    expect(ollamaGenerate.encodeRequest(decode(FULL), TARGET)).toEqual({ body: FULL, warnings: [] });
  });

  test("loads the model when there is no prompt, and streams by default", () => {
    expect(decode({ model: "m" })).toEqual({ model: "m", messages: [], stream: true });
    expect(ollamaGenerate.encodeRequest(decode({ model: "m" }), TARGET).body).toEqual({ model: "m", stream: true });
  });

  test("goes to /api/chat with a warning for what only /api/generate has", () => {
    const { body, warnings } = ollama.encodeRequest(decode(FULL), TARGET);
    expect(body).not.toHaveProperty("suffix");
    expect(body.messages).toEqual([
      { role: "system", content: "be brief" },
      { role: "user", content: "def f(", images: ["iVBORw0KGgo="] },
    ]);
    expect(warnings.map(({ field }) => field)).toEqual(["suffix", "template", "context", "raw"]);
  });

  test("flattens a conversation into one prompt and says so", () => {
    const request = chatRequest({
      messages: [
        { role: "user", parts: [{ type: "text", text: "a" }] },
        { role: "assistant", parts: [{ type: "text", text: "b" }] },
      ],
      tools: [{ type: "function", name: "ls" }],
    });
    const { body, warnings } = ollamaGenerate.encodeRequest(request, TARGET);
    expect(body).toEqual({ model: "m", prompt: "a\n\nb", stream: true });
    expect(warnings.map(({ field, action }) => `${action} ${field}`)).toEqual(["changed messages", "dropped tools"]);
  });

  test.each([
    [{ prompt: "x" }, "model"],
    [{ model: "m", prompt: [] }, "prompt"],
    [{ model: "m", system: 1 }, "system"],
    [{ model: "m", images: [1] }, "images"],
  ] as readonly (readonly [JsonObject, string])[])("refuses %j and names %s", (body, param) => {
    const result = ollamaGenerate.decodeRequest(body);
    expect(result.ok ? undefined : result.error.param).toBe(param);
  });

  test("has its own path", () => {
    expect(ollamaGenerate.chatPath("m", true)).toBe("/api/generate");
  });
});
