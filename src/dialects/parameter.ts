import { type ClientError, refusal } from "../core/fault.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import type { ChatRequest } from "../core/request.ts";
import { failure, type Result, success } from "../core/result.ts";

/** A parameter of a request that has the wrong type; turned into a 400 where the request was read. */
export class BadField extends Error {
  readonly param: string;
  constructor(param: string, expected: string) {
    super(`${param}: ${expected}`);
    this.param = param;
  }
}

/** The error for a member of the wrong type: names the parameter and says what was expected. */
export function invalid(param: string, expected: string): ClientError {
  return refusal("invalid_parameter", `${param} must be ${expected}. Correct it and send the request again.`, {
    param,
  });
}

/** Applies a decoder to each item; the first failure ends it. */
export function decodeAll<Item, Value>(
  items: readonly Item[],
  decode: (item: Item, index: number) => Result<Value, ClientError>,
): Result<readonly Value[], ClientError> {
  const values: Value[] = [];
  for (const [index, item] of items.entries()) {
    const result = decode(item, index);
    if (!result.ok) return result;
    values.push(result.value);
  }
  return success(values);
}

/** A member that is one number, string or flag on the wire and in the model. */
export interface Scalar {
  readonly wire: string;
  readonly name: keyof ChatRequest;
  readonly type: "number" | "string" | "boolean";
}

/** What the scalars of a body say, by their names in the model; of two with one name the later wins. `null` is absent. */
export function readScalars(body: JsonObject, scalars: readonly Scalar[]): Result<Partial<ChatRequest>, ClientError> {
  const fields: Record<string, JsonValue> = {};
  for (const { wire, name, type } of scalars) {
    const value = body[wire];
    if (value === undefined || value === null) continue;
    if (typeof value !== type) return failure(invalid(wire, `a ${type}`));
    fields[name] = value;
  }
  return success(fields);
}
