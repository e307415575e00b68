import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Reply, StreamPart } from "../../src/core/reply.ts";
import { replyOfParts } from "../../src/core/reply-fold.ts";
import { partsOfReply } from "../../src/core/reply-parts.ts";
import type { Part } from "../../src/core/request.ts";
import { NO_USAGE } from "../../src/core/usage.ts";

const optional = <Name extends string>(name: Name) =>
  fc.option(fc.string()).map((value) => (value === null ? {} : { [name]: value }));

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.string().map((text): Part => ({ type: "text", text })),
  fc
    .tuple(fc.string(), optional("signature"), optional("encrypted"))
    .map(([text, signature, encrypted]): Part => ({ type: "reasoning", text, ...signature, ...encrypted })),
  fc
    .tuple(fc.string(), fc.string(), fc.string(), optional("signature"))
    .map(([id, name, args, signature]): Part => ({ type: "tool-call", id, name, arguments: args, ...signature })),
  fc.jsonValue().map((json): Part => ({ type: "opaque", dialect: "gemini", json: JSON.parse(JSON.stringify(json)) })),
);

test("a reply told as parts of a stream and put together again is the same reply", () => {
  const reply = fc.record({ id: fc.string(), model: fc.string(), parts: fc.array(part, { maxLength: 6 }) });
  fc.assert(
    fc.property(reply, fc.option(fc.nat()), (given, createdAtSeconds) => {
      const whole: Reply = {
        ...given,
        ...(createdAtSeconds === null ? {} : { createdAtSeconds }),
        finish: { unified: "stop", raw: "stop" },
        usage: NO_USAGE,
      };
      expect(replyOfParts(partsOfReply(whole))).toEqual(whole);
    }),
  );
});

const FINISH: StreamPart = { type: "finish", finish: { unified: "stop", raw: null } };

test("deltas of blocks that run side by side come to the parts they belong to, in the order the blocks began", () => {
  const reply = replyOfParts([
    { type: "start", id: "r", model: "m" },
    { type: "text-start", block: 0 },
    { type: "tool-call-start", block: 1, id: "c", name: "look" },
    { type: "text-delta", block: 0, text: "he" },
    { type: "tool-call-delta", block: 1, arguments: '{"a"' },
    { type: "text-delta", block: 0, text: "llo" },
    { type: "tool-call-delta", block: 1, arguments: ":1}" },
    { type: "refusal-delta", text: "n" },
    { type: "refusal-delta", text: "o" },
    { type: "usage", usage: NO_USAGE },
    FINISH,
  ]);
  expect(reply?.parts).toEqual([
    { type: "text", text: "hello" },
    { type: "tool-call", id: "c", name: "look", arguments: '{"a":1}' },
    { type: "refusal", text: "no" },
  ]);
  expect(reply?.usage).toEqual(NO_USAGE);
});

test("a stream without an end is no reply", () => {
  expect(replyOfParts([{ type: "start", id: "r", model: "m" }])).toBeNull();
});
