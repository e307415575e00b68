import type { Reply, StreamPart } from "./reply.ts";
import type { Part } from "./request.ts";

function partsOfBlock(part: Part, block: number): readonly StreamPart[] {
  switch (part.type) {
    case "text":
      return [
        { type: "text-start", block },
        { type: "text-delta", block, text: part.text },
        { type: "text-end", block },
      ];
    case "reasoning":
      return [
        { type: "reasoning-start", block },
        { type: "reasoning-delta", block, text: part.text },
        {
          type: "reasoning-end",
          block,
          ...(part.signature === undefined ? {} : { signature: part.signature }),
          ...(part.encrypted === undefined ? {} : { encrypted: part.encrypted }),
        },
      ];
    case "tool-call":
      return [
        {
          type: "tool-call-start",
          block,
          id: part.id,
          name: part.name,
          ...(part.signature === undefined ? {} : { signature: part.signature }),
        },
        { type: "tool-call-delta", block, arguments: part.arguments },
        { type: "tool-call-end", block },
      ];
    case "refusal":
      return [{ type: "refusal-delta", text: part.text }];
    case "opaque":
      return [{ type: "opaque", dialect: part.dialect, json: part.json }];
    default:
      return [];
  }
}

/** A whole reply as the stream parts that say the same, for clients that asked for a stream. */
export function partsOfReply(reply: Reply): readonly StreamPart[] {
  const created = reply.createdAtSeconds === undefined ? {} : { createdAtSeconds: reply.createdAtSeconds };
  return [
    { type: "start", id: reply.id, model: reply.model, ...created },
    ...reply.parts.flatMap(partsOfBlock),
    { type: "finish", finish: reply.finish, ...(reply.usage === undefined ? {} : { usage: reply.usage }) },
  ];
}
