import type { JsonObject, JsonValue } from "../../core/json.ts";
import type { StreamPart } from "../../core/reply.ts";

/** A block that has started and not stopped. `json` is a tool's input as far as the start event carried it. */
export type OpenBlock =
  | { readonly kind: "text" | "opaque"; readonly block: number }
  | { readonly kind: "reasoning"; readonly block: number; readonly signature: string; readonly encrypted?: string }
  | { readonly kind: "tool-call"; readonly block: number; readonly json: string; readonly hasArguments: boolean };

/** An event of this dialect that no other knows. */
export function opaqueEvent(json: JsonObject): StreamPart {
  return { type: "opaque", dialect: "anthropic", json };
}

/** A member that should be a string, or the empty string. */
export function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

/** The parts of a start event, and the block it opens. */
export function beginBlock(
  block: number,
  content: JsonObject,
  event: JsonObject,
): readonly [OpenBlock, readonly StreamPart[]] {
  switch (content.type) {
    case "text": {
      const text = textOf(content.text);
      const start: StreamPart = { type: "text-start", block };
      return [{ kind: "text", block }, text === "" ? [start] : [start, { type: "text-delta", block, text }]];
    }
    case "thinking": {
      const text = textOf(content.thinking);
      const start: StreamPart = { type: "reasoning-start", block };
      const open: OpenBlock = { kind: "reasoning", block, signature: textOf(content.signature) };
      return [open, text === "" ? [start] : [start, { type: "reasoning-delta", block, text }]];
    }
    case "redacted_thinking":
      return [
        { kind: "reasoning", block, signature: "", encrypted: textOf(content.data) },
        [{ type: "reasoning-start", block }],
      ];
    case "tool_use":
      return [
        { kind: "tool-call", block, json: JSON.stringify(content.input ?? {}), hasArguments: false },
        [{ type: "tool-call-start", block, id: textOf(content.id), name: textOf(content.name) }],
      ];
    default:
      return [{ kind: "opaque", block }, [opaqueEvent({ ...event, index: block })]];
  }
}

/** The parts that close a block. A tool call without a delta has all its arguments in its start event, often none: `{}`. */
export function endBlock(open: OpenBlock): readonly StreamPart[] {
  const { block } = open;
  switch (open.kind) {
    case "text":
      return [{ type: "text-end", block }];
    case "opaque":
      return [opaqueEvent({ type: "content_block_stop", index: block })];
    case "reasoning": {
      const signature = open.signature === "" ? {} : { signature: open.signature };
      const encrypted = open.encrypted === undefined ? {} : { encrypted: open.encrypted };
      return [{ type: "reasoning-end", block, ...signature, ...encrypted }];
    }
    case "tool-call": {
      const end: StreamPart = { type: "tool-call-end", block };
      return open.hasArguments ? [end] : [{ type: "tool-call-delta", block, arguments: open.json }, end];
    }
  }
}

type DeltaStep = readonly [OpenBlock, readonly StreamPart[]];

function readArguments(open: OpenBlock, json: string): DeltaStep | undefined {
  if (open.kind !== "tool-call") return undefined;
  if (json === "") return [open, []];
  const parts: readonly StreamPart[] = [{ type: "tool-call-delta", block: open.block, arguments: json }];
  return [open.hasArguments ? open : { ...open, hasArguments: true }, parts];
}

/** The parts of a delta to an open block, and the block after it; undefined when only this dialect can make sense of it. */
export function readDelta(open: OpenBlock, delta: JsonObject): DeltaStep | undefined {
  const { block } = open;
  switch (delta.type) {
    case "text_delta":
      return open.kind === "text" ? [open, [{ type: "text-delta", block, text: textOf(delta.text) }]] : undefined;
    case "thinking_delta":
      if (open.kind !== "reasoning") return undefined;
      return [open, [{ type: "reasoning-delta", block, text: textOf(delta.thinking) }]];
    case "signature_delta":
      return open.kind === "reasoning"
        ? [{ ...open, signature: open.signature + textOf(delta.signature) }, []]
        : undefined;
    case "input_json_delta":
      return readArguments(open, textOf(delta.partial_json));
    default:
      return undefined;
  }
}
