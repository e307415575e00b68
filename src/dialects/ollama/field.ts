import { type ClientError, refusal } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";

/** Reads members of a client's body by type; what does not fit is noted and reads as absent. `null` is absent, as in Ollama. */
export interface FieldReader {
  readonly problems: readonly ClientError[];
  string(object: JsonObject, name: string, path?: string): string | undefined;
  number(object: JsonObject, name: string, path?: string): number | undefined;
  boolean(object: JsonObject, name: string, path?: string): boolean | undefined;
  object(object: JsonObject, name: string, path?: string): JsonObject | undefined;
  list(object: JsonObject, name: string, path?: string): readonly JsonValue[] | undefined;
  /** Notes a problem found by the caller. */
  note(param: string, message: string): void;
}

function kindOf(value: JsonValue): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A reader for one body. The first problem is the one to answer with. */
export function fieldReader(): FieldReader {
  const problems: ClientError[] = [];
  const note = (param: string, message: string): void => {
    problems.push(refusal("invalid_type", message, { param }));
  };
  const reads =
    <Value extends JsonValue>(wanted: string, fits: (value: JsonValue) => value is Value) =>
    (object: JsonObject, name: string, path = ""): Value | undefined => {
      const value = object[name];
      if (value === undefined || value === null) return undefined;
      if (fits(value)) return value;
      note(`${path}${name}`, `\`${path}${name}\` must be ${wanted}, not ${kindOf(value)}`);
      return undefined;
    };
  return {
    problems,
    note,
    string: reads("a string", (value) => typeof value === "string"),
    number: reads("a number", (value) => typeof value === "number"),
    boolean: reads("true or false", (value) => typeof value === "boolean"),
    object: reads("an object", (value): value is JsonObject => isJsonObject(value)),
    list: reads("a list", (value): value is JsonValue[] => Array.isArray(value)),
  };
}
