import type { Reply } from "./reply.ts";
import type { ChatRequest, Part, Tool } from "./request.ts";

function textOfPart(part: Part): string {
  switch (part.type) {
    case "text":
    case "reasoning":
    case "refusal":
      return part.text;
    case "tool-call":
      return `${part.name}${part.arguments}`;
    case "tool-result":
      return part.content.map(textOfPart).join("\n");
    default:
      return "";
  }
}

function textOfTool(tool: Tool): string {
  return tool.type === "opaque"
    ? JSON.stringify(tool.json)
    : `${tool.name}${tool.description ?? ""}${JSON.stringify(tool.inputSchema ?? {})}`;
}

/** All text that a model reads in a request, tools included, for estimating its size. */
export function textOfRequest(request: ChatRequest): string {
  const messages = request.messages.flatMap((message) => message.parts.map(textOfPart));
  return [...messages, ...(request.tools ?? []).map(textOfTool)].join("\n");
}

/** All text that a model wrote in a reply. */
export function textOfReply(reply: Reply): string {
  const choices = [reply, ...(reply.alternatives ?? [])];
  return choices.flatMap((choice) => choice.parts.map(textOfPart)).join("\n");
}

/** Whether a request carries images, and whether it offers tools: what a target must be able to do. */
export function needsOf(request: ChatRequest): { readonly images: boolean; readonly tools: boolean } {
  const hasImage = (part: Part): boolean =>
    part.type === "image" || (part.type === "tool-result" && part.content.some((inner) => inner.type === "image"));
  return {
    images: request.messages.some((message) => message.parts.some(hasImage)),
    tools: (request.tools?.length ?? 0) > 0,
  };
}
