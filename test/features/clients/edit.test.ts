import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonValue } from "../../../src/core/json.ts";
import { removeMarks, writeEntries } from "../../../src/features/clients/edit.ts";
import type { FormatName } from "../../../src/features/clients/formats/format.ts";
import { FORMATS } from "../../../src/features/clients/formats/formats.ts";
import { valueAt } from "../../../src/features/clients/tree.ts";
import { COMMENT, DOCUMENTS, ENTRIES } from "./documents.ts";

const NAMES: readonly FormatName[] = ["jsonc", "toml", "yaml", "dotenv"];

function parsed(name: FormatName, text: string): JsonValue {
  const result = FORMATS[name].parse(text);
  if (!result.ok) throw new Error(`${result.error.line}: ${result.error.message}\n${text}`);
  return result.value;
}

function written(name: FormatName, text: string) {
  const result = writeEntries(text, FORMATS[name], ENTRIES[name]);
  if (!result.ok) throw new Error(`${JSON.stringify(result.error)}\n${text}`);
  return result.value;
}

function remarks(text: string): number {
  return text.split(COMMENT).length - 1;
}

/** The document, where an empty one may be null, a map or nothing. */
function content(name: FormatName, text: string): JsonValue {
  return text.trim() === "" ? {} : (parsed(name, text) ?? {});
}

describe.each(NAMES.map((name) => [name]))("editing %s", (name) => {
  test("writes every entry into any document, and keeps every remark and every line end", () => {
    fc.assert(
      fc.property(DOCUMENTS[name], (text) => {
        const { text: after } = written(name, text);
        for (const entry of ENTRIES[name]) expect(valueAt(parsed(name, after), entry.path)).toEqual(entry.value);
        expect(remarks(after)).toBe(remarks(text));
        if (text.includes("\r\n")) expect(after.replaceAll("\r\n", "")).not.toContain("\n");
      }),
    );
  });

  test("writing twice is writing once", () => {
    fc.assert(
      fc.property(DOCUMENTS[name], (text) => {
        const once = written(name, text).text;
        const twice = written(name, once);
        expect([twice.text, twice.marks]).toEqual([once, []]);
      }),
    );
  });

  test("taking the marks out gives back what the document said, with every remark", () => {
    fc.assert(
      fc.property(DOCUMENTS[name], (text) => {
        const { text: after, marks } = written(name, text);
        const cleaned = removeMarks(after, FORMATS[name], marks);
        if (!cleaned.ok) throw new Error(`${JSON.stringify(cleaned.error)}\n${after}`);
        expect(content(name, cleaned.value.text)).toEqual(content(name, text));
        expect([cleaned.value.kept, remarks(cleaned.value.text)]).toEqual([[], remarks(text)]);
      }),
    );
  });
});
