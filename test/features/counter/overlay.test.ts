import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createOverlay, type Overlay, type OverlayOptions } from "../../../src/features/counter/overlay.ts";
import type { Size } from "../../../src/features/counter/terminal-state.ts";
import { type Emulator, openEmulator } from "./emulator.ts";

const SIZE: Size = { columns: 40, rows: 12 };
const encoder = new TextEncoder();

interface Desk {
  readonly overlay: Overlay;
  readonly emulator: Emulator;
  /** What the counter says from now on, and draws it. */
  say(text: string): Promise<void>;
  /** The program's output. */
  print(text: string): Promise<void>;
  resize(size: Size): Promise<void>;
  close(): Promise<void>;
}

async function open(more: Partial<OverlayOptions> = {}, before = ""): Promise<Desk> {
  let text = "counter";
  const size = more.size ?? SIZE;
  const emulator = openEmulator(size);
  emulator.write(before);
  const overlay = createOverlay({
    size,
    placement: "line",
    hasTitle: true,
    line: (width) => text.slice(0, width),
    ...more,
  });
  const write = async (bytes: Uint8Array | string): Promise<void> => {
    emulator.write(bytes);
    await emulator.settled();
  };
  await write(overlay.open());
  return {
    overlay,
    emulator,
    say(next) {
      text = next;
      return write(overlay.refresh());
    },
    print: (output) => write(overlay.pass(encoder.encode(output))),
    resize(next) {
      emulator.resize(next);
      return write(overlay.resize(next));
    },
    close: () => write(overlay.close()),
  };
}

function numbered(count: number): string {
  return Array.from({ length: count }, (_, index) => `line ${index}\r\n`).join("");
}

describe("the line below a program", () => {
  test("stands in the last row, and the program has the rows above", async () => {
    const { overlay, emulator, print } = await open();
    expect(overlay.programSize()).toEqual({ columns: 40, rows: 11 });
    await print(numbered(30));
    const rows = emulator.rows();
    expect(rows.at(-1)).toBe(" counter");
    expect(rows.slice(0, 11)).toEqual([...Array.from({ length: 10 }, (_, index) => `line ${20 + index}`), ""]);
    expect(emulator.cursor()).toEqual([0, 10]);
  });

  test("makes room where the prompt stood in the last row, and loses no row of what was there", async () => {
    const { emulator } = await open({}, `${numbered(14)}$ aider`);
    expect(emulator.rows().at(-1)).toBe(" counter");
    expect(emulator.rows().at(-2)).toBe("$ aider");
    expect(emulator.cursor()).toEqual([7, 10]);
    expect(emulator.history()).toContain("line 0");
  });

  test("leaves no trace at the end, and everything scrolls again", async () => {
    const { emulator, print, close } = await open();
    await print(`${numbered(30)}bye`);
    await close();
    expect(emulator.rows().at(-1)).toBe("");
    expect(emulator.cursor()).toEqual([3, 10]);
    emulator.write(`\r\n${numbered(20)}`);
    await emulator.settled();
    expect(emulator.rows().slice(-2)).toEqual(["line 19", ""]);
    expect(emulator.history().join("\n")).not.toContain("counter");
  });

  test("changes when told, and leaves the cursor and colours of the program alone", async () => {
    const { emulator, print, say } = await open();
    await print("\u001b[31mred ");
    await say("$0.25");
    await print("still red");
    expect(emulator.rows()[0]).toBe("red still red");
    expect(emulator.rows().at(-1)).toBe(" $0.25");
  });

  test("shows plain letters where the program draws boxes", async () => {
    const { emulator, print, say } = await open();
    await print("\u001b(0lqk");
    await say("quick");
    await print("x\u001b(B");
    expect(emulator.rows()[0]).toBe("┌─┐│");
    expect(emulator.rows().at(-1)).toBe(" quick");
  });
});

describe("sequences of the program that reach for the whole screen", () => {
  test.each<[string, string]>([
    ["erase the screen", "\u001b[2J"],
    ["erase below", "\u001b[J"],
    ["let all rows scroll", "\u001b[r\u001b[99;1H\r\n\r\n\r\n"],
    ["set a region with the last row in it", "\u001b[2;12r\u001b[99;1H\r\n\r\n\r\n"],
    ["jump to the last row", "\u001b[999;999H#\r\n\r\n"],
    ["jump to the last row in their column", "\u001b[999d#\r\n\r\n"],
    ["reset the terminal", "\u001bc"],
    ["reset it softly", "\u001b[!p\u001b[99;1H\r\n\r\n"],
    ["fill it", "\u001b#8"],
    ["take the alternate screen", "\u001b[?1049h\u001b[2J\u001b[H"],
    ["take it and give it back", "\u001b[?1049h\u001b[2J\u001b[?1049l\r\n\r\n"],
    ["take it in the old way", "\u001b[?47h\r\n\r\n\u001b[?47l"],
  ])("that %s do not reach the line", async (_what, output) => {
    const { emulator, print, say } = await open();
    await print(`one\r\ntwo${output}`);
    expect(emulator.rows().at(-1)).toBe(" counter");
    await print(numbered(40));
    await say("after");
    expect(emulator.rows().at(-1)).toBe(" after");
    expect(emulator.rows().at(-3)).toBe("line 39");
    expect(emulator.history().filter((row) => row.startsWith(" counter"))).toEqual([]);
  });

  test("a question for the size by way of the last row is answered with the program's rows", async () => {
    const { emulator, print } = await open();
    const replies: string[] = [];
    emulator.onReply((text) => replies.push(text));
    await print("\u001b[999;999H\u001b[6n");
    expect(replies).toEqual(["\u001b[11;40R"]);
  });

  test("the cursor that a program saved is still there, and the title stands in for the line until then", async () => {
    const { emulator, print, say } = await open();
    await print("\u001b[3;5H\u001b7\u001b[8;1Hbusy");
    await say("$1");
    expect(emulator.rows().at(-1)).toBe(" counter");
    expect(emulator.titles).toEqual(["$1"]);
    await print("\u001b8here");
    expect(emulator.rows()[2]).toBe("    here");
    expect(emulator.rows().at(-1)).toBe(" $1");
  });

  test("rows that count from a region's top are the program's own, so the title stands in", async () => {
    const { emulator, print, say } = await open();
    await print("\u001b[3;6r\u001b[?6h\u001b[1;1Hfirst");
    await say("$1");
    expect(emulator.rows()[2]).toBe("first");
    expect(emulator.titles).toEqual(["$1"]);
    await print("\u001b[?6l");
    expect(emulator.rows().at(-1)).toBe(" $1");
  });

  test.each<[string, string, string]>([
    ["a control sequence", "\u001b[3", "1mred"],
    ["a title", "\u001b]0;a ti", "tle\u0007red"],
    ["a device string", "\u001bP1$", "r0m\u001b\\red"],
    ["a character of several bytes", "", "red"],
  ])("nothing is drawn amid %s", async (_what, first, second) => {
    const { overlay, emulator, print } = await open();
    const head = first === "" ? Uint8Array.of(0xe2, 0x82) : encoder.encode(first);
    const tail = first === "" ? Uint8Array.of(0xac) : new Uint8Array();
    expect(overlay.pass(head)).toEqual(head);
    expect(overlay.refresh()).toBe("");
    emulator.write(head);
    emulator.write(overlay.pass(tail));
    await print(second);
    expect(emulator.rows()[0]).toBe(first === "" ? "€red" : "red");
    expect(emulator.rows().at(-1)).toBe(" counter");
  });
});

describe("another size", () => {
  test.each<[string, Size]>([
    ["taller", { columns: 40, rows: 20 }],
    ["shorter", { columns: 40, rows: 7 }],
    ["wider", { columns: 70, rows: 12 }],
    ["narrower", { columns: 25, rows: 12 }],
    ["smaller in both", { columns: 30, rows: 8 }],
    ["larger in both", { columns: 100, rows: 40 }],
  ])("%s: one line, in the last row, and what the program shows stays", async (_what, size) => {
    for (const lines of [3, 30]) {
      const { overlay, emulator, print, resize, say } = await open();
      await print(`${numbered(lines)}> `);
      await resize(size);
      expect(overlay.programSize()).toEqual({ columns: size.columns, rows: size.rows - 1 });
      expect(emulator.rows().filter((row) => row.includes("counter"))).toEqual([" counter"]);
      expect(emulator.rows().at(-1)).toBe(" counter");
      await print("typed");
      const at = emulator.rows().indexOf("> typed");
      expect(emulator.rows()[at - 1]).toBe(`line ${lines - 1}`);
      await print(`\r\n${numbered(60)}`);
      await say("after");
      expect(emulator.rows().at(-1)).toBe(" after");
      expect(emulator.rows().at(-3)).toBe("line 59");
    }
  });

  test("too small for a line, the program has all rows and the title the counter; and back", async () => {
    const { overlay, emulator, print, resize, say } = await open();
    await resize({ columns: 40, rows: 4 });
    expect(overlay.programSize()).toEqual({ columns: 40, rows: 4 });
    await say("$2");
    await print(numbered(9));
    expect(emulator.rows()).toEqual(["line 6", "line 7", "line 8", ""]);
    expect(emulator.titles.at(-1)).toBe("$2");
    await resize(SIZE);
    expect(emulator.rows().at(-1)).toBe(" $2");
    await say("$3");
    expect(emulator.titles.at(-1)).toBe("$3");
  });

  test("amid a sequence waits for its end", async () => {
    const { overlay, emulator, print } = await open();
    await print("a\u001b[3");
    emulator.resize({ columns: 40, rows: 9 });
    expect(overlay.resize({ columns: 40, rows: 9 })).toBe("");
    await print("1mb");
    expect(emulator.rows()).toEqual(["ab", "", "", "", "", "", "", "", " counter"]);
  });
});

describe("the end", () => {
  test("gives back what a crashed program left switched on", async () => {
    const { emulator, print, close } = await open();
    await print(
      "shell\r\n\u001b[?1049h\u001b[?25l\u001b[?1002h\u001b[?2004h\u001b[?1h\u001b[31mediting\u001b]0;half a ti",
    );
    await close();
    expect(emulator.isAlternate()).toBe(false);
    expect(emulator.modes()).toMatchObject({
      mouseTrackingMode: "none",
      bracketedPasteMode: false,
      applicationCursorKeysMode: false,
      originMode: false,
    });
    emulator.write("back");
    await emulator.settled();
    expect(emulator.rows().slice(0, 3)).toEqual(["shell", "back", ""]);
    expect(emulator.titles).toEqual([]);
  });

  test("leaves alone what the program switched back itself", async () => {
    const { overlay, print } = await open();
    await print("\u001b[?2004h\u001b[?25l\u001b[?2004l\u001b[?25h");
    expect(overlay.close()).not.toContain("\u001b[?");
  });
});

describe("the title alone", () => {
  test("leaves every byte and every row to the program", async () => {
    const { overlay, emulator, print, say } = await open({ placement: "title" });
    expect(overlay.programSize()).toEqual(SIZE);
    const output = encoder.encode("\u001b[2J\u001b[r\u001b[99;1Hx");
    expect(overlay.pass(output)).toEqual(output);
    await say("$0.5");
    await print(numbered(20));
    expect(emulator.titles).toEqual(["counter", "$0.5"]);
    expect(emulator.rows().at(-2)).toBe("line 19");
    expect(overlay.close()).toEndWith("\u001b[23;2t");
  });

  test("is not set where the terminal takes titles for text", async () => {
    const { overlay } = await open({ placement: "title", hasTitle: false });
    expect(overlay.refresh()).toBe("");
  });
});

const row = fc.integer({ min: 0, max: 16 });
const column = fc.integer({ min: 0, max: 45 });
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("abc", "Wörter ", "界", "a longer piece of text that wraps around ", "\t") },
  { weight: 3, arbitrary: fc.constantFrom("\r\n", "\n", "\r", "\b", "\u001bM", "\u001bD", "\u001bE") },
  fc.tuple(row, column).map(([y, x]) => `\u001b[${y};${x}H`),
  row.map((y) => `\u001b[${y}d`),
  fc
    .tuple(fc.nat(9), row)
    .map(([top, bottom]) => `\u001b[${top};${bottom}r\u001b[${top};1Hin a region\n\n\n\n\u001bM\u001b[r`),
  fc.constantFrom(
    "\u001b[r",
    "\u001b[J",
    "\u001b[1J",
    "\u001b[2J",
    "\u001b[K",
    "\u001b[2L",
    "\u001b[3M",
    "\u001b[2S",
    "\u001b[2T",
  ),
  fc.constantFrom(
    "\u001b[5A",
    "\u001b[20B",
    "\u001b[3E",
    "\u001b[2F",
    "\u001b[31m",
    "\u001b[0m",
    "\u001b[@",
    "\u001b[4h",
    "\u001b[4l",
  ),
  fc.constantFrom("\u001b[?1049h\u001b[2J\u001b[5;5Helsewhere\r\n\u001b[?1049l", "\u001bc", "\u001b#8", "\u001b[?25l"),
  fc.tuple(row, column).map(([y, x]) => `\u001b7\u001b[${y};${x}Hsaved\u001b8`),
  fc.constantFrom("\u001b]0;title\u0007", "\u001bP1$r\u001b\\", "\u001b[38;5;3m"),
);

test("whatever a program draws looks as on a terminal of its own, one row shorter, however its bytes come", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { maxLength: 40 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      async (operations, cuts) => {
        // The return at the end: a cursor that waits at the right edge holds the line up, rightly.
        const bytes = encoder.encode(`${operations.join("")}\r`);
        const alone = openEmulator({ columns: SIZE.columns, rows: SIZE.rows - 1 });
        const { overlay, emulator } = await open();
        const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((left, right) => left - right);
        let from = 0;
        for (const end of [...ends, bytes.length]) {
          emulator.write(overlay.pass(bytes.subarray(from, end)));
          emulator.write(overlay.refresh());
          from = end;
        }
        alone.write(bytes);
        await Promise.all([alone.settled(), emulator.settled()]);
        expect(emulator.rows().slice(0, -1)).toEqual([...alone.rows()]);
        expect(emulator.cursor()).toEqual(alone.cursor());
        expect(emulator.rows().at(-1)).toBe(" counter");
      },
    ),
    { numRuns: 300 },
  );
});
