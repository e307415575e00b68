import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonValue } from "../../src/core/json.ts";
import { jsonLimitExceeded } from "../../src/core/json-limits.ts";

const SMALL = { maxDepth: 3, maxNodes: 10, maxKeys: 2 };

describe("the limits of JSON", () => {
  const within = [
    "1",
    "null",
    '"x"',
    "[]",
    "[[[1]]]",
    '{"a":{"b":{"c":1}}}',
    "[1,2,3,4,5,6,7,8,9]",
    '{"__proto__":1,"constructor":2}',
  ];
  for (const text of within)
    test(`let ${text} through`, () => expect(jsonLimitExceeded(JSON.parse(text), SMALL)).toBeNull());

  const beyond: [string, string][] = [
    ["[[[[]]]]", "nested more than 3 levels"],
    ["[[[{}]]]", "nested more than 3 levels"],
    ['{"a":{"b":{"c":{"d":1}}}}', "nested more than 3 levels"],
    ["[1,2,3,4,5,6,7,8,9,10]", "more than 10 values"],
    ["[[1,2,3,4],[1,2,3,4]]", "more than 10 values"],
    ['{"a":1,"b":2,"c":3}', "more than 2 members"],
  ];
  for (const [text, reason] of beyond) {
    test(`refuse ${text}`, () => expect(jsonLimitExceeded(JSON.parse(text), SMALL)).toContain(reason));
  }

  test("stand a nesting of a million, which recursion would not", () => {
    const depth = 1_000_000;
    let value: JsonValue = 1;
    for (let level = 0; level < depth; level += 1) value = [value];
    expect(jsonLimitExceeded(value)).toContain("64 levels");
  });

  test("let through what real clients send: long lists, long texts, tool schemas of 60 levels", () => {
    const tokens = Array.from({ length: 100_000 }, (_, index) => index);
    expect(jsonLimitExceeded({ input: tokens, text: "x".repeat(1_000_000) })).toBeNull();
    let schema: JsonValue = {};
    for (let level = 0; level < 60; level += 1) schema = { properties: schema };
    expect(jsonLimitExceeded(schema)).toBeNull();
  });

  test("measure depth and nodes exactly as a recursive count does", () => {
    const depthOf = (value: JsonValue): number =>
      typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    const nodesOf = (value: JsonValue): number =>
      1 +
      (typeof value === "object" && value !== null
        ? Object.values(value).reduce<number>((sum, member) => sum + nodesOf(member), 0)
        : 0);
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (generated) => {
        const value: JsonValue = JSON.parse(JSON.stringify(generated));
        const [depth, nodes] = [depthOf(value), nodesOf(value)];
        const none = { maxDepth: 1000, maxNodes: 100_000, maxKeys: 1000 };
        expect(jsonLimitExceeded(value, { ...none, maxDepth: depth })).toBeNull();
        expect(jsonLimitExceeded(value, { ...none, maxNodes: nodes })).toBeNull();
        if (depth > 0) expect(jsonLimitExceeded(value, { ...none, maxDepth: depth - 1 })).toContain("levels");
        expect(jsonLimitExceeded(value, { ...none, maxNodes: nodes - 1 })).toContain("values");
      }),
    );
  });
});
