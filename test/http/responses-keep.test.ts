import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/core/json.ts";
import type { Answer } from "../../src/gateway/call.ts";
import { keeping } from "../../src/http/responses-keep.ts";

function event(type: string, rest: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
}

const RESOURCE = { id: "resp_1", object: "response", output: [] };
const QUOTED = event("response.output_text.delta", { delta: 'the word "response.completed" and {"response":{}}' });

function streamOf(pieces: readonly string[], onCancel: (reason: unknown) => void = () => undefined): Answer {
  const queue = [...pieces];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = queue.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(piece));
    },
    cancel: onCancel,
  });
  return { kind: "stream", headers: {}, body, ended: Promise.resolve() };
}

async function pass(answer: Answer): Promise<{ text: string; kept: readonly JsonObject[] }> {
  const kept: JsonObject[] = [];
  const watched = keeping(answer, (resource) => kept.push(resource));
  if (watched.kind === "stream") return { text: await new Response(watched.body).text(), kept };
  return { text: watched.kind === "reply" ? watched.body : "", kept };
}

describe("what is kept of an answer", () => {
  for (const type of ["response.completed", "response.incomplete", "response.failed"]) {
    test(`is the resource of its ${type} event, and the stream passes as it came`, async () => {
      const pieces = [QUOTED, `${QUOTED}${event(type, { response: RESOURCE })}`, "data: [DONE]\n\n"];
      expect(await pass(streamOf(pieces))).toEqual({ text: pieces.join(""), kept: [RESOURCE] });
    });
  }

  test("is nothing where the stream breaks off, whatever the model says", async () => {
    const pieces = [QUOTED, event("error", { message: "response.completed" }), event("response.completed", {})];
    expect(await pass(streamOf(pieces))).toEqual({ text: pieces.join(""), kept: [] });
  });

  test("is the whole reply, and nothing of an error", async () => {
    const body = JSON.stringify(RESOURCE);
    expect(await pass({ kind: "reply", headers: {}, body })).toEqual({ text: body, kept: [RESOURCE] });
    const fault = { kind: "connect", message: "no" } as const;
    const error = { status: 502, type: "upstream_error", code: "x", message: "no", shouldRetry: false } as const;
    expect((await pass({ kind: "error", headers: {}, error, fault })).kept).toEqual([]);
  });

  test("is known before the client has read the end", async () => {
    const kept: JsonObject[] = [];
    const pieces = [QUOTED, event("response.completed", { response: RESOURCE })];
    const watched = keeping(streamOf(pieces), (resource) => kept.push(resource));
    if (watched.kind !== "stream") throw new Error("no stream");
    const reader = watched.body.getReader();
    await reader.read();
    await reader.read();
    expect(kept).toEqual([RESOURCE]);
  });

  test("does not stand between a client that leaves and the upstream", async () => {
    const reasons: unknown[] = [];
    const watched = keeping(
      streamOf([QUOTED, QUOTED], (reason) => reasons.push(reason)),
      () => undefined,
    );
    if (watched.kind !== "stream") throw new Error("no stream");
    const reader = watched.body.getReader();
    await reader.read();
    await reader.cancel("left");
    expect(reasons).toEqual(["left"]);
  });
});
