import { isJsonObject, type JsonObject } from "../../core/json.ts";
import type { ReplyStamp } from "../dialect.ts";

/** The two native surfaces: `chat` speaks in a `message`, `generate` in a `response`; all else is alike. */
export type Surface = "chat" | "generate";

/** What one line or body says. */
export interface Speech {
  readonly content?: string;
  readonly thinking?: string;
  readonly tool_calls?: readonly JsonObject[];
}

/** A moment as Ollama writes it (RFC 3339). */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** The speaking members of a line, whichever surface wrote it. */
export function speechOf(line: JsonObject): JsonObject {
  if (isJsonObject(line.message)) return line.message;
  const { response, thinking, tool_calls } = line;
  return {
    ...(response === undefined ? {} : { content: response }),
    ...(thinking === undefined ? {} : { thinking }),
    ...(tool_calls === undefined ? {} : { tool_calls }),
  };
}

/** Speech in the members of a surface. The text is always there, if only empty. */
export function encodeSpeech(surface: Surface, speech: Speech): JsonObject {
  const { content = "", thinking, tool_calls } = speech;
  const more: JsonObject = {
    ...(thinking === undefined ? {} : { thinking }),
    ...(tool_calls === undefined ? {} : { tool_calls: [...tool_calls] }),
  };
  return surface === "chat" ? { message: { role: "assistant", content, ...more } } : { response: content, ...more };
}

/** A line that says something and is not the last. */
export function encodeLine(surface: Surface, stamp: ReplyStamp, speech: Speech): JsonObject {
  return {
    model: stamp.requestedModel,
    created_at: timestamp(stamp.nowMs),
    ...encodeSpeech(surface, speech),
    done: false,
  };
}
