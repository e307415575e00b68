import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../src/core/json.ts";
import { schemaMismatch } from "../../src/core/json-schema.ts";

const PERSON: JsonObject = {
  type: "object",
  properties: { name: { type: "string", minLength: 1 }, age: { type: ["integer", "null"], minimum: 0 } },
  required: ["name", "age"],
  additionalProperties: false,
};
const TREE: JsonObject = {
  $ref: "#/$defs/node",
  $defs: {
    node: {
      type: "object",
      properties: { value: { type: "number" }, children: { type: "array", items: { $ref: "#/$defs/node" } } },
      required: ["value"],
    },
  },
};

describe("a value and the JSON schema of an answer", () => {
  const FITTING: readonly (readonly [string, JsonValue, JsonObject])[] = [
    ["no rule", [1, { a: null }], {}],
    ["an object as described", { name: "Ada", age: 36 }, PERSON],
    ["one of several types", { name: "Ada", age: null }, PERSON],
    ["a whole number written as a fraction", 2.0, { type: "integer" }],
    ["a reference that comes round again", { value: 1, children: [{ value: 2, children: [] }] }, TREE],
    ["one of several schemas", 3, { anyOf: [{ type: "string" }, { type: "number" }] }],
    ["exactly one schema", 3, { oneOf: [{ minimum: 5 }, { maximum: 4 }] }],
    ["members of any name, of one schema", { a: 1, b: 2 }, { additionalProperties: { type: "number" } }],
    ["a choice that is an object", { b: [1], a: 2 }, { enum: ["x", { a: 2, b: [1] }] }],
    ["a list with a head of its own", ["a", 1, 2], { prefixItems: [{ type: "string" }], items: { type: "number" } }],
    ["a multiple of a decimal fraction", 0.3, { multipleOf: 0.1 }],
    ["characters, not their halves", "😀", { maxLength: 1 }],
    ["rules for values of another type", "text", { minimum: 5, minItems: 2, required: ["a"] }],
    ["a keyword nobody knows", 1, { "x-order": ["a"], title: "t", format: "email" }],
    ["a reference to elsewhere", 1, { $ref: "https://example.com/schema" }],
    ["a name that every object inherits", { name: "Ada" }, { properties: { constructor: { type: "number" } } }],
  ];
  test.each(FITTING)("fits: %s", (_, value, schema) => {
    expect(schemaMismatch(value, schema)).toBeNull();
  });

  const BREAKING: readonly (readonly [JsonValue, JsonObject, string])[] = [
    [[], PERSON, "$ must be of type object"],
    [{ name: "Ada" }, PERSON, "$.age is missing"],
    [{ name: "Ada", age: 1.5 }, PERSON, "$.age must be of type integer or null"],
    [{ name: "Ada", age: -1 }, PERSON, "$.age must be at least 0"],
    [{ name: "", age: 1 }, PERSON, "$.name must have at least 1 characters"],
    [{ name: "Ada", age: 1, born: 1815 }, PERSON, "$.born must not be there"],
    [{ value: 1, children: [{ value: "2" }] }, TREE, "$.children[0].value must be of type number"],
    ["c", { enum: ["a", "b"] }, '$ must be one of ["a","b"]'],
    [2, { const: 1 }, "$ must be 1"],
    [{ a: 1 }, { const: { a: 1, b: 2 } }, '$ must be {"a":1,"b":2}'],
    [true, { anyOf: [{ type: "string" }, { type: "number" }] }, "$ must match one of the schemas of anyOf"],
    [3, { oneOf: [{ minimum: 1 }, { maximum: 4 }] }, "$ must match exactly one of the schemas of oneOf"],
    [3, { allOf: [{ minimum: 1 }, { exclusiveMaximum: 3 }] }, "$ must be less than 3"],
    [3, { not: { type: "number" } }, "$ must not match the schema of not"],
    [3, { exclusiveMinimum: 3 }, "$ must be more than 3"],
    [3, { maximum: 2 }, "$ must be at most 2"],
    [0.35, { multipleOf: 0.1 }, "$ must be a multiple of 0.1"],
    [["a", "b"], { prefixItems: [{ type: "string" }], items: false }, "$[1] must not be there"],
    [[1], { prefixItems: [{ type: "string" }] }, "$[0] must be of type string"],
    [[1, 2], { maxItems: 1 }, "$ must have at most 1 items"],
    [[], { minItems: 1 }, "$ must have at least 1 items"],
    ["long", { maxLength: 3 }, "$ must have at most 3 characters"],
    [{}, { required: ["toString"] }, "$.toString is missing"],
  ];
  test.each(BREAKING)("%j breaks %j: %s", (value, schema, why) => {
    expect(schemaMismatch(value, schema)).toBe(why);
  });

  test("a schema that only refers to itself, and alternatives without end, come to an end", () => {
    expect(schemaMismatch(1, { $ref: "#" })).toContain("too deep");
    const twice: JsonObject = { allOf: [{ anyOf: [{ $ref: "#" }, { $ref: "#" }] }] };
    expect(schemaMismatch(1, twice)).not.toBeNull();
  });

  test("any value fits a schema made of its own types, and none fits with a member more that is required", () => {
    const schemaOf = (value: JsonValue): JsonObject => {
      if (Array.isArray(value)) return { type: "array", prefixItems: value.map(schemaOf), items: false };
      if (value === null || typeof value !== "object") return { const: value };
      const properties = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, schemaOf(member)]));
      return { type: "object", properties, required: Object.keys(value), additionalProperties: false };
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => {
        const value = JSON.parse(JSON.stringify(json)) as JsonValue;
        const schema = schemaOf(value);
        expect(schemaMismatch(value, schema)).toBeNull();
        const wrapped: JsonObject = { type: "object", properties: { value: schema }, required: ["value", "more"] };
        expect(schemaMismatch({ value }, wrapped)).toBe("$.more is missing");
      }),
    );
  });
});
