import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { createNdjsonSplitter, writeNdjson } from "../../src/dialects/ndjson.ts";

const CAPTURES = join(import.meta.dir, "ollama", "captures");
const encoder = new TextEncoder();

interface Outcome {
  readonly data: readonly string[];
  readonly raw: string;
  readonly heartbeats: number;
  readonly fault: string | undefined;
}

function split(bytes: Uint8Array, cuts: readonly number[], maxLineChars?: number): Outcome {
  const splitter = createNdjsonSplitter(maxLineChars);
  const places = [...new Set(cuts)].sort((left, right) => left - right);
  const steps = [0, ...places].map((from, index) => splitter.push(bytes.subarray(from, places[index] ?? bytes.length)));
  const all = [...steps, splitter.end()];
  return {
    data: all.flatMap(({ frames }) => frames.map(({ event }) => event.data)),
    raw: all.flatMap(({ frames }) => frames.map((frame) => frame.raw)).join(""),
    heartbeats: all.reduce((sum, step) => sum + step.heartbeats, 0),
    fault: all.find((step) => step.fault !== undefined)?.fault?.kind,
  };
}

describe("splitting a stream into lines", () => {
  test("gives one event a line and keeps the original bytes", () => {
    const text = '{"a":1}\n{"b":"ß"}\r\n\n{"c":"x\\ny"}\n';
    const { data, raw, heartbeats } = split(encoder.encode(text), []);
    expect(data).toEqual(['{"a":1}', '{"b":"ß"}', '{"c":"x\\ny"}']);
    expect(raw).toBe('{"a":1}\n{"b":"ß"}\r\n{"c":"x\\ny"}\n');
    expect(heartbeats).toBe(1);
  });

  test("completes a last line that has no end", () => {
    expect(split(encoder.encode('{"a":1}\n{"error":"x"}'), [])).toEqual({
      data: ['{"a":1}', '{"error":"x"}'],
      raw: '{"a":1}\n{"error":"x"}\n',
      heartbeats: 0,
      fault: undefined,
    });
  });

  test("an event has no name, and no line at all is no event", () => {
    expect(createNdjsonSplitter().push(encoder.encode("{}\n")).frames).toEqual([
      { event: { data: "{}" }, raw: "{}\n" },
    ]);
    expect(createNdjsonSplitter().end()).toEqual({ frames: [], heartbeats: 0 });
  });

  test("gives the same events for a real capture cut at every byte", () => {
    const bytes = new Uint8Array(readFileSync(join(CAPTURES, "chat-stream.ndjson")));
    const whole = split(bytes, []);
    expect(whole.data).toHaveLength(8);
    expect(split(bytes, [...bytes.keys()])).toEqual(whole);
  });

  test("gives the same events wherever the bytes are cut", () => {
    const line = fc.oneof(
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.constant(""),
      fc.constant('"日本🙂"'),
    );
    const text = fc.array(line).map((lines) => lines.map((entry) => `${entry}\n`).join(""));
    fc.assert(
      fc.property(text, fc.array(fc.nat()), (whole, cuts) => {
        const bytes = encoder.encode(whole);
        const places = bytes.length === 0 ? [] : cuts.map((cut) => cut % bytes.length);
        expect(split(bytes, places)).toEqual(split(bytes, []));
      }),
    );
  });
});

describe("the limit of one line", () => {
  const long = encoder.encode(`{"a":1}\n${"x".repeat(50)}\n{"b":2}\n`);

  test.each([[[]], [[20]], [[...long.keys()]]])("gives the stream up however it is cut: %p", (cuts) => {
    const { data, fault } = split(long, cuts, 40);
    expect(data).toEqual(['{"a":1}']);
    expect(fault).toBe("garbage");
  });

  test("says the same at every later step", () => {
    const splitter = createNdjsonSplitter(4);
    expect(splitter.push(encoder.encode("12345")).fault?.message).toContain("longer than 4 characters");
    expect(splitter.push(encoder.encode("\n{}\n"))).toMatchObject({ frames: [], fault: { kind: "garbage" } });
    expect(splitter.end()).toMatchObject({ frames: [], fault: { kind: "garbage" } });
  });

  test("lets a line of just that length pass", () => {
    expect(split(encoder.encode("1234\n"), [], 4)).toMatchObject({ data: ["1234"], fault: undefined });
  });
});

test("an event is written as one line", () => {
  expect(writeNdjson({ data: '{"done":true}' })).toBe('{"done":true}\n');
});
