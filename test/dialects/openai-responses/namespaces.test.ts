import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../../src/core/json.ts";
import type { Part } from "../../../src/core/request.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { Dialect } from "../../../src/dialects/dialect.ts";
import { gemini } from "../../../src/dialects/gemini/dialect.ts";
import { ollama } from "../../../src/dialects/ollama/dialect.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { openaiResponses } from "../../../src/dialects/openai-responses/dialect.ts";
import { flatName } from "../../../src/dialects/openai-responses/namespace.ts";
import { costOf } from "../codec.ts";

const FILES: JsonObject = {
  type: "namespace",
  name: "mcp__files",
  description: "The files of the project.",
  tools: [
    { type: "function", name: "find", description: "Finds.", parameters: { type: "object" } },
    { type: "custom", name: "patch", description: "Edits." },
  ],
};
const WEB: JsonObject = { type: "namespace", name: "mcp__web__", tools: [{ type: "function", name: "find" }] };
const SHELL: JsonObject = { type: "function", name: "shell" };
const TOOLS = [SHELL, FILES, WEB];
const INPUT: JsonValue = [
  { role: "user", content: "look" },
  { type: "function_call", call_id: "c1", namespace: "mcp__files", name: "find", arguments: "{}" },
  { type: "function_call_output", call_id: "c1", output: "a.ts" },
  { type: "custom_tool_call", call_id: "c2", namespace: "mcp__files", name: "patch", input: "*** Begin" },
  { type: "custom_tool_call_output", call_id: "c2", output: "done" },
];
const NAMES = ["shell", "mcp__files__find", "mcp__files__patch", "mcp__web__find"];

function requestOf(body: JsonObject) {
  const request = openaiResponses.decodeRequest({ model: "m", ...body });
  if (!request.ok) throw new Error(request.error.message);
  return request.value;
}

function written(to: Pick<Dialect, "encodeRequest">, body: JsonObject = { input: INPUT, tools: TOOLS }) {
  return to.encodeRequest(requestOf(body), { provider: "p", model: "claude-haiku-4-5", maxOutputTokens: 64_000 });
}

describe("corner case 3: the namespaces in which Codex sends the tools of its MCP servers", () => {
  const READERS: readonly (readonly [string, Pick<Dialect, "encodeRequest">, (body: JsonObject) => unknown])[] = [
    ["chat", openaiChat, ({ tools }) => (tools as { function: JsonObject }[]).map((tool) => tool.function.name)],
    ["Messages", anthropic, ({ tools }) => (tools as JsonObject[]).map(({ name }) => name)],
    ["Ollama", ollama, ({ tools }) => (tools as { function: JsonObject }[]).map((tool) => tool.function.name)],
    [
      "Gemini",
      gemini,
      ({ tools }) =>
        (tools as { functionDeclarations: JsonObject[] }[]).flatMap((tool) =>
          tool.functionDeclarations.map(({ name }) => name),
        ),
    ],
  ];

  test.each(READERS)("are functions of their own to a target of %s, earlier calls included", (_, dialect, namesIn) => {
    const { body, warnings } = written(dialect);
    expect(namesIn(body)).toEqual(NAMES);
    expect(JSON.stringify(body)).toContain("Finds.\\n\\nmcp__files: The files of the project.");
    expect(JSON.stringify(body.messages ?? body.contents)).toContain('"name":"mcp__files__find"');
    expect(JSON.stringify(body.messages ?? body.contents)).toContain('"name":"mcp__files__patch"');
    expect(warnings.filter(({ field }) => field.startsWith("tools"))).toEqual([]);
  });

  test("go out to a target of their own dialect as they came, calls included", () => {
    const { body, warnings } = written(openaiResponses);
    expect(body).toMatchObject({ tools: TOOLS, input: INPUT });
    expect(warnings).toEqual([]);
  });

  const STAMP = {
    requestedModel: "m",
    requestId: "req_1",
    nowMs: 0,
    streamUsage: false,
    echo: { tools: TOOLS },
  };
  const COST = costOf("p/m");
  const ITEMS = [
    { type: "function_call", call_id: "0", name: "shell", arguments: '{"a":1}' },
    { type: "function_call", call_id: "1", name: "find", namespace: "mcp__files", arguments: '{"a":1}' },
    { type: "custom_tool_call", call_id: "2", name: "patch", namespace: "mcp__files", input: "text" },
    { type: "function_call", call_id: "3", name: "find", namespace: "mcp__web__", arguments: '{"a":1}' },
  ];
  const CALLS = NAMES.map((name, index): Extract<Part, { type: "tool-call" }> => {
    const args = name.endsWith("patch") ? '{"input":"text"}' : '{"a":1}';
    return { type: "tool-call", id: String(index), name, arguments: args };
  });
  const FINISH = { unified: "tool-calls", raw: null } as const;

  test("come back in a whole answer as calls that name their namespace, since Codex finds no tool without", () => {
    const reply = { id: "r", model: "m", parts: CALLS, finish: FINISH };
    const { output } = openaiResponses.encodeReply(reply, STAMP, COST);
    expect(output).toMatchObject(ITEMS);
    expect(JSON.stringify((output as JsonObject[])[0])).not.toContain("namespace");
  });

  test("come back so in a stream, when the call begins and when it is done", () => {
    const { initial, step } = openaiResponses.encoder;
    let state = initial(STAMP);
    const events: JsonObject[] = [];
    const parts = [
      ...CALLS.flatMap(({ id, name, arguments: args }, block) => [
        { type: "tool-call-start", block, id, name } as const,
        { type: "tool-call-delta", block, arguments: args } as const,
        { type: "tool-call-end", block } as const,
      ]),
      { type: "finish", finish: FINISH } as const,
    ];
    for (const part of parts) {
      const [next, written] = step(state, part, COST);
      state = next;
      events.push(...written.flatMap(({ data }) => (data === "[DONE]" ? [] : [JSON.parse(data)])));
    }
    const items = (type: string) => events.filter((event) => event.type === type).map(({ item }) => item);
    expect(items("response.output_item.done")).toMatchObject(ITEMS);
    expect(items("response.output_item.added")).toMatchObject(
      ITEMS.map(({ name, namespace }) => (namespace === undefined ? { name } : { name, namespace })),
    );
  });

  test("keep apart where two would have one name, and where a function has it already", () => {
    const find = { type: "function", name: "find" };
    const tools = [
      { type: "function", name: "a__find" },
      { type: "namespace", name: "a", tools: [find] },
      { type: "namespace", name: "a__", tools: [find] },
    ];
    const names = (requestOf({ input: "x", tools }).tools ?? []).map((tool) =>
      tool.type === "function" ? tool.name : "",
    );
    expect(new Set(names).size).toBe(3);
    expect(names[0]).toBe("a__find");
    const parts = names.map((name, at): Part => ({ type: "tool-call", id: String(at), name, arguments: "{}" }));
    const reply = { id: "r", model: "m", parts, finish: FINISH };
    expect(openaiResponses.encodeReply(reply, { ...STAMP, echo: { tools } }, COST).output).toMatchObject([
      { name: "a__find" },
      { name: "find", namespace: "a" },
      { name: "find", namespace: "a__" },
    ]);
  });

  test.each([
    [{ type: "namespace", name: "n", tools: [] }],
    [{ type: "namespace", name: "n", tools: [{ type: "tool_of_2027", name: "x" }] }],
    [{ type: "namespace", tools: [SHELL] }],
  ])("%j holds nothing that other dialects could call: it is told and left out", (tool) => {
    const { body, warnings } = written(openaiChat, { input: "x", tools: [SHELL, tool] });
    expect(body.tools).toHaveLength(1);
    expect(warnings).toMatchObject([{ field: "tools[1]", action: "dropped" }]);
    expect(written(openaiResponses, { input: "x", tools: [tool] }).body.tools).toEqual([tool]);
  });

  test("a malformed tool in one is an error that names it", () => {
    const tools = [{ type: "namespace", name: "n", tools: [{ type: "function", name: "f", parameters: 3 }] }];
    const refused = openaiResponses.decodeRequest({ model: "m", input: "x", tools });
    expect(refused).toMatchObject({ ok: false, error: { param: "tools[0].tools[0].parameters" } });
  });

  test("any two names make one that every provider takes, the same each time", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (namespace, name) => {
        expect(flatName(namespace, name)).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        expect(flatName(namespace, name)).toBe(flatName(namespace, name));
      }),
    );
    const long = "x".repeat(60);
    expect(flatName(long, "one")).not.toBe(flatName(long, "two"));
    expect(flatName("a.b", "c")).not.toBe(flatName("a_b", "c"));
  });
});

describe("corner case 3: tools that Codex sends among its input, as additional_tools", () => {
  const EXEC: JsonObject = { type: "namespace", name: "functions", tools: [{ type: "custom", name: "exec" }] };
  const ITEM: JsonObject = {
    type: "additional_tools",
    role: "developer",
    tools: [EXEC, SHELL, { type: "web_search" }],
  };
  const BODY = { input: [ITEM, { role: "user", content: "look" }] };

  test("are offered to a target of another dialect, which knows no such item", () => {
    const { body } = written(openaiChat, BODY);
    expect((body.tools as { function: JsonObject }[]).map((tool) => tool.function.name)).toEqual([
      "functions__exec",
      "shell",
    ]);
    expect(body.messages).toEqual([{ role: "user", content: "look" }]);
  });

  test("are told as left out only where something of them is", () => {
    const told = (tools: JsonValue[], ...after: JsonObject[]): readonly string[] => {
      const input = [{ ...ITEM, tools }, ...after, { role: "user", content: "look" }];
      return written(openaiChat, { input }).warnings.map(({ field }) => field);
    };
    const called = { type: "function_call", call_id: "c", name: "shell", arguments: "{}" };
    expect(told([EXEC, SHELL])).toEqual([]);
    expect(told([{ type: "namespace", name: "empty", tools: [] }])).toEqual([]);
    expect(told([EXEC, { type: "web_search" }])).toEqual(["messages[0]"]);
    expect(told([EXEC], called)).toEqual(["messages[0].content[0]"]);
  });

  test("stand beside the request's own tools, each under its own name", () => {
    const { body } = written(openaiChat, { ...BODY, tools: [{ type: "function", name: "functions__exec" }] });
    const names = (body.tools as { function: JsonObject }[]).map((tool) => tool.function.name);
    expect([names[0], new Set(names).size]).toEqual(["functions__exec", 3]);
  });

  const AGAIN = [...BODY.input, { ...ITEM, tools: [SHELL] }, { ...ITEM, tools: [EXEC] }, ...BODY.input];
  const ALONE = [
    { ...ITEM, tools: [EXEC] },
    { type: "message", role: "user", content: [], id: "msg_1" },
  ];
  test.each([[{}], [{ tools: [FILES] }], [{ input: AGAIN }], [{ input: ALONE }]])(
    "go out in their own dialect where they stood, and nowhere else (%j)",
    (more) => {
      const { body, warnings } = written(openaiResponses, { ...BODY, ...more });
      expect(body).toEqual({ model: "claude-haiku-4-5", ...BODY, ...more });
      expect(warnings).toEqual([]);
    },
  );

  test("come back as calls that name their namespace", () => {
    const echo = openaiResponses.echoOf?.(BODY) ?? {};
    const stamp = { requestedModel: "m", requestId: "req_1", nowMs: 0, streamUsage: false, echo };
    const call: Part = { type: "tool-call", id: "c", name: "functions__exec", arguments: '{"input":"ls"}' };
    const reply = { id: "r", model: "m", parts: [call], finish: { unified: "tool-calls", raw: null } } as const;
    expect(openaiResponses.encodeReply(reply, stamp, costOf("p/m")).output).toMatchObject([
      { type: "custom_tool_call", name: "exec", namespace: "functions", input: "ls" },
    ]);
  });
});
