import fc from "fast-check";
import { stringify } from "yaml";
import type { JsonValue } from "../../../src/core/json.ts";
import type { Entry } from "../../../src/features/clients/client.ts";
import type { FormatName } from "../../../src/features/clients/formats/format.ts";

/** Every comment in a random document starts so, to be counted afterwards. */
export const COMMENT = "keep this remark";

/** Never `a`: that one is a plain value, since entries write over it and nobody can keep a remark inside of it. */
const KEY = fc.stringMatching(/^[b-z][a-z0-9_]{0,6}$/);
const TEXT = fc.stringMatching(/^[ -~äß…]{0,12}$/);
const SCALAR = fc.oneof(TEXT, fc.integer(), fc.boolean());
const LINE_END = fc.constantFrom("\n", "\r\n");

interface Style {
  readonly indent: string;
  readonly commentEvery: number;
  readonly hasTrailingComma: boolean;
  readonly isInline: boolean;
}

const STYLE: fc.Arbitrary<Style> = fc.record({
  indent: fc.constantFrom("  ", "    ", "\t"),
  commentEvery: fc.integer({ min: 1, max: 5 }),
  hasTrailingComma: fc.boolean(),
  isInline: fc.boolean(),
});

/** JSON as a person writes it: comments before, behind and after members, any indentation, trailing commas. */
function writeJsonc(value: JsonValue, style: Style, level: number, count: { of: number }): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  const members = isList ? value.map((item) => ["", item] as const) : Object.entries(value);
  if (members.length === 0) return `${open}${close}`;
  if (style.isInline && level > 0) return JSON.stringify(value);
  const pad = style.indent.repeat(level + 1);
  const lines = members.map(([key, item], at) => {
    count.of += 1;
    const hasComment = count.of % style.commentEvery === 0;
    const label = isList ? "" : `${JSON.stringify(key)}: `;
    const comma = at < members.length - 1 || style.hasTrailingComma ? "," : "";
    const before = hasComment && count.of % 2 === 0 ? `${pad}// ${COMMENT}\n` : "";
    const behind = hasComment && count.of % 2 === 1 ? ` // ${COMMENT}` : "";
    return `${before}${pad}${label}${writeJsonc(item, style, level + 1, count)}${comma}${behind}`;
  });
  return `${open}\n${lines.join("\n")}\n${style.indent.repeat(level)}${close}`;
}

const PLAIN_MAP: fc.Arbitrary<Record<string, JsonValue>> = fc.dictionary(
  KEY,
  fc.oneof(
    SCALAR,
    fc.dictionary(KEY, SCALAR, { maxKeys: 3, noNullPrototype: true }),
    fc.array(SCALAR, { maxLength: 3 }),
  ),
  { maxKeys: 5, noNullPrototype: true },
);

const MAP: fc.Arbitrary<JsonValue> = fc
  .record({ map: PLAIN_MAP, a: fc.option(SCALAR) })
  .map(({ map, a }) => (a === null ? map : { ...map, a }));

const JSONC = fc
  .record({ value: MAP, style: STYLE, end: LINE_END, head: fc.boolean() })
  .map(({ value, style, end, head }) => {
    const text = `${head ? `// ${COMMENT}\n` : ""}${writeJsonc(value, style, 0, { of: 0 })}\n`;
    return text.replaceAll("\n", end);
  });

const TOML_LINE = fc.record({
  key: KEY,
  value: fc.oneof(SCALAR, fc.array(fc.integer(), { maxLength: 3 })),
  hasComment: fc.boolean(),
});

function tomlValue(value: JsonValue): string {
  return Array.isArray(value) && value.length > 1
    ? `[\n  ${value.join(", # a\n  ")} # ${COMMENT}\n]`
    : JSON.stringify(value);
}

function tomlLines(lines: readonly { key: string; value: JsonValue; hasComment: boolean }[]): string {
  const unique = [...new Map(lines.map((line) => [line.key, line])).values()];
  return unique
    .map(({ key, value, hasComment }) => `${key} = ${tomlValue(value)}${hasComment ? ` # ${COMMENT}` : ""}\n`)
    .join("");
}

const TOML = fc
  .record({
    root: fc.array(TOML_LINE, { maxLength: 4 }),
    tables: fc.array(fc.record({ name: KEY, lines: fc.array(TOML_LINE, { maxLength: 3 }) }), { maxLength: 3 }),
    end: LINE_END,
  })
  .map(({ root, tables, end }) => {
    const unique = [...new Map(tables.map((table) => [table.name, table])).values()];
    const blocks = unique.map(({ name, lines }) => `\n# ${COMMENT}\n[t_${name}.x] # ${COMMENT}\n${tomlLines(lines)}`);
    return `# ${COMMENT}\n${tomlLines(root)}${blocks.join("")}`.replaceAll("\n", end);
  });

const YAML = fc
  .record({ value: MAP, hasHead: fc.boolean(), isIndented: fc.boolean() })
  .map(({ value, hasHead, isIndented }) => {
    const body = Object.entries(value as object).map(([key, inner]: [string, JsonValue]) => {
      const text = stringify({ [key]: inner }, { indentSeq: isIndented, lineWidth: 0 });
      return `# ${COMMENT}\n${text}`;
    });
    return `${hasHead ? `# ${COMMENT}\n\n` : ""}${body.join("\n")}`;
  });

const DOTENV = fc
  .array(fc.record({ key: fc.stringMatching(/^[A-Z][A-Z_]{0,6}$/), value: fc.stringMatching(/^[a-z0-9:/.]{0,9}$/) }), {
    maxLength: 5,
  })
  .map((lines) => lines.map(({ key, value }) => `# ${COMMENT}\n${key}=${value} # ${COMMENT}\n`).join("\n"));

/** Random texts as people write them in each format. */
export const DOCUMENTS: Readonly<Record<FormatName, fc.Arbitrary<string>>> = {
  jsonc: JSONC,
  toml: TOML,
  yaml: YAML,
  dotenv: DOTENV,
};

/** Entries of every shape that clients use, some of them on keys that random documents have as well. */
export const ENTRIES: Readonly<Record<FormatName, readonly Entry[]>> = {
  jsonc: [
    { path: ["env", "BASE"], value: "http://127.0.0.1:4000" },
    { path: ["env", "KEY"], value: "any" },
    { path: ["list_of_ours", { key: "name", is: "Lodestar" }], value: { name: "Lodestar", id: 1 }, isOurs: true },
    { path: ["provider", "lodestar"], value: { models: { a: { cost: 0 } } }, isOurs: true },
    { path: ["a"], value: "ours" },
    { path: ["$schema"], value: "https://x", isDefault: true },
  ],
  toml: [
    { path: ["model"], value: "auto" },
    { path: ["a"], value: 7 },
    { path: ["model_providers", "lodestar"], value: { name: "L", headers: { "x-a": "b" } }, isOurs: true },
  ],
  yaml: [
    { path: ["openai-api-base"], value: "http://127.0.0.1:4000/v1" },
    { path: ["a"], value: "ours" },
    {
      path: ["models_of_ours", { key: "name", is: "Lodestar" }],
      value: { name: "Lodestar", roles: ["chat"] },
      isOurs: true,
    },
  ],
  dotenv: [
    { path: ["GEMINI_API_KEY"], value: "any" },
    { path: ["A"], value: "x: y, z: w" },
  ],
};
