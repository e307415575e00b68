import { isJsonObject, type JsonObject, type JsonValue, without } from "../../core/json.ts";
import type { Message, Part } from "../../core/request.ts";
import { BadField } from "../parameter.ts";
import { readBlock } from "./block-read.ts";
import { extraOf } from "./extra.ts";

function readContent(content: JsonValue | undefined, path: string): Pick<Message, "parts" | "shape"> {
  if (typeof content === "string") return { parts: [{ type: "text", text: content }], shape: "string" };
  if (!Array.isArray(content)) throw new BadField(path, "must be a string or a list of content blocks");
  return { parts: content.map((block, index) => readBlock(block, `${path}[${index}]`)) };
}

/** Reads the top-level `system`, a string or text blocks, as one message placed at the top. */
export function readSystem(system: JsonValue): Message {
  return { role: "system", placement: "top", ...readContent(system, "system") };
}

/** A user turn with tool results becomes one `tool` message for each result, and `user` messages for what stands between. */
function splitResults(message: Message): readonly Message[] {
  const messages: { role: "tool" | "user"; parts: Part[] }[] = [];
  for (const part of message.parts) {
    const isResult = part.type === "tool-result";
    const last = messages.at(-1);
    if (isResult || last?.role !== "user") messages.push({ role: isResult ? "tool" : "user", parts: [part] });
    else last.parts.push(part);
  }
  const [first, ...others] = messages;
  if (first === undefined) return [message];
  return [message.extra === undefined ? first : { ...first, extra: message.extra }, ...others];
}

function isRole(role: JsonValue | undefined): role is "user" | "assistant" | "system" {
  return role === "user" || role === "assistant" || role === "system";
}

function readMessage(message: JsonObject, path: string): readonly Message[] {
  const { role, content } = message;
  if (!isRole(role)) throw new BadField(`${path}.role`, "must be user, assistant or system");
  const read: Message = {
    role,
    ...readContent(content, `${path}.content`),
    ...extraOf(without(message, ["role", "content"])),
  };
  const hasResults = role === "user" && read.parts.some((part) => part.type === "tool-result");
  return hasResults ? splitResults(read) : [read];
}

/** Reads `messages`. Throws {@link BadField} naming the first malformed member. */
export function readMessages(messages: JsonValue | undefined): readonly Message[] {
  if (!Array.isArray(messages)) throw new BadField("messages", "must be a list of messages");
  return messages.flatMap((message, index) => {
    const path = `messages[${index}]`;
    if (!isJsonObject(message)) throw new BadField(path, "must be an object");
    return readMessage(message, path);
  });
}
