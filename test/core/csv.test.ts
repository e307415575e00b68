import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type CsvCell, csvRecord } from "../../src/core/csv.ts";

/** Reads one record as RFC 4180 says, quotes and all. */
function readRecord(record: string): readonly string[] {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n$)/gy;
  for (let match = field.exec(record); match !== null; match = field.exec(record)) {
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] !== ",") return fields;
  }
  throw new Error(`no record: ${record}`);
}

describe("a CSV record", () => {
  test.each([
    [["a", 1, null, ""], "a,1,,\r\n"],
    [['say "hi"', "a,b", "two\nlines"], '"say ""hi""","a,b","two\nlines"\r\n'],
    [["=1+1", "+1", "-1", "@x", "|x", "%x"], "'=1+1,'+1,'-1,'@x,'|x,'%x\r\n"],
    [["\tx", "\rx", "\nx"], '\'\tx,"\'\rx","\'\nx"\r\n'],
    [[-5, 0.25, 1e21], "-5,0.25,1e+21\r\n"],
  ] as [readonly CsvCell[], string][])("of %j is %j", (cells, record) => {
    expect(csvRecord(cells)).toBe(record);
  });

  test("is read back as it was, but for the apostrophe before what would be a formula", () => {
    const text = fc.string({ unit: fc.constantFrom(..."=+-@|%\t\r\n\"',;ab 1") });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (cells) => {
        const fields = readRecord(csvRecord(cells));
        expect(fields.map((field, place) => (field === cells[place] ? field : field.slice(1)))).toEqual(cells);
        for (const field of fields) expect(field).not.toMatch(/^[=+\-@|%\t\r\n]/);
      }),
    );
  });
});
