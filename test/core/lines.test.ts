import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { linesOf } from "../../src/core/lines.ts";

async function read(text: string, cuts: readonly number[]): Promise<readonly string[]> {
  const bytes = new TextEncoder().encode(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((left, right) => left - right);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const [index, place] of places.slice(1).entries()) yield bytes.subarray(places[index], place);
  }
  return Array.fromAsync(linesOf(chunks()));
}

describe("lines of bytes", () => {
  test.each([
    ["", []],
    ["\n", [""]],
    ["one", ["one"]],
    ["one\ntwo\n", ["one", "two"]],
    ["one\n\ntwo", ["one", "", "two"]],
    ["größer\r\nΩ🙂", ["größer\r", "Ω🙂"]],
  ])("%j is read as %j, one byte at a time too", async (text, lines) => {
    const everywhere = Array.from({ length: new TextEncoder().encode(text).length }, (_, at) => at);
    expect(await read(text, [])).toEqual(lines);
    expect(await read(text, everywhere)).toEqual(lines);
  });

  test("wherever bytes are cut, the lines are the same", async () => {
    const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\n\ufeff]/g, ""));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, cuts) => {
        expect(await read(lines.map((text) => `${text}\n`).join(""), cuts)).toEqual(lines);
      }),
    );
  });

  test("an unfinished character at the end is no silence", async () => {
    async function* half(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array([0xc3]);
    }
    expect(await Array.fromAsync(linesOf(half()))).toEqual(["\ufffd"]);
  });
});
