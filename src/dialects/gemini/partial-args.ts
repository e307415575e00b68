import { isJsonObject, type JsonObject, type JsonValue, objectsIn } from "../../core/json.ts";
import { stringIn } from "./fields.ts";

/** Arguments of a call that come in pieces (Vertex, `streamFunctionCallArguments`): each names its place by a JSON path. */
type Path = readonly (string | number)[];

/** A list longer than any argument: an index beyond it is an upstream's mistake, not a reason to fill memory. */
const MAX_INDEX = 100_000;

const STEP = /\.([^.[\]]+)|\[(\d+)\]|\[(?:'([^']*)'|"([^"]*)")\]/gy;

/** The names and indexes of a path such as `$.recipe.steps[7]` or `$['a b']`; undefined when it is none. */
function parsePath(path: string): Path | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: (string | number)[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (match === null) return undefined;
    const [, name, index, single, double] = match;
    if (index !== undefined && Number(index) > MAX_INDEX) return undefined;
    steps.push(index === undefined ? (name ?? single ?? double ?? "") : Number(index));
  }
  return steps;
}

/** A copy of the value with another one at the end of the path; whatever stands in the way is replaced. */
function setAt(value: JsonValue | undefined, path: Path, change: (old: JsonValue | undefined) => JsonValue): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined) return change(value);
  if (typeof step === "number") {
    const list = Array.isArray(value) ? [...value] : [];
    while (list.length < step) list.push(null);
    list[step] = setAt(list[step], rest, change);
    return list;
  }
  const object = isJsonObject(value) ? value : {};
  const entries = Object.entries(object).filter(([name]) => name !== step);
  const inner = setAt(Object.hasOwn(object, step) ? object[step] : undefined, rest, change);
  if (Object.hasOwn(object, step)) {
    return Object.fromEntries(Object.entries(object).map(([name, old]) => [name, name === step ? inner : old]));
  }
  return Object.fromEntries([...entries, [step, inner]]);
}

/** A text that grows piece by piece, or a value that comes whole. */
function changeOf(piece: JsonObject): ((old: JsonValue | undefined) => JsonValue) | undefined {
  const { stringValue: text, numberValue: number, boolValue: isTrue, nullValue } = piece;
  if (typeof text === "string") return (old) => (typeof old === "string" ? old + text : text);
  if (typeof number === "number") return () => number;
  if (typeof isTrue === "boolean") return () => isTrue;
  return nullValue === undefined ? undefined : () => null;
}

/** The arguments so far with the `partialArgs` of one more event in them; a piece that cannot be placed is left out. */
export function applyPartialArgs(args: JsonObject, call: JsonObject): JsonObject {
  return objectsIn(call, "partialArgs").reduce<JsonObject>((before, piece) => {
    const path = parsePath(stringIn(piece, "jsonPath") ?? "");
    const change = changeOf(piece);
    if (path === undefined || path.length === 0 || change === undefined) return before;
    const after = setAt(before, path, change);
    return isJsonObject(after) ? after : before;
  }, args);
}
