import { type JsonObject, optional, without } from "../../core/json.ts";
import type { ChatRequest } from "../../core/request.ts";
import type { Encoded, EncodeTarget } from "../dialect.ts";
import { type WarningSink, warn } from "../extra.ts";
import { writeConversation } from "./contents-write.ts";
import { ownFields } from "./fields.ts";
import { writeGeneration } from "./generation-write.ts";
import { writeToolConfig, writeTools } from "./tools.ts";

function warnUnsupported(request: ChatRequest, sink: WarningSink): void {
  if (request.parallelToolCalls === false) warn(sink, "parallel_tool_calls", "dropped", "not in gemini");
  if (request.user !== undefined) warn(sink, "user", "dropped", "not in gemini");
}

/** Writes a `generateContent` request; the model and whether to stream are said by the path. What cannot be said becomes a warning. */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const sink: WarningSink = { warnings: [] };
  const isOwn = request.origin === "gemini";
  warnUnsupported(request, sink);
  const kept = ownFields(request.extra, sink, "");
  const { systemInstruction, contents } = writeConversation(request.messages, target, isOwn, sink);
  const tools = request.tools === undefined ? undefined : writeTools(request.tools, sink);
  const hasTools = isOwn || (tools !== undefined && tools.length > 0);
  const body: JsonObject = {
    ...without(kept, ["generationConfig", "toolConfig"]),
    contents,
    ...optional("systemInstruction", systemInstruction),
    ...optional("tools", hasTools ? tools : undefined),
    ...optional("toolConfig", writeToolConfig(request.toolChoice, hasTools, kept, sink)),
    ...optional("generationConfig", writeGeneration(request, target, kept, isOwn, sink)),
  };
  return { body, warnings: sink.warnings };
}
