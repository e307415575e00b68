import { describe, expect, test } from "bun:test";
import type { Reply } from "../../src/core/reply.ts";
import { partsOfReply } from "../../src/core/reply-parts.ts";
import type { ChatRequest, Part } from "../../src/core/request.ts";
import { needsOf, textOfReply, textOfRequest } from "../../src/core/request-text.ts";
import { stampFields } from "../../src/core/stamp.ts";
import { NO_USAGE } from "../../src/core/usage.ts";

const IMAGE: Part = { type: "image", source: { kind: "url", url: "https://example.org/a.png" } };

function request(parts: readonly Part[], more: Partial<ChatRequest> = {}): ChatRequest {
  return { model: "m", stream: false, messages: [{ role: "user", parts }], ...more };
}

const PARTS: readonly Part[] = [
  { type: "text", text: "one" },
  { type: "reasoning", text: "two", signature: "s", encrypted: "e" },
  { type: "tool-call", id: "t1", name: "look", arguments: '{"at":1}', signature: "g" },
  { type: "refusal", text: "no" },
  { type: "opaque", dialect: "anthropic", json: { type: "citation" } },
];

function reply(parts: readonly Part[], more: Partial<Reply> = {}): Reply {
  return { id: "r", model: "m", parts, finish: { unified: "stop", raw: "stop" }, ...more };
}

describe("the text of a request", () => {
  test("is all that a model reads, tools and their results included", () => {
    const text = textOfRequest(
      request(
        [...PARTS, { type: "tool-result", toolCallId: "t1", content: [{ type: "text", text: "found" }] }, IMAGE],
        {
          tools: [
            { type: "function", name: "look", description: "looks", inputSchema: { type: "object" } },
            { type: "function", name: "bare" },
            { type: "opaque", dialect: "anthropic", json: { type: "web_search" } },
          ],
        },
      ),
    );
    for (const piece of [
      "one",
      "two",
      'look{"at":1}',
      "no",
      "found",
      'looklooks{"type":"object"}',
      "bare{}",
      "web_search",
    ]) {
      expect(text).toContain(piece);
    }
    expect(text).not.toContain("example.org");
    expect(text).not.toContain("citation");
  });

  test("of a reply is what the model wrote, in every alternative", () => {
    const finish = { unified: "stop", raw: null } as const;
    const text = textOfReply(reply(PARTS, { alternatives: [{ parts: [{ type: "text", text: "other" }], finish }] }));
    expect(text.split("\n").filter((line) => line !== "")).toEqual(["one", "two", 'look{"at":1}', "no", "other"]);
  });
});

describe("what a target must be able to do", () => {
  const cases: readonly (readonly [title: string, request: ChatRequest, images: boolean, tools: boolean])[] = [
    ["text needs nothing", request([{ type: "text", text: "x" }]), false, false],
    ["an image needs eyes", request([IMAGE]), true, false],
    [
      "an image in a tool's result needs eyes too",
      request([
        { type: "tool-result", toolCallId: "t", content: [{ type: "image", source: { kind: "file-id", id: "f" } }] },
      ]),
      true,
      false,
    ],
    ["no tools are no need", request([], { tools: [] }), false, false],
    ["tools need hands", request([], { tools: [{ type: "function", name: "f" }] }), false, true],
  ];
  for (const [title, asked, images, tools] of cases) {
    test(title, () => expect(needsOf(asked)).toEqual({ images, tools }));
  }
});

describe("a whole reply as a stream", () => {
  test("has each part as a block of its own, then the end with its usage", () => {
    expect(partsOfReply(reply([...PARTS, IMAGE], { createdAtSeconds: 7, usage: NO_USAGE }))).toEqual([
      { type: "start", id: "r", model: "m", createdAtSeconds: 7 },
      { type: "text-start", block: 0 },
      { type: "text-delta", block: 0, text: "one" },
      { type: "text-end", block: 0 },
      { type: "reasoning-start", block: 1 },
      { type: "reasoning-delta", block: 1, text: "two" },
      { type: "reasoning-end", block: 1, signature: "s", encrypted: "e" },
      { type: "tool-call-start", block: 2, id: "t1", name: "look", signature: "g" },
      { type: "tool-call-delta", block: 2, arguments: '{"at":1}' },
      { type: "tool-call-end", block: 2 },
      { type: "refusal-delta", text: "no" },
      { type: "opaque", dialect: "anthropic", json: { type: "citation" } },
      { type: "finish", finish: { unified: "stop", raw: "stop" }, usage: NO_USAGE },
    ]);
  });

  test("without anything is a start and an end", () => {
    expect(partsOfReply(reply([])).map((part) => part.type)).toEqual(["start", "finish"]);
  });
});

describe("the cost in a usage object", () => {
  const stamp = {
    costNanoUsd: 1_500,
    reason: null,
    inputNanoUsd: 500,
    outputNanoUsd: 1_000,
    savedNanoUsd: null,
    usageSource: "provider",
    priceId: "price_1",
    target: "p/m",
    requestId: "req_1",
  } as const;

  test("is in dollars, with where it came from", () => {
    expect(stampFields(stamp)).toEqual({
      cost: 0.0000015,
      cost_details: {
        input: 0.0000005,
        output: 0.000001,
        reason: null,
        price_id: "price_1",
        model: "p/m",
        request_id: "req_1",
      },
      cost_saved: null,
      usage_source: "provider",
    });
  });

  test("is null with its reason where there is no price, never a silent 0", () => {
    const unpriced = {
      ...stamp,
      costNanoUsd: null,
      inputNanoUsd: null,
      outputNanoUsd: null,
      reason: "no-price",
      savedNanoUsd: 0,
    };
    expect(stampFields(unpriced)).toMatchObject({
      cost: null,
      cost_details: { input: null, reason: "no-price" },
      cost_saved: 0,
    });
  });
});
