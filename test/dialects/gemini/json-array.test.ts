import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type JsonObject, parseJson } from "../../../src/core/json.ts";
import { createStreamSplitter, createStreamWriter } from "../../../src/dialects/framing.ts";
import { geminiArray } from "../../../src/dialects/gemini/dialect.ts";
import { createJsonArraySplitter, createJsonArrayWriter } from "../../../src/dialects/gemini/json-array.ts";
import { splitBytes } from "../codec.ts";
import { wireOf } from "./kit.ts";

const UTF8 = new TextEncoder();

function splitText(text: string): ReturnType<ReturnType<typeof createJsonArraySplitter>["push"]> {
  const splitter = createJsonArraySplitter();
  const pushed = splitter.push(UTF8.encode(text));
  const ended = splitter.end();
  return { ...ended, frames: [...pushed.frames, ...ended.frames] };
}

const anyObject = fc
  .dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue(), { maxKeys: 4 })
  .map((object) => JSON.parse(JSON.stringify(object)) as JsonObject);

describe("a stream that is one JSON array", () => {
  test("is read back as it was written, however its bytes are split, and is valid JSON as a whole", () => {
    fc.assert(
      fc.property(fc.array(anyObject, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 12 }), (objects, places) => {
        const wire = wireOf(
          objects.map((object) => ({ data: JSON.stringify(object) })),
          "json-array",
        );
        expect(parseJson(wire)).toEqual(objects);
        const { length } = UTF8.encode(wire);
        const cuts = places.map((place) => place % length).toSorted((left, right) => left - right);
        const read = splitBytes(wire, cuts, "json-array").map(({ data }) => parseJson(data));
        expect(read).toEqual(objects);
      }),
      { numRuns: 200 },
    );
  });

  test("gives each element as soon as its last brace came, with the text around it", () => {
    const splitter = createJsonArraySplitter();
    expect(splitter.push(UTF8.encode('[{"a":"}]{\\"'))).toEqual({ frames: [], heartbeats: 0 });
    expect(splitter.push(UTF8.encode('"}'))).toEqual({
      frames: [{ event: { data: '{"a":"}]{\\""}' }, raw: '[{"a":"}]{\\""}' }],
      heartbeats: 0,
    });
    expect(splitter.push(UTF8.encode('\r\n,\r\n{"b":{}}\n]\n')).frames).toEqual([
      { event: { data: '{"b":{}}' }, raw: '\r\n,\r\n{"b":{}}' },
    ]);
    expect(splitter.end()).toEqual({ frames: [], heartbeats: 0 });
  });

  test("may be pretty-printed, as Google's is, and start with white space that kept the client waiting", () => {
    const read = splitText('\n\n[{\n  "a": [\n    {\n      "b": 1\n    }\n  ]\n}\n,\r\n{\n  "c": 2\n}\n]\n');
    expect(read.frames.map(({ event }) => parseJson(event.data))).toEqual([{ a: [{ b: 1 }] }, { c: 2 }]);
    expect(read.fault).toBeUndefined();
  });

  test("may be a single object without an array, as an error is", () => {
    expect(splitText('{"error":{"code":500}}').frames.map(({ event }) => event.data)).toEqual([
      '{"error":{"code":500}}',
    ]);
  });

  test("that is cut inside an element leaves it out: the decoder says that it was cut", () => {
    const read = splitText('[{"candidates":[]},{"candi');
    expect(read.frames).toHaveLength(1);
    expect(read.fault).toBeUndefined();
  });

  test("that is something else is garbage, and stays so", () => {
    for (const text of ["<html>no</html>", '[{"a":1} oops {"b":2}]', '[{"a":1}] trailing']) {
      expect(splitText(text).fault).toMatchObject({ kind: "garbage" });
    }
    const splitter = createJsonArraySplitter();
    splitter.push(UTF8.encode('oops {"a":1}'));
    expect(splitter.push(UTF8.encode('{"b":1}'))).toMatchObject({ frames: [], fault: { kind: "garbage" } });
  });

  test("with an element beyond the limit is given up", () => {
    const splitter = createJsonArraySplitter(20);
    expect(splitter.push(UTF8.encode(`[{"a":"${"x".repeat(30)}`)).fault?.message).toContain("longer than 20");
  });

  test("without any event is the empty array", () => {
    expect(createJsonArrayWriter().end()).toBe("[]");
  });

  test("is asked of the upstream by the path without alt=sse", () => {
    expect(geminiArray.chatPath("m", true)).toBe("/models/m:streamGenerateContent");
    expect(geminiArray.chatPath("m", false)).toBe("/models/m:generateContent");
  });
});

describe("a framing", () => {
  test("writes an unchanged event with its own bytes, but for elements, whose place decides what stands before them", () => {
    const event = { data: "{}" };
    expect(createStreamWriter("sse").write(event, "data:{}\r\n\r\n")).toBe("data:{}\r\n\r\n");
    expect(createStreamWriter("ndjson").write(event, "{}\r\n")).toBe("{}\r\n");
    expect(createStreamWriter("json-array").write(event, "  {}")).toBe("[{}");
  });

  test("reads back what it wrote", () => {
    for (const framing of ["sse", "ndjson", "json-array"] as const) {
      const writer = createStreamWriter(framing);
      const wire = writer.write({ data: '{"a":1}' }) + writer.write({ data: '{"b":2}' }) + writer.end();
      const frames = createStreamSplitter(framing).push(UTF8.encode(wire)).frames;
      expect(frames.map(({ event }) => event.data)).toEqual(['{"a":1}', '{"b":2}']);
    }
  });
});
