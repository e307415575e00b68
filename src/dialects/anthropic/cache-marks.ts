import { isJsonObject, type JsonObject, type JsonValue, without } from "../../core/json.ts";
import type { Extra } from "../../core/request.ts";
import { type WarningSink, warn } from "../extra.ts";

/** More are refused. */
const MOST_MARKS = 4;

/** The fields of one of another dialect's tools, its mark at the place where {@link import("./extra.ts").ownFields} finds it. */
export function withOuterMark(extra: Extra | undefined): Extra | undefined {
  const inner = extra?.fields.function;
  if (extra === undefined || extra.dialect === "anthropic" || !isJsonObject(inner)) return extra;
  const { cache_control: mark } = inner;
  if (mark === undefined) return extra;
  const rest = without(inner, ["cache_control"]);
  const fields = { ...without(extra.fields, ["function"]), cache_control: mark };
  return { ...extra, fields: Object.keys(rest).length === 0 ? fields : { ...fields, function: rest } };
}

/** The blocks with a message's own mark on the last of them, which is where Anthropic looks for it. */
export function markLast(blocks: readonly JsonObject[], mark: JsonValue | undefined): readonly JsonObject[] {
  const last = blocks.at(-1);
  if (mark === undefined || last === undefined) return blocks;
  return [...blocks.slice(0, -1), { ...last, cache_control: mark }];
}

/** The value with each marked object in it, in the order of the prompt, written as `write` says. */
function mapMarked(value: JsonValue, write: (block: JsonObject) => JsonObject): JsonValue {
  if (Array.isArray(value)) return value.map((block) => mapMarked(block, write));
  if (!isJsonObject(value)) return value;
  const { content } = value;
  const block = Array.isArray(content) ? { ...value, content: mapMarked(content, write) } : value;
  return Object.hasOwn(block, "cache_control") ? write(block) : block;
}

/** The members of a body in which marks may stand, in the order of the prompt. */
const MARKED_MEMBERS = ["tools", "system", "messages"];

function mapBody(body: JsonObject, write: (block: JsonObject) => JsonObject): JsonObject {
  const members = MARKED_MEMBERS.filter((name) => Object.hasOwn(body, name));
  const mapped = members.map((name) => [name, mapMarked(body[name] ?? null, write)] as const);
  return { ...body, ...Object.fromEntries(mapped) };
}

/**
 * A body with no more cache marks than Anthropic takes; what is left out is told. Of too many the first stays and the last ones:
 * the front of a prompt changes least, its end reaches furthest. A mark of the body itself counts as one.
 */
export function limitMarks(body: JsonObject, sink: WarningSink): JsonObject {
  let marks = 0;
  mapBody(body, (block) => {
    marks += 1;
    return block;
  });
  const most = Object.hasOwn(body, "cache_control") ? MOST_MARKS - 1 : MOST_MARKS;
  const surplus = marks - most;
  if (surplus <= 0) return body;
  const reason = `anthropic takes ${MOST_MARKS} marks: ${surplus} left out between the first and the last ones`;
  warn(sink, "cache_control", "dropped", reason);
  let seen = -1;
  return mapBody(body, (block) => {
    seen += 1;
    return seen === 0 || seen > surplus ? block : without(block, ["cache_control"]);
  });
}
