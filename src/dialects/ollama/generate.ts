import type { ClientError } from "../../core/fault.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ChatRequest, Message, Part, Warning } from "../../core/request.ts";
import type { Result } from "../../core/result.ts";
import type { Encoded, EncodeTarget } from "../dialect.ts";
import { fieldReader } from "./field.ts";
import { decodeImage } from "./image.ts";
import { encodeMessages, isOwn } from "./message-encode.ts";
import { decodeShared, encodeShared, SHARED_MEMBERS } from "./request.ts";
import { encodeTools } from "./tool.ts";

const KNOWN: ReadonlySet<string> = new Set([...SHARED_MEMBERS, "prompt", "system", "images"]);

/**
 * Reads a body of `POST /api/generate`: `system` and `prompt` become messages, without a prompt the call only loads the model.
 * `suffix`, `template`, `raw` and `context` stay in `extra`: only an Ollama model can honour them.
 */
export function decodeGenerateRequest(body: JsonObject): Result<ChatRequest, ClientError> {
  const fields = fieldReader();
  const prompt = fields.string(body, "prompt") ?? "";
  const system = fields.string(body, "system") ?? "";
  const parts: Part[] = prompt === "" ? [] : [{ type: "text", text: prompt }];
  for (const image of fields.list(body, "images") ?? []) {
    if (typeof image === "string") parts.push(decodeImage(image));
    else fields.note("images", "`images` must be a list of base64 strings");
  }
  const messages: Message[] = [];
  if (system !== "") {
    messages.push({ role: "system", placement: "top", shape: "string", parts: [{ type: "text", text: system }] });
  }
  if (parts.length > 0) messages.push({ role: "user", shape: "string", parts });
  return decodeShared(body, messages, KNOWN, fields);
}

function textOf(messages: readonly JsonObject[]): string {
  return messages
    .flatMap(({ content }) => (typeof content === "string" && content !== "" ? [content] : []))
    .join("\n\n");
}

/** Writes a body for `POST /api/generate`. A conversation is flattened into one prompt, with a warning. */
export function encodeGenerateRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const { messages, warnings } = encodeMessages(request.messages, isOwn(request));
  const { body, warnings: sharedWarnings } = encodeShared(request, target);
  const system = textOf(messages.filter(({ role }) => role === "system"));
  const spoken = messages.filter(({ role }) => role !== "system");
  const images = spoken.flatMap((message) => (Array.isArray(message.images) ? message.images : []));
  const isFlattened = spoken.length > 1 || spoken.some(({ role }) => role !== "user");
  const flattened: Warning = { field: "messages", action: "changed", reason: "flattened into one prompt" };
  const hasTools = "tools" in encodeTools(request.tools).fields;
  return {
    body: {
      model: target.model,
      ...(spoken.length === 0 ? {} : { prompt: textOf(spoken) }),
      ...(system === "" ? {} : { system }),
      ...(images.length === 0 ? {} : { images }),
      ...body,
    },
    warnings: [
      ...warnings,
      ...sharedWarnings,
      ...(isFlattened ? [flattened] : []),
      ...(hasTools ? [{ field: "tools", action: "dropped", reason: "not in /api/generate" } as const] : []),
    ],
  };
}
