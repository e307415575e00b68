import { readFileSync } from "node:fs";
import * as v from "valibot";
import { failure, type Result, success } from "../core/result.ts";
import { didYouMean } from "../core/suggest.ts";
import type { ConfigProblem, Place } from "./problem.ts";
import { type Config, ConfigSchema } from "./schema.ts";
import { formatPath, readYaml, type ValuePath } from "./yaml-source.ts";

/** One source of configuration, validated: a file, the environment or the flags. */
export interface Layer {
  readonly config: Config;
  /** Where a value stands in this layer, or null when this layer does not set it. */
  readonly place: (path: ValuePath, part?: "key" | "value") => Place | null;
}

/** Sections that later versions add: said plainly, so that nobody believes they work already. */
const LATER: ReadonlySet<string> = new Set(["rules", "budgets", "cache"]);
/** Blocks whose values may be private: never repeated in a message. */
const PRIVATE: ReadonlySet<string> = new Set(["providers"]);

function member(schema: unknown, name: string): unknown {
  return typeof schema === "object" && schema !== null && name in schema
    ? (schema as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function unwrap(schema: unknown): unknown {
  const inner = member(schema, "wrapped");
  return inner === undefined ? schema : unwrap(inner);
}

/** The schema below a path, or undefined where there is none. */
export function schemaAt(path: ValuePath): unknown {
  let schema: unknown = unwrap(ConfigSchema);
  for (const step of path) {
    const entry = member(member(schema, "entries"), String(step));
    schema = unwrap(entry ?? member(schema, "value") ?? member(schema, "item"));
  }
  return schema;
}

/** The names that a block may hold; empty where any name goes. */
function knownKeys(path: ValuePath): readonly string[] {
  return Object.keys((member(schemaAt(path), "entries") as Readonly<Record<string, unknown>> | undefined) ?? {});
}

function unknownKey(path: ValuePath): Pick<ConfigProblem, "code" | "message" | "fix"> {
  const key = String(path.at(-1) ?? "");
  const known = knownKeys(path.slice(0, -1));
  const isLater = path.length === 1 && LATER.has(key);
  const hint = didYouMean(key, known).trim();
  const message = isLater ? "is not supported by this version yet" : "is not a setting";
  const fix = isLater ? "remove it" : hint || `known here: ${known.join(", ")}`;
  return { code: "unknown_key", message, fix };
}

function gotText(path: ValuePath, input: unknown): string {
  if (PRIVATE.has(String(path[0]))) return "";
  if (input === null) return " (it is empty)";
  if (typeof input === "number" || typeof input === "boolean") return ` (it is ${input})`;
  return typeof input === "string" && input.length <= 40 ? ` (it is ${JSON.stringify(input)})` : "";
}

/** The innermost issue: a union reports the branch that came nearest. */
function toProblem(
  issue: v.BaseIssue<unknown>,
  place: (path: ValuePath, part: "key" | "value") => Place,
): ConfigProblem {
  const steps = issue.path ?? [];
  const path = steps.map((step) => (typeof step.key === "number" ? step.key : String(step.key)));
  const isKeyIssue = steps.at(-1)?.origin === "key";
  if (issue.type === "strict_object" && issue.expected === "never") {
    return { ...place(path, "key"), path: formatPath(path), ...unknownKey(path) };
  }
  const isMissing = issue.type === "strict_object" && issue.received === "undefined";
  const message = isMissing ? "is missing" : issue.message;
  return {
    code: "invalid_value",
    ...place(path, isKeyIssue ? "key" : "value"),
    path: formatPath(path),
    message: isMissing || isKeyIssue ? message : `${message}${gotText(path, issue.input)}`,
    fix: isMissing ? "add it" : "change it, or remove it for the default",
  };
}

/** Lists where a block belongs, which valibot takes for an object. */
function misplacedLists(schemaPath: ValuePath, value: unknown): readonly ValuePath[] {
  if (typeof value !== "object" || value === null) return [];
  const type = member(schemaAt(schemaPath), "type");
  if (Array.isArray(value) && (type === "strict_object" || type === "record")) return [schemaPath];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, inner]) => misplacedLists([...schemaPath, key], inner));
}

/** Validates one layer's raw value. `place` says where a path stands in it. */
export function validateLayer(
  value: unknown,
  place: (path: ValuePath, part: "key" | "value") => Place,
): Result<Config, readonly ConfigProblem[]> {
  const lists = misplacedLists([], value);
  if (lists.length > 0) {
    const message = "must be a block of `name: value` lines, not a list";
    const fix = "remove the brackets or dashes";
    return failure(
      lists.map((path) => ({
        code: "invalid_value",
        ...place(path, "value"),
        path: formatPath(path),
        message,
        fix,
      })),
    );
  }
  const parsed = v.safeParse(ConfigSchema, value ?? {});
  if (parsed.success) return success(parsed.output);
  return failure(parsed.issues.map((issue) => toProblem(issue, place)));
}

function hasPath(value: unknown, path: ValuePath): boolean {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step)) return false;
    current = (current as Readonly<Record<string | number, unknown>>)[step];
  }
  return true;
}

/** Parses and validates the text of a configuration file. Never throws. */
export function parseConfig(text: string, file: string): Result<Layer, readonly ConfigProblem[]> {
  const source = readYaml(text, file);
  if (!source.ok) return source;
  const { value, place } = source.value;
  const config = validateLayer(value, place);
  if (!config.ok) return config;
  return success({
    config: config.value,
    place: (path, part = "value") => (hasPath(value, path) ? place(path, part) : null),
  });
}

/** Reads, parses and validates a configuration file; null when there is none. */
export function readConfigFile(file: string): Result<Layer | null, readonly ConfigProblem[]> {
  const problem = (message: string, fix: string): Result<never, readonly ConfigProblem[]> =>
    failure([{ code: "unreadable", origin: file, path: "", message, fix }]);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "ENOENT" || code === "ENOTDIR") return success(null);
    return problem(`cannot be read (${code})`, code === "EACCES" ? `chown or chmod ${file}` : "name a regular file");
  }
  try {
    return parseConfig(new TextDecoder("utf-8", { fatal: true }).decode(bytes), file);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return problem("is not UTF-8 text", "save it as UTF-8");
  }
}
