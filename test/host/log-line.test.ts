import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createRedactor } from "../../src/core/redact.ts";
import { jsonLine, type LogEntry, textLine } from "../../src/host/log/line.ts";

const redactor = createRedactor();
const AT = Date.UTC(2026, 10, 22, 12, 0, 1, 5);

function entry(message: string, fields: Record<string, unknown> = {}): LogEntry {
  return { at: AT, level: "info", message, fields };
}

describe("a line of the log", () => {
  test("is JSON with time, level, message and fields", () => {
    expect(jsonLine(entry("served", { status: 200, path: "/v1/models" }), redactor)).toBe(
      '{"time":"2026-11-22T12:00:01.005Z","level":"info","message":"served","status":200,"path":"/v1/models"}',
    );
  });

  test("does not let a field overwrite the line's own members", () => {
    const line = JSON.parse(jsonLine(entry("real", { message: "forged", level: "error", time: 1 }), redactor));
    expect(line).toMatchObject({ level: "info", message: "real", message_: "forged", level_: "error", time_: 1 });
  });

  test("shows an error with its stack, without the key in it", () => {
    const line = jsonLine(entry("failed", { error: new Error("401 for sk-abcdefgh12345678") }), redactor);
    expect(JSON.parse(line).error).toMatchObject({ name: "Error", message: "401 for [redacted]" });
    expect(line).not.toContain("abcdefgh12345678");
  });

  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const oddities: [string, Record<string, unknown>][] = [
    ["a cycle", { cyclic }],
    [
      "a value that throws when it is serialised",
      {
        bad: {
          toJSON: () => {
            throw new Error("sk-abcdefgh12345678");
          },
        },
      },
    ],
    ["a bigint", { big: 2n ** 70n }],
    ["a function, a symbol and nothing", { f: () => 1, s: Symbol("x"), u: undefined }],
    ["lone surrogates and control characters", { text: "\ud800\u0000\n\u2028" }],
    ["a prototype name", JSON.parse('{"__proto__":{"a":1},"constructor":2}')],
  ];
  for (const [title, fields] of oddities) {
    test(`survives ${title}`, () => {
      const line = jsonLine(entry("odd", fields), redactor);
      expect(line).not.toContain("\n");
      expect(line).not.toContain("abcdefgh12345678");
      expect(JSON.parse(line)).toMatchObject({ message: "odd" });
      expect(textLine(entry("odd", fields), redactor)).toStartWith("12:00:01 info  odd");
    });
  }

  test("is bounded whatever is put into it", () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, "x".repeat(100)]));
    for (const fields of [{ text: "x".repeat(1_000_000) }, many]) {
      const line = jsonLine(entry("y".repeat(200_000), fields), redactor);
      expect(line.length).toBeLessThan(40_000);
      expect(JSON.parse(line).level).toBe("info");
    }
  });

  test("does not show the first half of a secret that lies across the cut", () => {
    const own = createRedactor();
    const secret = "S".repeat(2000);
    own.addSecret(secret);
    for (const offset of [3000, 4000, 63_600, 65_000, 65_500]) {
      const line = jsonLine(entry("cut", { text: `${"x".repeat(offset)}${secret}${"x".repeat(70_000)}` }), own);
      expect(line).not.toContain("SSSS");
    }
  });

  test("never holds a raw line break and always parses", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.dictionary(fc.string(), fc.jsonValue()), (message, fields) => {
        const line = jsonLine(entry(message, fields), redactor);
        expect(line).not.toMatch(/[\r\n]/);
        expect(JSON.parse(line).level).toBe("info");
        expect(textLine(entry(message, fields), redactor)).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a line for people", () => {
  test("puts fields behind the message and quotes what needs it", () => {
    expect(textLine(entry("served", { status: 200, why: "two words", list: [1, "a"] }), redactor)).toBe(
      '12:00:01 info  served status=200 why="two words" list=[1,"a"]',
    );
  });

  test("cannot move the cursor or forge a line", () => {
    expect(textLine(entry("a\u001b[2J\nb", { x: "\u001b]0;t\u0007" }), redactor)).toBe(
      '12:00:01 info  a\\x1b[2J\\x0ab x="\\u001b]0;t\\u0007"',
    );
  });

  test("still comes when a registered secret is made of JSON's own syntax", () => {
    const own = createRedactor();
    own.addSecret('","level":');
    expect(textLine(entry("m", { a: 1 }), own)).toContain("[redacted]");
  });
});
