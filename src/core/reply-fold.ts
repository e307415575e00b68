import type { FinishReason, Reply, StreamPart } from "./reply.ts";
import type { Part } from "./request.ts";
import type { Usage } from "./usage.ts";

/** Parts by the block they began in; what belongs to no block stands by itself. */
interface Fold {
  id: string;
  model: string;
  createdAtSeconds: number | undefined;
  readonly order: (number | Part)[];
  readonly blocks: Map<number, Part>;
  finish: FinishReason | null;
  usage: Usage | undefined;
}

function open(fold: Fold, block: number, part: Part): void {
  fold.order.push(block);
  fold.blocks.set(block, part);
}

function extend(fold: Fold, block: number, change: (part: Part) => Part): void {
  const part = fold.blocks.get(block);
  if (part !== undefined) fold.blocks.set(block, change(part));
}

function addText(fold: Fold, block: number, text: string): void {
  extend(fold, block, (part) =>
    part.type === "text" || part.type === "reasoning" ? { ...part, text: part.text + text } : part,
  );
}

function addRefusal(fold: Fold, text: string): void {
  const last = fold.order.at(-1);
  if (typeof last === "object" && last.type === "refusal") {
    fold.order[fold.order.length - 1] = { ...last, text: last.text + text };
  } else fold.order.push({ type: "refusal", text });
}

function take(fold: Fold, part: StreamPart): void {
  switch (part.type) {
    case "start":
      fold.id = part.id;
      fold.model = part.model;
      fold.createdAtSeconds = part.createdAtSeconds;
      return;
    case "text-start":
      open(fold, part.block, { type: "text", text: "" });
      return;
    case "reasoning-start":
      open(fold, part.block, { type: "reasoning", text: "" });
      return;
    case "tool-call-start": {
      const { block, id, name, signature } = part;
      const signed = signature === undefined ? {} : { signature };
      open(fold, block, { type: "tool-call", id, name, arguments: "", ...signed });
      return;
    }
    case "text-delta":
    case "reasoning-delta":
      addText(fold, part.block, part.text);
      return;
    case "tool-call-delta":
      extend(fold, part.block, (call) =>
        call.type === "tool-call" ? { ...call, arguments: call.arguments + part.arguments } : call,
      );
      return;
    case "reasoning-end": {
      const { type: _, block, ...signed } = part;
      extend(fold, block, (reasoning) => (reasoning.type === "reasoning" ? { ...reasoning, ...signed } : reasoning));
      return;
    }
    case "refusal-delta":
      addRefusal(fold, part.text);
      return;
    case "opaque":
      fold.order.push({ type: "opaque", dialect: part.dialect, json: part.json });
      return;
    case "usage":
      fold.usage = part.usage;
      return;
    case "finish":
      fold.finish = part.finish;
      fold.usage = part.usage ?? fold.usage;
      return;
    default:
      return;
  }
}

/** The whole reply that a stream told; null for one that did not end. The other way round: `partsOfReply`. */
export function replyOfParts(parts: readonly StreamPart[]): Reply | null {
  const fold: Fold = {
    id: "",
    model: "",
    createdAtSeconds: undefined,
    order: [],
    blocks: new Map(),
    finish: null,
    usage: undefined,
  };
  for (const part of parts) take(fold, part);
  const { id, model, createdAtSeconds, order, blocks, finish, usage } = fold;
  if (finish === null) return null;
  return {
    id,
    model,
    ...(createdAtSeconds === undefined ? {} : { createdAtSeconds }),
    parts: order.flatMap((entry) => (typeof entry === "number" ? (blocks.get(entry) ?? []) : entry)),
    finish,
    ...(usage === undefined ? {} : { usage }),
  };
}
