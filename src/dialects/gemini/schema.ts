import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";

/** Members that hold schemas by name, and those that hold one schema or a list of them. */
const NAMED_SCHEMAS: readonly string[] = ["properties", "$defs", "defs"];
const INNER_SCHEMAS: readonly string[] = ["items", "additionalProperties", "anyOf", "oneOf", "allOf", "prefixItems"];

/** 64-bit counts, which Google's JSON writes as text. */
const COUNTS: readonly string[] = ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];

function mapValues(object: JsonObject, change: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

function inner(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(inner);
  return isJsonObject(value) ? toJsonSchema(value) : value;
}

function memberToJsonSchema(name: string, value: JsonValue): JsonValue {
  if (name === "type" && typeof value === "string") return value.toLowerCase();
  if (name === "type" && Array.isArray(value)) return value.map((type) => memberToJsonSchema("type", type));
  if (COUNTS.includes(name) && typeof value === "string" && /^\d+$/.test(value)) return Number(value);
  if (NAMED_SCHEMAS.includes(name) && isJsonObject(value)) return mapValues(value, inner);
  return INNER_SCHEMAS.includes(name) ? inner(value) : value;
}

function withNull(schema: JsonObject): JsonObject {
  const { type, enum: values } = schema;
  if (typeof type === "string") {
    return { ...schema, type: [type, "null"], ...(Array.isArray(values) ? { enum: [...values, null] } : {}) };
  }
  return Array.isArray(schema.anyOf) ? { ...schema, anyOf: [...schema.anyOf, { type: "null" }] } : schema;
}

/**
 * A schema in Google's subset of OpenAPI 3.0 (type names in capitals, `nullable`, counts as text) as JSON schema; one that is
 * JSON schema already comes back as it is. Source: ai.google.dev/api/caching#Schema.
 */
export function toJsonSchema(schema: JsonObject): JsonObject {
  const { nullable, propertyOrdering: _, ...members } = schema;
  const isTyped = members.type !== "TYPE_UNSPECIFIED";
  const kept = Object.entries(members).filter(([name]) => isTyped || name !== "type");
  const plain: JsonObject = Object.fromEntries(kept.map(([name, value]) => [name, memberToJsonSchema(name, value)]));
  return nullable === true ? withNull(plain) : plain;
}

const TYPES: readonly string[] = ["string", "number", "integer", "boolean", "array", "object"];

const FORMATS: Readonly<Record<string, readonly string[]>> = {
  string: ["date-time", "enum"],
  number: ["float", "double"],
  integer: ["int32", "int64"],
};

/** Members that both notations share. */
const SHARED: readonly string[] = [
  ...COUNTS,
  "title",
  "description",
  "default",
  "pattern",
  "minimum",
  "maximum",
  "required",
];

interface TypeName {
  readonly type: string;
  readonly isNullable: boolean;
}

function typeOf(type: JsonValue | undefined): TypeName | undefined {
  if (typeof type === "string") return TYPES.includes(type) ? { type, isNullable: false } : undefined;
  if (!Array.isArray(type) || type.length !== 2 || type[1] !== "null") return undefined;
  const [name] = type;
  return typeof name === "string" && TYPES.includes(name) ? { type: name, isNullable: true } : undefined;
}

/** `enum` holds texts only; null in it must say the same as the type does. */
function enumOf(values: JsonValue | undefined, { type, isNullable }: TypeName): JsonObject | undefined {
  if (values === undefined) return {};
  if (!Array.isArray(values) || type !== "string") return undefined;
  const texts = values.filter((value) => typeof value === "string");
  const nulls = isNullable ? 1 : 0;
  const isWhole = texts.length + nulls === values.length && (nulls === 0 || values.at(-1) === null);
  return isWhole ? { enum: texts } : undefined;
}

function propertiesOf(schema: JsonObject, type: string): JsonObject | undefined {
  if (type !== "object") return schema.properties === undefined ? {} : undefined;
  const { properties, required = [] } = schema;
  if (!isJsonObject(properties) || Object.keys(properties).length === 0) return undefined;
  const isKnown = Array.isArray(required) && required.every((name) => Object.hasOwn(properties, String(name)));
  const written = Object.entries(properties).map(([name, value]) => [name, openApiOf(value)] as const);
  const isWritten = (entry: readonly [string, JsonObject | undefined]): entry is readonly [string, JsonObject] =>
    entry[1] !== undefined;
  const kept = written.filter(isWritten);
  return isKnown && kept.length === written.length ? { properties: Object.fromEntries(kept) } : undefined;
}

function itemsOf(schema: JsonObject, type: string): JsonObject | undefined {
  if (type !== "array") return schema.items === undefined ? {} : undefined;
  const items = openApiOf(schema.items ?? null);
  return items === undefined ? undefined : { items };
}

function formatOf(format: JsonValue | undefined, type: string): JsonObject | undefined {
  if (format === undefined) return {};
  return typeof format === "string" && FORMATS[type]?.includes(format) ? { format } : undefined;
}

function openApiOf(schema: JsonValue): JsonObject | undefined {
  if (!isJsonObject(schema)) return undefined;
  const named = typeOf(schema.type);
  if (named === undefined) return undefined;
  const { type, isNullable } = named;
  const understood = [...SHARED, "type", "enum", "format", "properties", "items"];
  if (Object.keys(schema).some((name) => !understood.includes(name))) return undefined;
  const parts = [
    enumOf(schema.enum, named),
    formatOf(schema.format, type),
    propertiesOf(schema, type),
    itemsOf(schema, type),
  ];
  if (parts.includes(undefined)) return undefined;
  const shared = Object.entries(schema).filter(([name]) => SHARED.includes(name));
  return {
    type: type.toUpperCase(),
    ...Object.fromEntries(shared),
    ...(isNullable ? { nullable: true } : {}),
    ...Object.assign({}, ...parts),
  };
}

/**
 * A JSON schema in Google's subset of OpenAPI 3.0, which every Gemini model takes; undefined where it says something that the
 * subset cannot (references, unions, constants…), which then goes out as JSON schema. `$schema` is left out.
 */
export function toOpenApi(schema: JsonObject): JsonObject | undefined {
  const { $schema: _, ...rest } = schema;
  return openApiOf(rest);
}
