import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createScanner, type Found, type ScreenEffect } from "../../../src/features/counter/scan.ts";

const encoder = new TextEncoder();
const columns = (): number => 10;

function effectsOf(text: string): readonly ScreenEffect[] {
  return createScanner(columns)
    .scan(encoder.encode(text))
    .map(({ effect }) => effect);
}

describe("what is found in a program's output", () => {
  test.each<[string, readonly ScreenEffect[]]>([
    ["\u001b7\u001b[s\u001b[?1048h", [{ kind: "save" }, { kind: "save" }, { kind: "save" }]],
    ["\u001b8\u001b[u\u001b[?1048l", [{ kind: "restore" }, { kind: "restore" }, { kind: "restore" }]],
    [
      "\u001bc\u001b#8",
      [
        { kind: "reset", isHard: true },
        { kind: "reset", isHard: false },
      ],
    ],
    ["\u001b[!p", [{ kind: "soft-reset" }]],
    [
      "\u001b[r\u001b[3;9r",
      [
        { kind: "margins", top: 0, bottom: 0 },
        { kind: "margins", top: 3, bottom: 9 },
      ],
    ],
    [
      "\u001b[?25;1049h",
      [
        { kind: "mode", mode: 25, isOn: true },
        { kind: "mode", mode: 1049, isOn: true },
      ],
    ],
    [
      "\u001b[5;7H\u001b[9f\u001b[4d",
      [
        { kind: "move", row: 5, column: 7 },
        { kind: "move", row: 9, column: 1 },
        { kind: "move", row: 4, column: null },
      ],
    ],
    [
      "\u001b[J\u001b[0J\u001b[2J\u001b[?J",
      [{ kind: "erase" }, { kind: "erase" }, { kind: "erase" }, { kind: "erase" }],
    ],
    ["\u001b[3\n1;2H", [{ kind: "move", row: 31, column: 2 }]],
    ["\u001b[3\u0018J", []],
    ["\u001b]0;\u001b[2J\u0007", [{ kind: "erase" }]],
  ])("%j", (text, effects) => {
    expect(effectsOf(text)).toEqual([...effects]);
  });

  test.each([
    "plain text, 界 and ü",
    "\u001b[1;2s\u001b[4h\u001b[?3r\u001b[>4;2m\u001b[<u\u001b[=1u",
    "\u001b[1J\u001b[3J\u001b[K\u001b[10A",
    "\u001b(0\u001b)B\u001b#3\u001bM\u001b=",
    "\u001bPq[2J\u001b\\\u001b]2;c [2J 7\u001b\\\u001b_7c\u001b\\",
    `\u001b[${"1;".repeat(60)}H`,
  ])("nothing is found in %j", (text) => {
    expect(effectsOf(text)).toEqual([]);
  });

  test("the index is that after the last byte", () => {
    expect(createScanner(columns).scan(encoder.encode("ab\u001b[2Jcd"))).toEqual([
      { effect: { kind: "erase" }, end: 6 },
    ]);
  });
});

describe("places between", () => {
  test.each<[string, readonly number[]]>([
    ["a\u001b[2Jb", [1, 5, 6]],
    ["ü", [2]],
    ["😀!", [4, 5]],
    ["\u001b]0;x\u0007", [6]],
    ["\u001b]0;x\u001b\\", [7]],
    ["\u001bPx\u0007\u001b\\", [6]],
    ["\u001b(B", [3]],
  ])("of %j", (text, places) => {
    const bytes = encoder.encode(text);
    const scanner = createScanner(columns);
    const found: number[] = [];
    for (const [index, byte] of bytes.entries()) {
      scanner.scan(Uint8Array.of(byte));
      if (scanner.isBetween()) found.push(index + 1);
    }
    expect(found).toEqual([...places]);
  });

  test("a broken character holds nothing up for long", () => {
    const scanner = createScanner(columns);
    scanner.scan(Uint8Array.of(0xf0, 0x9f));
    expect(scanner.isBetween()).toBe(false);
    scanner.scan(encoder.encode("a"));
    expect(scanner.isBetween()).toBe(true);
  });
});

describe("a cursor that waits at the right edge", () => {
  test.each<[string, boolean]>([
    ["0123456789", true],
    ["012345678", false],
    ["0123456789a", false],
    ["0123456789\u001b[31m", true],
    ["0123456789\r", false],
    ["0123456789\u001b[K", false],
    ["01234567界", true],
    ["012345678界", false],
    ["\t89", true],
    ["\t8\b89", true],
    ["\u001b[5;10H9", true],
    ["\u001b[9G89", true],
    ["01234\u001b[3C89", true],
    ["0123456789\u001b[2D89", false],
    ["0123456789\u001b[2D9", false],
    ["0123456789\u001b[1D9", false],
    ["0123\u001b7abc\u001b8456789", true],
    ["0123\u001b[sabc\u001b[u456789", true],
    ["0123\u001b[?1049h01234\u001b[?1049l456789", true],
    ["abc\u001bE0123456789", true],
    ["abc\u001b[E0123456789", true],
    ["abc\u001b[L0123456789", true],
    ["abc\u001b[r0123456789", true],
    ["0123456789\n", false],
    ["ab\ncdefghij", true],
  ])("%j: %p", (text, isWaiting) => {
    const scanner = createScanner(columns);
    scanner.scan(encoder.encode(text));
    expect(scanner.mayWrap()).toBe(isWaiting);
  });
});

const piece = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom(
    "\u001b[2J",
    "\u001b7",
    "\u001b8",
    "\u001b[3;4H",
    "\u001b]0;title\u0007",
    "\u001b[?1049h",
    "\u001bc",
    "\u001b[!p",
  ),
);

test("however the bytes are cut, the same is found at the same places", () => {
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat()), (pieces, cuts) => {
      const bytes = encoder.encode(pieces.join(""));
      const whole = createScanner(columns);
      const cut = createScanner(columns);
      const expected = whole.scan(bytes);
      const ends = [...new Set(cuts.map((at) => at % (bytes.length + 1)))].sort((left, right) => left - right);
      const found: Found[] = [];
      let from = 0;
      for (const end of [...ends, bytes.length]) {
        found.push(...cut.scan(bytes.subarray(from, end)).map(({ effect, end: at }) => ({ effect, end: at + from })));
        from = end;
      }
      expect(found).toEqual([...expected]);
      expect([cut.isBetween(), cut.mayWrap()]).toEqual([whole.isBetween(), whole.mayWrap()]);
    }),
  );
});

test("any bytes at all are read without complaint", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const scanner = createScanner(columns);
      for (const { end } of scanner.scan(bytes)) expect(end).toBeLessThanOrEqual(bytes.length);
      scanner.scan(encoder.encode("\u0018"));
      expect(scanner.isBetween()).toBe(true);
    }),
  );
});
