import { describe, expect, test } from "bun:test";
import { type Check, checkText, codeOf, jsonOf } from "../../../src/core/tournament/check.ts";

describe("the code of an answer", () => {
  test.each([
    ["a block of the language", "Sure:\n```js\nconst a = 1;\n```\nand\n```text\nno\n```", "const a = 1;\n"],
    ["blocks of one language together", "```js\na\n```\nthen\n```javascript\nb\n```", "a\n\nb\n"],
    ["a block without a language", "```\nplain\n```", "plain\n"],
    ["the longest of other languages", "```go\nshort\n```\n```rust\nmuch longer\n```", "much longer\n"],
    ["a fence that is never closed", "```js\nopen end", "open end"],
    ["an answer that is all code", "const a = 1;", "const a = 1;"],
    ["tildes, indented", "  ~~~js\n  x\n  ~~~", "  x\n"],
  ])("is %s", (_what, answer, code) => {
    expect(codeOf(answer, "javascript")).toBe(code);
  });
});

describe("the JSON of an answer", () => {
  test.each([
    ['{"a": 1}', { a: 1 }],
    ["Here:\n```json\n[1, 2]\n```", [1, 2]],
    ['The result is {"a": {"b": 2}}, as asked.', { a: { b: 2 } }],
    ["none", undefined],
    ["{broken", undefined],
  ])("%j holds %j", (answer, value) => {
    expect(jsonOf(answer)).toEqual(value);
  });
});

describe("a check without a program", () => {
  const cases: readonly (readonly [Check, string, string])[] = [
    [{ kind: "text", all: ["Alpha", "beta"] }, "BETA and alpha", "passed"],
    [{ kind: "text", all: ["alpha", "beta"] }, "alpha", "failed"],
    [{ kind: "text", any: ["x", "y"] }, "why", "passed"],
    [{ kind: "text", any: ["x", "y"] }, "no", "failed"],
    [{ kind: "text", none: ["sorry"] }, "Sorry, no", "failed"],
    [{ kind: "json", equals: { a: 1, b: [2] } }, '{"b": [2], "a": 1}', "passed"],
    [{ kind: "json", equals: [1, 2] }, "[2, 1]", "failed"],
    [{ kind: "json", equals: null }, "nothing", "failed"],
    [{ kind: "code", language: "python", tests: "" }, "anything", "unknown"],
  ];
  test.each(cases)("%j of %j: %s", (check, answer, result) => {
    expect(checkText(check, answer)).toBe(result as never);
  });
});
