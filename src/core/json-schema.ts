import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";

/** A value and its schema, nested this deep, are not checked further: a schema may refer to itself. */
const MAX_DEPTH = 128;

/** Schemas tried in one check: alternatives that refer to themselves could multiply without end. */
const MAX_TRIES = 100_000;

/** One check of one answer, as it goes down. */
interface Check {
  readonly root: JsonObject;
  triesLeft: number;
}

/** Where a check stands. `path` is of the value, as in `$.people[0].age`; `schema` is the one that is being checked. */
interface Place {
  readonly check: Check;
  readonly path: string;
  readonly depth: number;
  readonly schema: JsonObject;
}

/** Why a value breaks a keyword of its schema whose argument is `rule`; null where it does not, or the keyword has no say. */
type Keyword = (value: JsonValue, rule: JsonValue, place: Place) => string | null;

function typeOf(value: JsonValue): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function isOfType(value: JsonValue, type: JsonValue): boolean {
  return type === "integer" ? Number.isInteger(value) : type === typeOf(value);
}

function isSame(one: JsonValue, other: JsonValue): boolean {
  if (Array.isArray(one))
    return (
      Array.isArray(other) && one.length === other.length && one.every((item, at) => isSame(item, other[at] ?? null))
    );
  if (!isJsonObject(one)) return one === other;
  const names = Object.keys(one);
  if (!isJsonObject(other) || Object.keys(other).length !== names.length) return false;
  return names.every((name) => Object.hasOwn(other, name) && isSame(one[name] ?? null, other[name] ?? null));
}

/** What `#/$defs/name` and the like point at; undefined where it is not in this schema. */
function resolve(pointer: JsonValue, root: JsonObject): JsonValue | undefined {
  if (typeof pointer !== "string" || !pointer.startsWith("#")) return undefined;
  let found: JsonValue | undefined = root;
  for (const step of pointer.slice(1).split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    found = isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found;
}

function below(place: Place, path: string): Place {
  return { ...place, path, depth: place.depth + 1 };
}

function rulesOf(rule: JsonValue): readonly JsonValue[] {
  return Array.isArray(rule) ? rule : [];
}

function countFitting(value: JsonValue, rule: JsonValue, place: Place): number {
  return rulesOf(rule).filter((schema) => mismatch(value, schema, below(place, place.path)) === null).length;
}

function bound(breaks: (value: number, limit: number) => boolean, words: string): Keyword {
  return (value, rule, { path }) =>
    typeof value === "number" && typeof rule === "number" && breaks(value, rule)
      ? `${path} must be ${words} ${rule}`
      : null;
}

function size(sizeOf: (value: JsonValue) => number | null, isMost: boolean, unit: string): Keyword {
  return (value, rule, { path }) => {
    const count = sizeOf(value);
    if (count === null || typeof rule !== "number" || (isMost ? count <= rule : count >= rule)) return null;
    return `${path} must have at ${isMost ? "most" : "least"} ${rule} ${unit}`;
  };
}

const lettersOf = (value: JsonValue): number | null => (typeof value === "string" ? [...value].length : null);
const itemsOf = (value: JsonValue): number | null => (Array.isArray(value) ? value.length : null);

/** A remainder up to what the division of decimal fractions leaves. */
function isMultiple(value: number, step: number): boolean {
  const times = value / step;
  return Math.abs(times - Math.round(times)) < 1e-9;
}

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  $ref(value, rule, place) {
    const schema = resolve(rule, place.check.root);
    return schema === undefined ? null : mismatch(value, schema, below(place, place.path));
  },
  type(value, rule, { path }) {
    const types = Array.isArray(rule) ? rule : [rule];
    return types.some((type) => isOfType(value, type)) ? null : `${path} must be of type ${types.join(" or ")}`;
  },
  enum(value, rule, { path }) {
    const isListed = rulesOf(rule).some((choice) => isSame(choice, value));
    return isListed ? null : `${path} must be one of ${JSON.stringify(rule).slice(0, 100)}`;
  },
  const(value, rule, { path }) {
    return isSame(value, rule) ? null : `${path} must be ${JSON.stringify(rule).slice(0, 100)}`;
  },
  required(value, rule, { path }) {
    if (!isJsonObject(value)) return null;
    const missing = rulesOf(rule).find((name) => typeof name === "string" && !Object.hasOwn(value, name));
    return missing === undefined ? null : `${path}.${String(missing)} is missing`;
  },
  properties(value, rule, place) {
    if (!isJsonObject(value) || !isJsonObject(rule)) return null;
    return firstMismatch(Object.keys(rule), (name) =>
      Object.hasOwn(value, name)
        ? mismatch(value[name] ?? null, rule[name], below(place, `${place.path}.${name}`))
        : null,
    );
  },
  additionalProperties(value, rule, place) {
    if (!isJsonObject(value)) return null;
    const known = isJsonObject(place.schema.properties) ? place.schema.properties : {};
    const others = Object.keys(value).filter((name) => !Object.hasOwn(known, name));
    return firstMismatch(others, (name) => mismatch(value[name] ?? null, rule, below(place, `${place.path}.${name}`)));
  },
  prefixItems(value, rule, place) {
    if (!Array.isArray(value)) return null;
    const rules = rulesOf(rule).slice(0, value.length);
    return firstMismatch([...rules.keys()], (at) =>
      mismatch(value[at] ?? null, rules[at], below(place, `${place.path}[${at}]`)),
    );
  },
  items(value, rule, place) {
    if (!Array.isArray(value)) return null;
    const first = rulesOf(place.schema.prefixItems ?? null).length;
    return firstMismatch([...value.keys()].slice(first), (at) =>
      mismatch(value[at] ?? null, rule, below(place, `${place.path}[${at}]`)),
    );
  },
  allOf: (value, rule, place) =>
    firstMismatch(rulesOf(rule), (schema) => mismatch(value, schema, below(place, place.path))),
  anyOf: (value, rule, place) =>
    countFitting(value, rule, place) > 0 ? null : `${place.path} must match one of the schemas of anyOf`,
  oneOf: (value, rule, place) =>
    countFitting(value, rule, place) === 1 ? null : `${place.path} must match exactly one of the schemas of oneOf`,
  not: (value, rule, place) =>
    mismatch(value, rule, below(place, place.path)) === null ? `${place.path} must not match the schema of not` : null,
  minimum: bound((value, limit) => value < limit, "at least"),
  maximum: bound((value, limit) => value > limit, "at most"),
  exclusiveMinimum: bound((value, limit) => value <= limit, "more than"),
  exclusiveMaximum: bound((value, limit) => value >= limit, "less than"),
  multipleOf: bound((value, step) => !isMultiple(value, step), "a multiple of"),
  minLength: size(lettersOf, false, "characters"),
  maxLength: size(lettersOf, true, "characters"),
  minItems: size(itemsOf, false, "items"),
  maxItems: size(itemsOf, true, "items"),
};

function firstMismatch<Item>(items: readonly Item[], check: (item: Item) => string | null): string | null {
  for (const item of items) {
    const why = check(item);
    if (why !== null) return why;
  }
  return null;
}

function mismatch(value: JsonValue, schema: JsonValue | undefined, place: Place): string | null {
  if (schema === false) return `${place.path} must not be there`;
  if (!isJsonObject(schema)) return null;
  place.check.triesLeft -= 1;
  if (place.depth > MAX_DEPTH || place.check.triesLeft < 0) return `${place.path} is nested too deep to be checked`;
  return firstMismatch(Object.keys(schema), (name) => {
    const keyword = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined;
    return keyword === undefined ? null : keyword(value, schema[name] ?? null, { ...place, schema });
  });
}

/**
 * The first thing in which a value breaks a JSON schema (draft 2020-12), as in `$.people[0].age must be of type integer`; null where
 * it fits. Checked is what the providers' structured outputs support, less `pattern` and `format`: an expression of a stranger's may
 * take for ever. References are followed inside the schema only; a keyword not known here has no say.
 */
export function schemaMismatch(value: JsonValue, schema: JsonObject): string | null {
  return mismatch(value, schema, { check: { root: schema, triesLeft: MAX_TRIES }, path: "$", depth: 0, schema });
}
