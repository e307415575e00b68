import { isJsonObject, type JsonObject, type JsonValue, without } from "../../core/json.ts";
import type { Message, Part } from "../../core/request.ts";
import { BadField } from "../parameter.ts";
import { extraOf } from "./fields.ts";
import { type CallNaming, readPart } from "./part-read.ts";
import { matchPending, mintToolCallId, type PendingCall } from "./tool-id.ts";

/**
 * Names the calls of a conversation by turn and place, and gives each result without an id to the call it answers: by name,
 * then by order. The same conversation is named alike in every later request, which caching at the provider needs.
 */
function nameCalls(): { readonly naming: CallNaming; readonly startTurn: (index: number) => void } {
  let turn = 0;
  let ordinal = 0;
  let pending: readonly PendingCall[] = [];
  return {
    startTurn(index) {
      turn = index;
      ordinal = 0;
    },
    naming: {
      nameCall(given, name) {
        const id = given ?? mintToolCallId(String(turn), ordinal);
        ordinal += 1;
        pending = [...pending, { id, name }];
        return id;
      },
      nameResult(given, name) {
        const id = given ?? matchPending(pending, name)?.id ?? mintToolCallId(`result_${turn}`, ordinal);
        ordinal += 1;
        pending = pending.filter((call) => call.id !== id);
        return id;
      },
    },
  };
}

function readParts(parts: JsonValue | undefined, path: string, naming: CallNaming): readonly Part[] {
  if (parts === undefined || parts === null) return [];
  if (!Array.isArray(parts)) throw new BadField(path, "must be a list of parts");
  return parts.map((part, index) => readPart(part, `${path}[${index}]`, naming));
}

/** Nothing in a system prompt calls anything. */
const NO_CALLS: CallNaming = {
  nameCall: () => mintToolCallId("system", 0),
  nameResult: () => mintToolCallId("system", 0),
};

/** Reads `systemInstruction`, a content or a plain text, as one message placed at the top. */
export function readSystem(system: JsonValue): Message {
  if (typeof system === "string") {
    return { role: "system", placement: "top", shape: "string", parts: [{ type: "text", text: system }] };
  }
  if (!isJsonObject(system)) throw new BadField("systemInstruction", "must be a content with parts");
  const { role } = system;
  return {
    role: "system",
    placement: "top",
    parts: readParts(system.parts, "systemInstruction.parts", NO_CALLS),
    ...extraOf(without(system, ["role", "parts"]), role === undefined ? {} : { role }),
  };
}

/** Results of tools become messages of their own; what shared a turn with them is `joined` to it. */
function splitResults(parts: readonly Part[]): readonly Message[] {
  const messages: { role: "tool" | "user"; parts: Part[]; shape?: "joined" }[] = [];
  for (const part of parts) {
    const isResult = part.type === "tool-result";
    const last = messages.at(-1);
    if (last !== undefined && !isResult && last.role === "user") last.parts.push(part);
    else {
      const joined = last === undefined ? {} : { shape: "joined" as const };
      messages.push({ role: isResult ? "tool" : "user", parts: [part], ...joined });
    }
  }
  return messages;
}

const USER_ROLES: readonly (JsonValue | undefined)[] = [undefined, null, "", "user", "function", "tool"];

function readContent(content: JsonObject, path: string, naming: CallNaming): readonly Message[] {
  const { role } = content;
  const isUser = USER_ROLES.includes(role);
  if (!isUser && role !== "model") throw new BadField(`${path}.role`, "must be user or model");
  const parts = readParts(content.parts, `${path}.parts`, naming);
  const extra = extraOf(
    without(content, ["role", "parts"]),
    isUser && role !== "user" && role !== undefined ? { role } : {},
  );
  if (!isUser) return [{ role: "assistant", parts, ...extra }];
  const [first, ...others] = parts.some((part) => part.type === "tool-result") ? splitResults(parts) : [];
  return first === undefined ? [{ role: "user", parts, ...extra }] : [{ ...first, ...extra }, ...others];
}

/** Reads `contents`, a list or one content alone. Throws {@link BadField} naming the first malformed member. */
export function readContents(contents: JsonValue | undefined): readonly Message[] {
  const list = isJsonObject(contents) ? [contents] : contents;
  if (!Array.isArray(list))
    throw new BadField("contents", "is required: a list of contents, each with a role and parts");
  const { naming, startTurn } = nameCalls();
  return list.flatMap((content, index) => {
    const path = `contents[${index}]`;
    if (!isJsonObject(content)) throw new BadField(path, "must be an object with parts");
    startTurn(index);
    return readContent(content, path, naming);
  });
}
