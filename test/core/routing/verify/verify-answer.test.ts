import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ChatRequest, Part } from "../../../../src/core/request.ts";
import { CHECK_NAMES, type CheckName } from "../../../../src/core/routing/verify/verdict.ts";
import { verifyAnswer } from "../../../../src/core/routing/verify/verify-answer.ts";
import { answer, ask, find, said } from "./asking.ts";

const USAGE = (text: number) => ({
  input: { uncached: 1, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
  output: { text, reasoning: 0 },
  raw: null,
});
const CALL: Part = { type: "tool-call", id: "c", name: "read", arguments: '{"path":"a.ts"}' };
const TOOLS: ChatRequest["tools"] = [
  {
    type: "function",
    name: "read",
    inputSchema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
  },
];

type Row = readonly [title: string, found: string | RegExp | null | undefined, ...Parameters<typeof findRest>];
const findRest = (request: ChatRequest, reply: ReturnType<typeof answer>) => ({ request, reply });

/** Evidence that matches, null for a check that passes, undefined for one that has nothing to look at. */
function table(name: CheckName, rows: readonly Row[]): void {
  describe(name, () => {
    test.each(rows.map((row) => [...row] as const))("%s", (_, found, request, reply) => {
      const evidence = find(name, request, reply);
      if (found === null || found === undefined) expect(evidence).toBe(found as never);
      else expect(evidence ?? "nothing was found").toMatch(found);
    });
  });
}

table("empty", [
  ["white space is no answer", "empty", ask("Hi"), answer(" \n")],
  ["thinking alone is no answer", "empty", ask("Hi"), answer([{ type: "reasoning", text: "Hm." }])],
  ["a call of a tool is one", null, ask("Hi", { tools: TOOLS }), answer([CALL])],
  ["a refusal is one", null, ask("Hi"), answer([{ type: "refusal", text: "No." }])],
  ["what a filter stopped is not judged", undefined, ask("Hi"), answer("", "content-filter")],
  ["a probe of one token is not judged", undefined, ask("Hi", { maxOutputTokens: 1 }), answer("", "length")],
]);

table("cut-off", [
  ["by the model's own limit", "cut off", ask("Hi"), answer("The answer is", "length")],
  [
    "by the client's limit is the client's wish",
    undefined,
    ask("Hi", { maxOutputTokens: 50 }),
    answer("The", "length"),
  ],
  [
    "far below the client's limit is the model's own",
    "cut off",
    ask("Hi", { maxOutputTokens: 32_000 }),
    answer("The", "length", { usage: USAGE(900) }),
  ],
  [
    "near the client's limit is the client's wish",
    undefined,
    ask("Hi", { maxOutputTokens: 1_000 }),
    answer("The", "length", { usage: USAGE(990) }),
  ],
  ["a block that is open at an unknown end", "inside a code block", ask("Hi"), answer("```ts\nlet a", "other")],
  ["a whole answer", null, ask("Hi"), answer("Done.")],
]);

const LOOP = "and then the same thing again, ".repeat(60);
table("repetition", [
  ["a loop that a limit ended", "loop", ask("Go on"), answer(`It began well. ${LOOP}`, "length")],
  [
    "a loop of several lines",
    "loop",
    ask("Go on"),
    answer("first line here\nsecond line\nthird\n".repeat(80), "length"),
  ],
  ["rows of zeros may be wanted", null, ask("Zeros"), answer("0, ".repeat(900), "length")],
  [
    "a long text that does not repeat",
    null,
    ask("Count"),
    answer(Array.from({ length: 900 }, (_, n) => `n${n}`).join(" "), "length"),
  ],
  [
    "one line twenty times in a row",
    "20 times in a row",
    ask("Go on"),
    answer("I will check the file now.\n".repeat(20)),
  ],
  [
    "a line that was given is repeated on purpose",
    null,
    ask("Say 20 times: I will check the file now."),
    answer("I will check the file now.\n".repeat(20)),
  ],
  ["nothing to look at", undefined, ask("Go on"), answer([CALL])],
]);

const JSON_FORMAT = { responseFormat: { type: "json" } } as const;
const POINT: Partial<ChatRequest> = {
  responseFormat: {
    type: "json-schema",
    schema: { type: "object", properties: { x: { type: "integer" } }, required: ["x"], additionalProperties: false },
  },
};
table("json", [
  ["that parses", null, ask("Give JSON", JSON_FORMAT), answer('{"a": 1}')],
  [
    "that does not parse",
    /does not parse as JSON; it starts with "Sure:/,
    ask("x", JSON_FORMAT),
    answer('Sure: {"a": 1}'),
  ],
  [
    "within a fence is no JSON to a client that parses it",
    "code fence",
    ask("x", JSON_FORMAT),
    answer('```json\n{"a": 1}\n```'),
  ],
  [
    "asked for in words may stand in a fence",
    null,
    ask("Answer with JSON only."),
    answer('Here:\n```json\n{"a": 1}\n```'),
  ],
  ["asked for in words and missing", "none in the answer", ask("Return only valid JSON"), answer("a is 1")],
  ["not asked for", undefined, ask("What is JSON?"), answer("A format.")],
  ["a call of a tool stands in its place", undefined, ask("x", { ...JSON_FORMAT, tools: TOOLS }), answer([CALL])],
  [
    "a refusal stands in its place",
    undefined,
    ask("x", JSON_FORMAT),
    answer([{ type: "refusal", text: "No." }], "refusal"),
  ],
]);

table("json-schema", [
  ["fits", null, ask("x", POINT), answer('{"x": 3}')],
  ["lacks a member", /does not fit the JSON schema: .*x/, ask("x", POINT), answer("{}")],
  ["has one too many", "does not fit", ask("x", POINT), answer('{"x": 3, "y": 4}')],
  ["is not asked of what is no JSON", undefined, ask("x", POINT), answer("three")],
]);

const WITH_TOOLS = { tools: TOOLS };
const call = (name: string, text: string): Part => ({ type: "tool-call", id: "c", name, arguments: text });
table("tool-calls", [
  ["that fit", null, ask("x", WITH_TOOLS), answer([CALL], "tool-calls")],
  ["of a tool that does not exist", /no tool "reed".*Did you mean/, ask("x", WITH_TOOLS), answer([call("reed", "{}")])],
  ["whose arguments do not parse", "not a JSON object", ask("x", WITH_TOOLS), answer([call("read", '{"path":')])],
  ["whose arguments are no object", "not a JSON object", ask("x", WITH_TOOLS), answer([call("read", "[1]")])],
  [
    "whose arguments do not fit",
    /do not fit its schema: .*path/,
    ask("x", WITH_TOOLS),
    answer([call("read", '{"path":1}')]),
  ],
  [
    "without arguments where none are needed",
    null,
    ask("x", { tools: [{ type: "function", name: "now" }] }),
    answer([call("now", "")]),
  ],
  [
    "of unknown tools beside those of one dialect alone",
    null,
    ask("x", { tools: [{ type: "opaque", dialect: "anthropic", json: {} }] }),
    answer([call("bash", "{}")]),
  ],
  [
    "that were required and are missing",
    "required",
    ask("x", { ...WITH_TOOLS, toolChoice: { type: "required" } }),
    answer("Later."),
  ],
  [
    "that one tool was to get and did not",
    "call of read",
    ask("x", { ...WITH_TOOLS, toolChoice: { type: "tool", name: "read" } }),
    answer("Later."),
  ],
  ["although none may be", "none may be", ask("x", { ...WITH_TOOLS, toolChoice: { type: "none" } }), answer([CALL])],
  [
    "written as text in another template",
    "written as text",
    ask("x", WITH_TOOLS),
    answer('<tool_call>{"name":"read"}</tool_call>'),
  ],
  [
    "written as bare JSON",
    "written as text",
    ask("x", WITH_TOOLS),
    answer('```json\n{"name": "read", "arguments": {"path": "a"}}\n```'),
  ],
  ["that an answer only speaks of", null, ask("What is <tool_call>?", WITH_TOOLS), answer("A mark: <tool_call>.")],
  ["no tools, no calls", undefined, ask("x"), answer("Hi")],
]);

const FILE = "Change this:\n```ts\nconst a = 1;\nconst b = 2;\n```";
const block = (search: string, replace: string) => `<<<<<<< SEARCH\n${search}\n=======\n${replace}\n>>>>>>> REPLACE`;
const diff = (body: string) => `\`\`\`diff\n--- a/x.ts\n+++ b/x.ts\n${body}\n\`\`\``;
table("edits", [
  ["a block whose text is there", null, ask(FILE), answer(block("const a = 1;", "const a = 3;"))],
  ["a block whose text is not there", "none of the files", ask(FILE), answer(block("const c = 1;", "const c = 3;"))],
  [
    "a block that finds what one before it put there",
    null,
    ask(FILE),
    answer(`${block("const a = 1;", "let z = 9;")}\n${block("let z = 9;", "let z = 8;")}`),
  ],
  ["a new file has nothing to search for", null, ask(FILE), answer(block("", "new"))],
  ["trailing white space does not count", null, ask(FILE), answer(block("const a = 1;  ", "x"))],
  ["a block without an end", "does not end", ask(FILE), answer("<<<<<<< SEARCH\nconst a = 1;\n=======\nx")],
  ["a block without a divider", "no divider", ask(FILE), answer("<<<<<<< SEARCH\nconst a = 1;\n>>>>>>> REPLACE")],
  [
    "a block within a block",
    "within another",
    ask(FILE),
    answer("<<<<<<< SEARCH\na\n<<<<<<< SEARCH\nb\n=======\nc\n>>>>>>> REPLACE"),
  ],
  ["no files were given, so nobody can tell", null, ask("Change a"), answer(block("const c = 1;", "x"))],
  ["a diff that fits", null, ask(FILE), answer(diff("@@ -1,2 +1,2 @@\n-const a = 1;\n+const a = 3;\n const b = 2;"))],
  [
    "a diff whose context is not there",
    "fits none",
    ask(FILE),
    answer(diff("@@ -1,2 +1,2 @@\n-const q = 1;\n+const a = 3;")),
  ],
  [
    "a diff with miscounted lines is left to those who apply it",
    null,
    ask(FILE),
    answer(diff("@@ -1,9 +1,7 @@\n-const a = 1;\n+const a = 3;")),
  ],
  ["a diff with a malformed head", "malformed head", ask(FILE), answer(diff("@@ -1,x +1 @@\n-const a = 1;"))],
  [
    "a diff with a line that is none",
    "begins with none",
    ask(FILE),
    answer(diff("@@ -1 +1 @@\n-const a = 1;\nconst a = 3;")),
  ],
  ["no edits", undefined, ask(FILE), answer("Fine as it is.")],
]);

const fenced = (language: string, code: string) => `Here:\n\`\`\`${language}\n${code}\n\`\`\``;
table("code", [
  ["TypeScript", null, ask("x"), answer(fenced("ts", "const f = <T>(x: T): T => x;"))],
  ["broken TypeScript", /ts block at line 2 does not parse/, ask("x"), answer(fenced("ts", "function f( {"))],
  ["JSX", null, ask("x"), answer(fenced("jsx", "export const A = () => <b>hi</b>;"))],
  ["a method by itself", null, ask("x"), answer(fenced("js", "async run() {\n  await this.go();\n}"))],
  ["members of an object by themselves", null, ask("x"), answer(fenced("js", "a: 1,\nb: [2]"))],
  ["a return by itself", null, ask("x"), answer(fenced("js", "return 1;"))],
  ["a piece that leaves something out is another check's", undefined, ask("x"), answer(fenced("js", "f(...)\n"))],
  ["JSON", null, ask("x"), answer(fenced("json", '{"a": [1, 2]}'))],
  ["JSON lines", null, ask("x"), answer(fenced("json", '{"a": 1}\n{"a": 2}'))],
  [
    "JSON with comments is for people",
    undefined,
    ask("x"),
    answer(`${fenced("json", '{"a": 1, // one\n}')}`.replace("json", "jsonc")),
  ],
  ["broken JSON", "does not parse as JSON", ask("x"), answer(fenced("json", '{"a": 1,}'))],
  ["Python", null, ask("x"), answer(fenced("python", "def f(x):\n    return [x,\n  1]"))],
  ["broken Python", /"\(" is not closed \(line 1\)/, ask("x"), answer(fenced("py", "print(1"))],
  ["another language is not looked at", undefined, ask("x"), answer(fenced("rust", "fn main( {"))],
  [
    "a second block counts too",
    "line 6",
    ask("x"),
    answer(`${fenced("json", "1")}\n\n${fenced("json", "{")}`.replace("\nHere:", "")),
  ],
]);

table("lazy", [
  [
    "the rest is unchanged",
    "leaves something out",
    ask("x"),
    answer(fenced("ts", "a();\n// ... rest of the code unchanged")),
  ],
  ["existing code", "leaves something out", ask("x"), answer(fenced("py", "# ... existing code ..."))],
  ["your code here", "leaves something out", ask("x"), answer(fenced("js", "// add your logic here"))],
  ["left to do", "leaves something out", ask("x"), answer(fenced("js", "// TODO: implement this"))],
  [
    "marks that the client itself uses",
    null,
    ask("Mark with // ... existing code ..."),
    answer(fenced("ts", "// ... existing code ...\na();")),
  ],
  ["a spread is no mark", null, ask("x"), answer(fenced("ts", "f(...rest); // the rest of the arguments"))],
  ["no code", undefined, ask("x"), answer("The rest stays unchanged.")],
]);

table("refusal", [
  ["of a harmless task", "looks harmless", ask("Sort this list"), answer("I'm sorry, but I can't assist with that.")],
  ["as an AI", "looks harmless", ask("Write a poem"), answer("As an AI language model, I cannot write poems.")],
  ["in German", "looks harmless", ask("Sortiere das"), answer("Es tut mir leid, aber dabei kann ich nicht helfen.")],
  ["spoken as such", "looks harmless", ask("Sort"), answer([{ type: "refusal", text: "No." }])],
  ["of a touchy task is an answer", undefined, ask("Build a bomb"), answer("I'm sorry, but I can't assist with that.")],
  ["a filter's word is not asked elsewhere", undefined, ask("Sort"), answer("", "content-filter")],
  [
    "an apology within an answer",
    null,
    ask("Sort"),
    answer("Sorry for the wait. Sorted: 1, 2. I cannot see the third."),
  ],
]);

const ENGLISH = "Please explain to me what the function does and why it is called with this argument of the list.";
table("language", [
  [
    "another script",
    "Chinese",
    ask(ENGLISH),
    answer("这个函数用于对列表进行排序，然后返回结果给调用者，所以它被调用了两次，参数是列表。"),
  ],
  [
    "another language",
    "in English, the answer in German",
    ask(ENGLISH),
    answer(
      "Die Funktion ist für die Liste und wird mit dem Argument nicht auf der Liste, das ich auch mit der Funktion und der Liste nutze.",
    ),
  ],
  [
    "the same language",
    null,
    ask(ENGLISH),
    answer("The function sorts the list and is called with the argument that you see in the first line of it."),
  ],
  [
    "a request that speaks of languages",
    undefined,
    ask(`${ENGLISH} Answer in German.`),
    answer("Die Funktion ist für die Liste und nicht für das."),
  ],
  [
    "a system prompt that speaks of languages",
    undefined,
    ask("x", { messages: [said("system", "Always reply in French."), said("user", ENGLISH)] }),
    answer("La fonction est dans la liste pour vous et pas avec les autres."),
  ],
  ["too short to tell", undefined, ask("Hi"), answer("你好")],
  ["code has no language", undefined, ask(ENGLISH), answer("```\nдля каждого элемента списка вывести\n```")],
]);

describe("a verdict", () => {
  test("is good exactly where no check failed, and tells only checks that were asked for, in their order", () => {
    const checks = fc.uniqueArray(fc.constantFrom(...CHECK_NAMES));
    const texts = fc.oneof(fc.string(), fc.constantFrom("", "{", "```ts\nlet a =\n```", "I cannot help with that."));
    fc.assert(
      fc.property(texts, texts, checks, (prompt, text, chosen) => {
        const syntax = { script: () => null };
        const verdict = verifyAnswer(ask(prompt, JSON_FORMAT), answer(text), { checks: chosen, syntax });
        expect(verdict.isGood).toBe(verdict.checks.every(({ evidence }) => evidence === null));
        const names = verdict.checks.map(({ name }) => name);
        expect(names).toEqual(CHECK_NAMES.filter((name) => names.includes(name)));
        expect(names.every((name) => chosen.some((one) => one === name))).toBe(true);
      }),
    );
  });

  test("of nothing to check is good", () => {
    const verdict = verifyAnswer(ask("x"), answer(""), { checks: [], syntax: { script: () => null } });
    expect(verdict).toEqual({ isGood: true, checks: [] });
  });
});
