import { readFileSync } from "node:fs";
import * as v from "valibot";
import { failure, type Result, success } from "../core/result.ts";
import { didYouMean } from "../core/suggest.ts";
import { errorCode } from "../host/private-file.ts";
import type { ConfigProblem, Place } from "./problem.ts";
import { type Config, ConfigSchema } from "./schema.ts";
import { formatPath, readYaml, type ValuePath } from "./yaml-source.ts";

/** One source of configuration, validated: a file, the environment or the flags. */
export interface Layer {
  readonly config: Config;
  /** Where a value stands in this layer, or null when this layer does not set it. */
  readonly place: (path: ValuePath, part?: "key" | "value") => Place | null;
}

/** Settings that are looked for at the top and stand elsewhere. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["rules", "write it below `routing`, as `routing: { rules: [...] }`"],
]);
/** Blocks whose values may be private: never repeated in a message. */
const PRIVATE: ReadonlySet<string> = new Set(["providers", "webhooks"]);

function member(schema: unknown, name: string): unknown {
  return typeof schema === "object" && schema !== null && name in schema
    ? (schema as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function unwrap(schema: unknown): unknown {
  const inner = member(schema, "wrapped");
  return inner === undefined ? schema : unwrap(inner);
}

/** The schema below a path of `root`, or undefined where there is none. */
function schemaAt(root: unknown, path: ValuePath): unknown {
  let schema: unknown = unwrap(root);
  for (const step of path) {
    const entry = member(member(schema, "entries"), String(step));
    schema = unwrap(entry ?? member(schema, "value") ?? member(schema, "item"));
  }
  return schema;
}

/** A fault in the shape of a value, before its values are looked at. */
interface ShapeFault extends Pick<ConfigProblem, "code" | "message" | "fix"> {
  readonly path: ValuePath;
  readonly part: "key" | "value";
}

type PlaceOf = (path: ValuePath, part: "key" | "value") => Place;

function gotText(path: ValuePath, input: unknown): string {
  if (PRIVATE.has(String(path[0]))) return "";
  if (input === null) return " (it is empty)";
  if (typeof input === "number" || typeof input === "boolean") return ` (it is ${input})`;
  return typeof input === "string" && input.length <= 40 ? ` (it is ${JSON.stringify(input)})` : "";
}

/** What a misspelt choice may have meant, or nothing. */
function meantBy(schema: unknown, path: ValuePath, input: unknown): string {
  if (typeof input !== "string") return "";
  const options =
    path[0] === "timeZone" ? Intl.supportedValuesOf("timeZone") : member(schemaAt(schema, path), "options");
  return Array.isArray(options)
    ? didYouMean(
        input,
        options.filter((option) => typeof option === "string"),
      ).trim()
    : "";
}

/** The innermost issue: a union reports the branch that came nearest. */
function toProblem(
  schema: unknown,
  issue: v.BaseIssue<unknown>,
  place: (path: ValuePath, part: "key" | "value") => Place,
): ConfigProblem {
  const steps = issue.path ?? [];
  const path = steps.map((step) => (typeof step.key === "number" ? step.key : String(step.key)));
  const isKeyIssue = steps.at(-1)?.origin === "key";
  const isMissing = issue.type === "strict_object" && issue.received === "undefined";
  const message = isMissing ? "is missing" : issue.message;
  return {
    code: "invalid_value",
    ...place(path, isKeyIssue ? "key" : "value"),
    path: formatPath(path),
    message: isMissing || isKeyIssue ? message : `${message}${gotText(path, issue.input)}`,
    fix: isMissing ? "add it" : meantBy(schema, path, issue.input) || "change it, or remove it for the default",
  };
}

function unknownKey(path: ValuePath, known: readonly string[]): ShapeFault {
  const key = String(path.at(-1) ?? "");
  const elsewhere = path.length === 1 ? ELSEWHERE.get(key) : undefined;
  const fix = elsewhere ?? (didYouMean(key, known).trim() || `known here: ${known.join(", ")}`);
  return { code: "unknown_key", path, part: "key", message: "is not a setting", fix };
}

/** What valibot lets pass or reports only once: lists where a block belongs, and every unknown name. */
function shapeFaults(root: unknown, path: ValuePath, value: unknown): readonly ShapeFault[] {
  if (typeof value !== "object" || value === null) return [];
  const schema = schemaAt(root, path);
  const type = member(schema, "type");
  if (Array.isArray(value)) {
    const isBlock = type === "strict_object" || type === "record";
    if (!isBlock) return value.flatMap((inner, index) => shapeFaults(root, [...path, index], inner));
    const message = "must be a block of `name: value` lines, not a list";
    return [{ code: "invalid_value", path, part: "value", message, fix: "remove the brackets or dashes" }];
  }
  const known = type === "strict_object" ? Object.keys(member(schema, "entries") ?? {}) : null;
  return Object.entries(value).flatMap(([key, inner]) =>
    known === null || known.includes(key)
      ? shapeFaults(root, [...path, key], inner)
      : [unknownKey([...path, key], known)],
  );
}

/** In the order of the file. */
function sortProblems(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** Validates a raw value by the schema of its file. `place` says where a path stands in it. */
export function validateWith<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  place: PlaceOf,
): Result<v.InferOutput<Schema>, readonly ConfigProblem[]> {
  const faults = shapeFaults(schema, [], value).map(
    ({ path, part, ...fault }): ConfigProblem => ({ ...fault, ...place(path, part), path: formatPath(path) }),
  );
  const hasList = faults.some((fault) => fault.code === "invalid_value");
  const parsed = hasList ? null : v.safeParse(schema, value ?? {}, { abortPipeEarly: true });
  if (faults.length === 0 && parsed?.success) return success(parsed.output);
  const issues = (parsed?.issues ?? []).filter((issue) => issue.type !== "strict_object" || issue.expected !== "never");
  return failure(sortProblems([...faults, ...issues.map((issue) => toProblem(schema, issue, place))]));
}

/** Validates one layer's raw value. */
export function validateLayer(value: unknown, place: PlaceOf): Result<Config, readonly ConfigProblem[]> {
  return validateWith(ConfigSchema, value, place);
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
    const code = errorCode(error);
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
