import type { JsonObject, JsonValue } from "../../../src/core/json.ts";
import type { Chance } from "./chance.ts";

/** Values of every type, the ends of each range, and names that objects inherit. */
const ODD_VALUES: readonly JsonValue[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  -0,
  1e21,
  1.7976931348623157e308,
  Number.MAX_SAFE_INTEGER + 2,
  5e-324,
  "",
  " ",
  "\ud800",
  "\udc00x\ud83d",
  "\u0000",
  "x".repeat(5_000),
  "__proto__",
  "constructor",
  "data:image/png;base64,AAAA",
  "http://10.0.0.1/x.png",
  "file:///etc/passwd",
  "{{7*7}}",
  "' OR 1=1 --",
  [],
  {},
  [[]],
  [null],
  [{}],
  { type: "text" },
  { type: "image_url", image_url: { url: "http://169.254.169.254/" } },
  { type: "tool_use", id: 1, name: null, input: "x" },
];

const ODD_NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "",
  "\ud800",
  "model",
  "type",
  "stream",
];

function nested(depth: number, chance: Chance): JsonValue {
  let value: JsonValue = "deep";
  for (let level = 0; level < depth; level += 1) value = chance.is(0.5) ? [value] : { a: value };
  return value;
}

function oddValue(chance: Chance): JsonValue {
  return chance.is(0.08) ? nested(chance.below(90), chance) : chance.pick(ODD_VALUES);
}

/** An object with own members of these names, `__proto__` too. */
function objectOf(entries: readonly (readonly [string, JsonValue])[]): JsonObject {
  return Object.fromEntries(entries);
}

function mutateMembers(value: JsonObject, chance: Chance): JsonObject {
  const entries = Object.entries(value);
  const at = chance.below(entries.length + 1);
  const entry = entries[at];
  if (entry === undefined || chance.is(0.1)) return objectOf([...entries, [chance.pick(ODD_NAMES), oddValue(chance)]]);
  const [name, member] = entry;
  const others = entries.filter((_, index) => index !== at);
  if (chance.is(0.1)) return objectOf(others);
  if (chance.is(0.08)) return objectOf([...others, [chance.pick(ODD_NAMES), member]]);
  return objectOf(entries.map((kept, index) => (index === at ? [name, mutateJson(member, chance)] : kept)));
}

function mutateItems(value: readonly JsonValue[], chance: Chance): JsonValue[] {
  const at = chance.below(value.length);
  const item = value[at];
  if (item === undefined) return [oddValue(chance)];
  if (chance.is(0.1)) return value.filter((_, index) => index !== at);
  if (chance.is(0.1)) return [...value, item];
  if (chance.is(0.05)) return value.toReversed();
  return value.map((kept, index) => (index === at ? mutateJson(item, chance) : kept));
}

/** The same value with one thing changed somewhere in it. */
export function mutateJson(value: JsonValue, chance: Chance): JsonValue {
  if (chance.is(0.15)) return oddValue(chance);
  if (Array.isArray(value)) return mutateItems(value, chance);
  if (typeof value === "object" && value !== null) return mutateMembers(value, chance);
  return oddValue(chance);
}
