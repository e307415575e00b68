import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import { TWINS } from "../../src/config/environment.ts";
import { finishSettings } from "../../src/config/finish.ts";
import { exampleConfig } from "../../src/config/init.ts";
import { ConfigSchema } from "../../src/config/schema.ts";
import { shownSettings } from "../../src/config/show.ts";
import { PROVIDERS } from "../../src/providers/_all.ts";
import type { GeneratedFile } from "./providers.ts";

const INTRODUCTION = `# Configuration

*Generated from the schema in \`src/config/schema.ts\` by \`bun run generate\`. Do not edit.*

Lodestar needs no file. It finds Ollama on this machine and provider keys in the environment. A file is YAML, read from
\`~/.config/lodestar/config.yaml\` (or below \`$XDG_CONFIG_HOME\`) and \`/etc/lodestar/config.yaml\`; \`--config FILE\` or
\`LODESTAR_CONFIG\` names another one instead. \`lodestar init\` writes one to start from.

Flags win over environment variables, these over the user's file, that over the system's. Unknown names are errors. A
running daemon reloads a changed file, and keeps the old configuration when there is a mistake.

Editors complete and check the file by [\`config.schema.json\`](config.schema.json):
\`# yaml-language-server: $schema=config.schema.json\`.

Times are written with a unit (\`500ms\`, \`10s\`, \`2m\`, \`1h\`, \`90d\`), sizes too (\`512KB\`, \`64MB\`; 1 KB is 1,024 bytes).
A key is never written into the file: \`env:NAME\` or \`file:NAME\` says where it is. A relative \`file:\` is looked up among
systemd's credentials (\`$CREDENTIALS_DIRECTORY\`), then beside the configuration file.
`;

/** Sections whose blocks the user names. */
const NAMED = ["providers", "projects"];

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The JSON Schema of the file as people write it, for editors and `config schema`. */
function configJsonSchema(): JsonSchema {
  const schema = toJsonSchema(ConfigSchema, { typeMode: "input", errorMode: "ignore" });
  return { ...schema, title: "Lodestar configuration" };
}

/** The schema of a block's values, or of those of a list's blocks, below what makes it optional. */
function properties(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  const options = [schema, ...((schema.anyOf ?? []) as JsonSchema[])];
  const items = options.flatMap((option) => (typeof option.items === "object" ? [option.items as JsonSchema] : []));
  const inner = [...options, ...items].find((option) => option.properties !== undefined);
  return (inner?.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
}

/** A value of the schema with a description: a section's stands one level down, beside `null`. */
function describe(schema: JsonSchema): string {
  const options = [schema, ...((schema.anyOf ?? []) as JsonSchema[])];
  return options.find((option) => option.description !== undefined)?.description ?? "";
}

function defaultOf(section: string, name: string | null): string {
  if (section === "timeZone") return "the system's";
  const settings = shownSettings(finishSettings({}, [], null, false, []));
  const outer = settings[section] as Readonly<Record<string, unknown>> | undefined;
  const value = name === null ? outer : outer?.[name];
  return value === undefined ? "" : `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function variableOf(path: string): string {
  const twin = TWINS.find((candidate) => candidate.path.join(".") === path);
  return twin === undefined ? "" : `\`${twin.variable}\``;
}

function sectionText(name: string, schema: JsonSchema): string {
  const head = `## ${name}\n\n${describe(schema)}\n`;
  const rows = Object.entries(properties(schema)).map(([key, inner]) => {
    const cells = [`\`${key}\``, describe(inner), defaultOf(name, key), variableOf(`${name}.${key}`)];
    return `| ${cells.map(cell).join(" | ")} |`;
  });
  if (rows.length === 0) return `${head}\nDefault: ${defaultOf(name, null) || "none"}. ${variableOf(name)}`.trimEnd();
  return `${head}\n| name | what it does | default | variable |\n|---|---|---|---|\n${rows.join("\n")}`;
}

/** A section of blocks that the user names. */
function namedBlocksText(name: string, schema: JsonSchema): string {
  const record = [schema, ...((schema.anyOf ?? []) as JsonSchema[])].find(
    (option) => typeof option.additionalProperties === "object",
  );
  const block = record?.additionalProperties as JsonSchema | undefined;
  const rows = Object.entries(block === undefined ? {} : properties(block)).map(
    ([key, inner]) => `| \`${key}\` | ${cell(describe(inner))} |`,
  );
  return `## ${name}\n\n${describe(schema)}\n\n| name | what it does |\n|---|---|\n${rows.join("\n")}`;
}

function builtInText(): string {
  const rows = PROVIDERS.map((provider) => {
    const dialects = provider.endpoints.map((endpoint) => endpoint.dialect).join(", ");
    const keys = provider.keyEnv.map((name) => `\`${name}\``).join(", ") || "none";
    return `| \`${provider.id}\` | ${provider.name} | ${keys} | ${provider.endpoints[0]?.baseUrl} | ${dialects} |`;
  });
  return [
    "## Built-in providers",
    "",
    "`LODESTAR_<NAME>_BASE_URL` moves any of them (`LODESTAR_OPENAI_BASE_URL`; Google's also as `LODESTAR_GEMINI_BASE_URL`),",
    "`OLLAMA_HOST` moves Ollama.",
    "",
    "| id | name | key in the environment | base URL | dialects |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

/** `docs/config.md`, the JSON Schema and the example file, all from the one schema. */
export function generateConfigDocs(): readonly GeneratedFile[] {
  const schema = configJsonSchema();
  const sections = Object.entries(properties(schema)).map(([name, inner]) =>
    NAMED.includes(name) ? namedBlocksText(name, inner) : sectionText(name, inner),
  );
  const schemaText = jsonText(schema);
  return [
    { path: "docs/config.md", text: `${[INTRODUCTION.trimEnd(), ...sections, builtInText()].join("\n\n")}\n` },
    { path: "docs/config.schema.json", text: schemaText },
    { path: "src/config/schema.gen.json", text: schemaText },
    { path: "config/lodestar.example.yaml", text: exampleConfig() },
  ];
}
