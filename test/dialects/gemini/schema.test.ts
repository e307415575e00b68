import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject } from "../../../src/core/json.ts";
import { toJsonSchema, toOpenApi } from "../../../src/dialects/gemini/schema.ts";
import { overTheWire } from "../codec.ts";

describe("a schema in Google's notation", () => {
  test("becomes JSON schema: small type names, null as a type, counts as numbers, at every depth", () => {
    const schema = {
      type: "OBJECT",
      nullable: true,
      properties: {
        type: { type: "STRING", enum: ["a"], nullable: true },
        list: {
          type: "ARRAY",
          minItems: "1",
          maxItems: "5",
          items: { anyOf: [{ type: "INTEGER" }, { type: "BOOLEAN" }], nullable: true },
        },
        any: { type: "TYPE_UNSPECIFIED", description: "x" },
        number: { type: "NUMBER", format: "double", minimum: 1 },
      },
      required: ["list"],
      propertyOrdering: ["list", "type"],
    };
    expect(toJsonSchema(schema)).toEqual({
      type: ["object", "null"],
      properties: {
        type: { type: ["string", "null"], enum: ["a", null] },
        list: {
          type: "array",
          minItems: 1,
          maxItems: 5,
          items: { anyOf: [{ type: "integer" }, { type: "boolean" }, { type: "null" }] },
        },
        any: { description: "x" },
        number: { type: "number", format: "double", minimum: 1 },
      },
      required: ["list"],
    });
  });

  test("that is JSON schema already comes back as it is", () => {
    const schema: JsonObject = {
      type: "object",
      properties: { a: { type: ["string", "null"] }, b: { $ref: "#/$defs/c" } },
      $defs: { c: { type: "integer", minimum: 2 } },
      additionalProperties: { type: "string" },
    };
    expect(toJsonSchema(schema)).toEqual(schema);
  });
});

const leaf = fc.oneof(
  fc.record(
    { type: fc.constantFrom<unknown>("string", ["string", "null"]), minLength: fc.nat(), pattern: fc.string() },
    { requiredKeys: ["type"] },
  ),
  fc.record(
    {
      type: fc.constant("string"),
      enum: fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
      description: fc.string(),
    },
    { requiredKeys: ["type"] },
  ),
  fc.constant({ type: ["string", "null"], enum: ["a", null] }),
  fc.record(
    { type: fc.constant("integer"), minimum: fc.integer(), format: fc.constantFrom("int32", "int64") },
    { requiredKeys: ["type"] },
  ),
  fc.record(
    { type: fc.constantFrom<unknown>("number", "boolean", ["boolean", "null"]), title: fc.string() },
    { requiredKeys: ["type"] },
  ),
);
const { schema } = fc.letrec<{ schema: object; array: object; object: object }>((tie) => ({
  schema: fc.oneof({ maxDepth: 3 }, leaf, tie("array"), tie("object")),
  array: fc.record(
    { type: fc.constant("array"), items: tie("schema"), maxItems: fc.nat() },
    { requiredKeys: ["type", "items"] },
  ),
  object: fc
    .dictionary(fc.stringMatching(/^[a-z]\w{0,5}$/), tie("schema"), { minKeys: 1, maxKeys: 3 })
    .map((properties) => ({ type: "object", properties, required: Object.keys(properties).slice(0, 1) })),
}));

describe("a JSON schema", () => {
  test("that the subset can say is the same again after the way there and back", () => {
    fc.assert(
      fc.property(schema, (wanted) => {
        const json = overTheWire(wanted) as JsonObject;
        const openApi = toOpenApi(json);
        if (openApi === undefined) throw new Error(`not written: ${JSON.stringify(json)}`);
        expect(JSON.stringify(openApi)).not.toContain('"type":["');
        expect(toJsonSchema(openApi)).toEqual(json);
      }),
      { numRuns: 300 },
    );
  });

  test("loses no more than its $schema", () => {
    expect(toOpenApi({ $schema: "http://json-schema.org/draft-07/schema#", type: "string" })).toEqual({
      type: "STRING",
    });
  });

  const BEYOND: readonly JsonObject[] = [
    {},
    { type: "null" },
    { type: ["string", "integer"] },
    { type: ["null", "string"] },
    { $ref: "#/a" },
    { anyOf: [{ type: "string" }] },
    { type: "string", const: "a" },
    { type: "string", format: "email" },
    { type: "integer", enum: [1, 2] },
    { type: ["string", "null"], enum: ["a"] },
    { type: "array" },
    { type: "array", items: { type: "null" } },
    { type: "object" },
    { type: "object", properties: {} },
    { type: "object", properties: { a: {} } },
    { type: "object", properties: { a: { type: "string" } }, required: ["b"] },
    { type: "object", properties: { a: { type: "string" } }, additionalProperties: false },
    { type: "string", items: { type: "string" } },
    { type: "string", properties: {} },
  ];

  test.each(BEYOND)("that says more than the subset is not forced into it: %o", (beyond) => {
    expect(toOpenApi(beyond)).toBeUndefined();
  });
});
