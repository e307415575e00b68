import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type JsonObject, type JsonValue, parseJson } from "../../../src/core/json.ts";
import type { StreamPart } from "../../../src/core/reply.ts";
import type { Part } from "../../../src/core/request.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import type { WireEvent } from "../../../src/dialects/dialect.ts";
import { gemini } from "../../../src/dialects/gemini/dialect.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { objectAt, overTheWire } from "../codec.ts";
import { COST, decodeAll, encodeAll, readWithSdk, relayAll, STAMP } from "./kit.ts";

const words = fc.string({ unit: "grapheme", minLength: 1 });
const name = fc.stringMatching(/^[a-z]\w{0,8}$/);
const args = fc
  .dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  .map((value) => JSON.stringify(JSON.parse(JSON.stringify(value))));
const signature = fc.base64String({ minLength: 4 });

type Block = (block: number) => readonly StreamPart[];

const textBlock = fc.array(words, { minLength: 1, maxLength: 3 }).map(
  (texts): Block =>
    (block) => [
      { type: "text-start", block },
      ...texts.map((text) => ({ type: "text-delta", block, text }) as const),
      { type: "text-end", block },
    ],
);
const thoughtBlock = fc.tuple(fc.array(words, { minLength: 1, maxLength: 3 }), signature).map(
  ([texts, minted]): Block =>
    (block) => [
      { type: "reasoning-start", block },
      ...texts.map((text) => ({ type: "reasoning-delta", block, text }) as const),
      { type: "reasoning-end", block, signature: minted },
    ],
);
const callBlock = fc.tuple(name, args, fc.option(signature, { nil: undefined }), name).map(
  ([tool, text, minted, id]): Block =>
    (block) => [
      { type: "tool-call-start", block, id, name: tool, ...(minted === undefined ? {} : { signature: minted }) },
      { type: "tool-call-delta", block, arguments: text },
      { type: "tool-call-end", block },
    ],
);

/** Answers whose blocks differ from their neighbours in kind, since Gemini's wire does not say where one text ends. */
const answer = fc
  .array(fc.tuple(fc.option(thoughtBlock, { nil: undefined }), fc.option(textBlock, { nil: undefined }), callBlock), {
    maxLength: 3,
  })
  .map((rounds) => {
    const blocks = rounds.flat().filter((block) => block !== undefined);
    const unified = blocks.length === 0 ? "stop" : "tool-calls";
    const parts: readonly StreamPart[] = [
      { type: "start", id: "r1", model: "best" },
      ...blocks.flatMap((block, index) => block(index)),
      { type: "finish", finish: { unified, raw: "STOP" } },
    ];
    return parts;
  });

function withoutUsage(parts: readonly StreamPart[]): readonly StreamPart[] {
  return parts
    .filter(({ type }) => type !== "usage")
    .map((part) => (part.type === "finish" ? { type: part.type, finish: part.finish } : part));
}

describe("any streamed answer", () => {
  test("is the same after it went over Gemini's wire", () => {
    fc.assert(
      fc.property(answer, (parts) => {
        expect(withoutUsage(decodeAll(encodeAll(parts)))).toEqual([...parts]);
      }),
      { numRuns: 200 },
    );
  });

  test("is accepted by the official client, and cut anywhere makes it throw", async () => {
    await fc.assert(
      fc.asyncProperty(answer, fc.nat(), async (parts, seed) => {
        const read = await readWithSdk(encodeAll(parts));
        expect(read.calls).toHaveLength(parts.filter(({ type }) => type === "tool-call-start").length);
        const events = encodeAll(parts);
        const cut = decodeAll(events.slice(0, seed % events.length));
        await expect(readWithSdk(encodeAll(cut))).rejects.toThrow("without a finishReason");
      }),
      { numRuns: 40 },
    );
  });
});

/** JSON that looks like Gemini's, with anything in any place. */
const anything: fc.Arbitrary<JsonValue> = fc.jsonValue({ maxDepth: 2 }).map((value) => overTheWire(value));

function maybe(thing: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 25, arbitrary: thing }, { weight: 1, arbitrary: anything });
}

const brokenCall = fc.record(
  {
    name: maybe(name),
    args: anything,
    id: anything,
    willContinue: maybe(fc.boolean()),
    partialArgs: maybe(
      fc.array(
        maybe(
          fc.record({
            jsonPath: maybe(fc.constantFrom("$.a", "$.a[0].b", "$['x']", "$", "$[")),
            stringValue: maybe(words),
          }),
        ),
      ),
    ),
  },
  { requiredKeys: [] },
);
const brokenError = fc.record({
  error: maybe(fc.record({ code: anything, message: anything, status: anything, details: anything })),
});
const brokenPart = maybe(
  fc.oneof(
    fc.record(
      { text: maybe(words), thought: maybe(fc.boolean()), thoughtSignature: maybe(signature) },
      { requiredKeys: ["text"] },
    ),
    fc.record(
      { functionCall: maybe(brokenCall), thoughtSignature: maybe(signature) },
      { requiredKeys: ["functionCall"] },
    ),
    fc.record({ functionResponse: maybe(fc.record({ name: maybe(name), response: anything, parts: anything })) }),
    fc.record({ inlineData: maybe(fc.record({ mimeType: maybe(fc.constant("image/png")), data: maybe(signature) })) }),
    fc.record({ executableCode: anything }),
  ),
);
const brokenEvent = maybe(
  fc.record(
    {
      candidates: maybe(
        fc.array(
          maybe(
            fc.record(
              {
                content: maybe(fc.record({ parts: maybe(fc.array(brokenPart, { maxLength: 3 })), role: anything })),
                finishReason: maybe(fc.constantFrom("STOP", "SAFETY")),
                index: maybe(fc.nat({ max: 2 })),
              },
              { requiredKeys: [] },
            ),
          ),
          { maxLength: 2 },
        ),
      ),
      usageMetadata: maybe(fc.record({ promptTokenCount: anything, candidatesTokensDetails: anything })),
      promptFeedback: anything,
      responseId: anything,
      modelVersion: anything,
    },
    { requiredKeys: [] },
  ),
);

function wired(bodies: readonly unknown[]): readonly WireEvent[] {
  return bodies.map((body) => ({ data: JSON.stringify(body) }));
}

describe("whatever an upstream sends", () => {
  test("as a stream ends in exactly one finish or error, as the last part, and every block that starts ends before a finish", () => {
    fc.assert(
      fc.property(
        fc.array(maybe(fc.oneof({ weight: 12, arbitrary: brokenEvent }, { weight: 1, arbitrary: brokenError })), {
          maxLength: 6,
        }),
        (bodies) => {
          const parts = decodeAll(wired(bodies));
          const ends = parts.filter(({ type }) => type === "finish" || type === "error");
          expect(ends).toHaveLength(1);
          expect(parts.at(-1)).toBe(ends[0] as StreamPart);
          if (ends[0]?.type !== "finish") return;
          const open = new Set<number>();
          for (const part of parts) {
            if (part.type.endsWith("-start") && "block" in part) open.add(part.block);
            else if (part.type.endsWith("-end") && "block" in part) expect(open.delete(part.block)).toBe(true);
            else if ("block" in part) expect(open.has(part.block)).toBe(true);
          }
          expect(open.size).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("reaches every client as events that are JSON", () => {
    fc.assert(
      fc.property(fc.array(brokenEvent, { maxLength: 4 }), (bodies) => {
        const events = wired(bodies);
        for (const out of [...encodeAll(decodeAll(events)), ...relayAll(events)]) {
          expect(parseJson(out.data)).toBeDefined();
        }
      }),
      { numRuns: 200 },
    );
  });

  test("as a whole reply or an error is a reply or a fault, never a throw", () => {
    fc.assert(
      fc.property(fc.oneof(brokenEvent, brokenError), fc.integer({ min: 400, max: 599 }), (body, status) => {
        const reply = gemini.decodeReply(overTheWire(body));
        if (reply.ok) objectAt(overTheWire(gemini.encodeReply(reply.value, STAMP, COST)));
        else expect(reply.error.message).toBeString();
        const fault = gemini.decodeFault(status, () => null, JSON.stringify(body));
        expect("message" in fault && fault.message.length > 0).toBe(true);
        expect(gemini.embeddings?.decodeReply(overTheWire(body)).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

const brokenRequest = fc
  .record(
    {
      contents: maybe(
        fc.array(
          maybe(
            fc.record({
              role: maybe(fc.constantFrom("user", "model")),
              parts: maybe(fc.array(brokenPart, { maxLength: 3 })),
            }),
          ),
          {
            maxLength: 4,
          },
        ),
      ),
      systemInstruction: maybe(fc.record({ parts: maybe(fc.array(brokenPart, { maxLength: 2 })) })),
      tools: maybe(
        fc.array(
          maybe(
            fc.record({
              functionDeclarations: maybe(
                fc.array(maybe(fc.record({ name: maybe(name), parameters: maybe(fc.dictionary(name, anything)) })), {
                  maxLength: 2,
                }),
              ),
            }),
          ),
          {
            maxLength: 2,
          },
        ),
      ),
      toolConfig: maybe(fc.record({ functionCallingConfig: anything })),
      generationConfig: maybe(
        fc.record({ thinkingConfig: anything, stopSequences: anything, responseSchema: anything }),
      ),
    },
    { requiredKeys: ["contents"] },
  )
  .map((body) => objectAt(overTheWire(body)));

/** Calls and results of a request by id: each result must find its call where there is one of its name. */
function idsOf(parts: readonly Part[], type: "tool-call" | "tool-result"): readonly string[] {
  return parts.flatMap((part) => {
    if (part.type !== type) return [];
    return [part.type === "tool-call" ? part.id : part.type === "tool-result" ? part.toolCallId : ""];
  });
}

describe("whatever a client sends", () => {
  test("is read or refused by the name of a parameter, and what is read can be written in every dialect", () => {
    fc.assert(
      fc.property(brokenRequest, (body) => {
        const read = gemini.decodeRequest(body, "best");
        if (!read.ok) {
          expect(read.error.param).toBeString();
          return;
        }
        const target = { provider: "p", model: "m", maxOutputTokens: 100 };
        for (const dialect of [gemini, anthropic, openaiChat]) {
          objectAt(overTheWire(dialect.encodeRequest(read.value, target).body));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("gives each of its parallel results the call that it answers, in whatever order they come", () => {
    const rounds = fc
      .uniqueArray(name, { minLength: 1, maxLength: 4 })
      .chain((names) => fc.tuple(fc.constant(names), fc.shuffledSubarray(names, { minLength: names.length })));
    fc.assert(
      fc.property(rounds, ([called, answered]) => {
        const body: JsonObject = {
          contents: [
            { role: "model", parts: called.map((tool) => ({ functionCall: { name: tool, args: {} } })) },
            { role: "user", parts: answered.map((tool) => ({ functionResponse: { name: tool, response: {} } })) },
          ],
        };
        const read = gemini.decodeRequest(body, "best");
        if (!read.ok) throw new Error(read.error.message);
        const parts = read.value.messages.flatMap((message) => message.parts);
        const idOf = new Map(called.map((tool, index) => [tool, idsOf(parts, "tool-call")[index]]));
        expect(idsOf(parts, "tool-result")).toEqual(answered.map((tool) => idOf.get(tool) ?? ""));
      }),
      { numRuns: 100 },
    );
  });
});
