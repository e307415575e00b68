import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CsvError, readCsv } from "../../src/core/csv-records.ts";

async function* chunksOf(text: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function records(text: string | Uint8Array, size?: number): Promise<readonly (readonly string[])[]> {
  const all = await Array.fromAsync(readCsv(chunksOf(text, size)));
  return all.flat().map(({ fields }) => fields);
}

async function problem(text: string | Uint8Array, size?: number): Promise<string> {
  try {
    await records(text, size);
  } catch (error) {
    if (error instanceof CsvError) return error.message;
    throw error;
  }
  return "none";
}

function quoted(field: string): string {
  return `"${field.replaceAll('"', '""')}"`;
}

describe("a CSV file", () => {
  test("of any fields, quoted as RFC 4180 says, comes back as it was, wherever its bytes are cut", async () => {
    const field = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", "é", "漢", " "), maxLength: 6 });
    const row = fc.array(field, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 5 }),
        fc.nat({ max: 9 }),
        fc.boolean(),
        async (rows, size, isCrlf) => {
          const text = rows.map((fields) => fields.map(quoted).join(",")).join(isCrlf ? "\r\n" : "\n");
          expect(await records(text, size + 1)).toEqual(rows);
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([
    [
      "a byte order mark",
      "\u{feff}a,b\n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "CRLF and no end of the last line",
      "a,b\r\n1,2",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "empty lines and empty fields",
      "a,b\n\n,\n",
      [
        ["a", "b"],
        ["", ""],
      ],
    ],
    ["a line break inside quotes", 'a\n"x\r\ny",z\n', [["a"], ["x\r\ny", "z"]]],
  ])("may have %s", async (_what, text, expected) => {
    expect(await records(text)).toEqual(expected);
  });

  test.each([
    ["an open quote", 'a\nb\n"c,d\n', "line 3: a quoted field is never closed"],
    ["text behind a quote", 'a\n"b"c,d\n', "after a closing quote"],
    ["a quote inside a field", 'a\nb "c" d\n', "line 2: a quote inside a field"],
    ["zero bytes", "a,b\n\u0000\u0001", "a binary file"],
    ["bytes that are no UTF-8", new Uint8Array([97, 44, 0xff, 0xfe, 10]), "no UTF-8 text"],
    ["a line without an end", "x".repeat(1_000_100), "longer than a million characters"],
  ])("with %s is refused, and the message says why", async (_what, text, words) => {
    expect(await problem(text, 100_000)).toContain(words);
  });

  test("tells the line that a record begins on, also after one of several lines", async () => {
    const all = await Array.fromAsync(readCsv(chunksOf('a\n"b\nc"\nd\n')));
    expect(all.flat().map(({ line }) => line)).toEqual([1, 2, 4]);
  });
});
