import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { WireEvent } from "../../src/dialects/dialect.ts";
import { createSseSplitter, type SseFrame, writeSse } from "../../src/dialects/sse.ts";
import { dataRoot, NO_DATA_REASON, recordings } from "./recordings.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Feeds the bytes in pieces of the given sizes (the last takes the rest) and closes the stream. */
function split(bytes: Uint8Array, cuts: readonly number[], limit?: number) {
  const splitter = createSseSplitter(limit);
  const bounds = [0, ...[...cuts].sort((left, right) => left - right), bytes.length];
  const steps = bounds.slice(1).map((end, index) => splitter.push(bytes.subarray(bounds[index], end)));
  steps.push(splitter.end());
  return {
    frames: steps.flatMap((step): readonly SseFrame[] => step.frames),
    heartbeats: steps.reduce((sum, step) => sum + step.heartbeats, 0),
    fault: steps.findLast((step) => step.fault !== undefined)?.fault,
  };
}

function eventsOf(text: string): readonly WireEvent[] {
  return split(bytesOf(text), []).frames.map((frame) => frame.event);
}

describe("the SSE splitter", () => {
  const cases: readonly (readonly [title: string, text: string, events: readonly WireEvent[]])[] = [
    ["reads one data line", "data: x\n\n", [{ data: "x" }]],
    ["takes a value without its space", "data:x\n\n", [{ data: "x" }]],
    ["strips one space only", "data:  x\n\n", [{ data: " x" }]],
    ["reads event names", "event: ping\ndata: {}\n\n", [{ event: "ping", data: "{}" }]],
    ["joins several data lines", "data: a\ndata: b\n\n", [{ data: "a\nb" }]],
    ["takes CRLF", "event: e\r\ndata: a\r\n\r\ndata: b\r\n\r\n", [{ event: "e", data: "a" }, { data: "b" }]],
    ["takes CR alone", "data: a\r\rdata: b\r\r", [{ data: "a" }, { data: "b" }]],
    ["takes line ends mixed", "data: a\r\n\ndata: b\n\r\n", [{ data: "a" }, { data: "b" }]],
    ["drops a byte order mark", "\uFEFFdata: x\n\n", [{ data: "x" }]],
    ["skips comments, ids and retries", ": hi\nid: 7\nretry: 5\ndata: x\n\n: bye\n\n", [{ data: "x" }]],
    ["reads a field without a colon as empty", "data\n\n", [{ data: "" }]],
    ["completes an event without its last blank line", "data: a\n\ndata: [DONE]", [{ data: "a" }, { data: "[DONE]" }]],
    ["ignores extra blank lines", "\n\n\ndata: a\n\n\n\ndata: b\n\n", [{ data: "a" }, { data: "b" }]],
    ["reads nothing from nothing", "", []],
    ["does not dispatch an event without data", "event: ping\n\ndata: x\n\n", [{ data: "x" }]],
  ];
  for (const [title, text, events] of cases) {
    test(title, () => {
      expect(eventsOf(text)).toEqual(events);
    });
  }

  test("counts frames without data as heartbeats", () => {
    expect(split(bytesOf(": a\n\n: b\n\ndata: x\n\n"), []).heartbeats).toBe(2);
  });

  test("keeps the original text of each event, byte for byte", () => {
    const texts = ["event: a\r\ndata: ü\r\n\r\n", "data: 2\r\n\r\n"];
    const { frames } = split(bytesOf(texts.join("")), [3, 17, 18, 19, 25]);
    expect(frames.map((frame) => frame.raw)).toEqual(texts);
  });

  test("holds back half a CRLF so that the original text stays whole", () => {
    const bytes = bytesOf("data: a\r\n\r\ndata: b\r\n\r\n");
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(split(bytes, [cut]).frames.map((frame) => frame.raw)).toEqual(["data: a\r\n\r\n", "data: b\r\n\r\n"]);
    }
  });

  test("gives an error value for an event over the limit, and keeps saying so", () => {
    const splitter = createSseSplitter(100);
    expect(splitter.push(bytesOf("data: ok\n\n")).frames).toHaveLength(1);
    expect(splitter.push(bytesOf(`data: ${"x".repeat(60)}`)).fault).toBeUndefined();
    expect(splitter.push(bytesOf("x".repeat(60))).fault?.kind).toBe("garbage");
    expect(splitter.push(bytesOf("\n\ndata: late\n\n"))).toMatchObject({ frames: [], fault: { kind: "garbage" } });
    expect(splitter.end()).toMatchObject({ frames: [], fault: { kind: "garbage" } });
  });

  test("applies the limit to what follows a complete event, too", () => {
    expect(split(bytesOf(`data: a\n\ndata: ${"x".repeat(200)}`), [], 100)).toMatchObject({
      frames: [{ event: { data: "a" } }],
      fault: { kind: "garbage" },
    });
  });

  test("finds the same events however the bytes are cut", () => {
    const line = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, " "));
    const event = fc.record({ data: line }, { requiredKeys: ["data"] });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 8 }),
        fc.constantFrom("\n", "\r\n"),
        fc.array(fc.nat(400), { maxLength: 20 }),
        (events, end, cuts) => {
          const text = events.map((each) => writeSse(each).replaceAll("\n", end)).join("");
          const bytes = bytesOf(text);
          const within = cuts.map((cut) => Math.min(cut, bytes.length));
          const { frames } = split(bytes, within);
          expect(frames.map((frame) => frame.event)).toEqual(events);
          expect(frames.map((frame) => frame.raw).join("")).toBe(text);
        },
      ),
    );
  });

  test("survives arbitrary bytes and never loses its place", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
        const joined = Uint8Array.from([...bytes, ...bytesOf("\n\ndata: end\n\n")]);
        const whole = split(joined, []);
        const cutUp = split(joined, [Math.min(cut, joined.length)]);
        expect(cutUp.frames.map((frame) => frame.event)).toEqual(whole.frames.map((frame) => frame.event));
        expect(whole.frames.at(-1)?.event).toEqual({ data: "end" });
      }),
    );
  });
});

describe("writing SSE", () => {
  test("reads back what it wrote, names and line breaks included", () => {
    const events = [{ data: "a" }, { event: "ping", data: "{}" }, { data: "two\nlines" }, { data: "" }];
    expect(eventsOf(events.map(writeSse).join(""))).toEqual(events);
  });
});

describe.skipIf(dataRoot() === undefined)(`recorded chat streams ${NO_DATA_REASON}`, () => {
  test("are framed alike whole, byte by byte and in network-sized pieces", () => {
    for (const { lines } of recordings({ dialect: "openai-chat", kind: "stream" })) {
      const bytes = bytesOf(lines.map((data) => writeSse({ data })).join("")).subarray(0, 20_000);
      const whole = split(bytes, []).frames;
      const everyByte = Array.from({ length: bytes.length }, (_, index) => index);
      expect(split(bytes, everyByte).frames).toEqual(whole);
      expect(
        split(
          bytes,
          everyByte.filter((index) => index % 1460 === 0),
        ).frames,
      ).toEqual(whole);
    }
  });
});
