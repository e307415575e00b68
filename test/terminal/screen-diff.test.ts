import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import picocolors from "picocolors";
import { createScreenDiff } from "../../src/terminal/screen-diff.ts";
import { openEmulator } from "../features/counter/emulator.ts";

const SIZE = { columns: 12, rows: 3 };
const style = picocolors.createColors(true);
const ESC = "\u001b";

describe("a screen drawn again", () => {
  test("as it was writes nothing at all", () => {
    const diff = createScreenDiff();
    const lines = [style.bold("costs"), `漢字 ${style.green("ok")}`];
    expect(diff.draw(lines, SIZE)).not.toBe("");
    expect(diff.draw([...lines], SIZE)).toBe("");
  });

  test("with one changed character writes only its run", () => {
    const diff = createScreenDiff();
    diff.draw(["spent $1.23", "same"], SIZE);
    expect(diff.draw(["spent $1.24", "same"], SIZE)).toBe(`${ESC}[1;11H4`);
  });

  test("with another colour writes only what has it", () => {
    const diff = createScreenDiff();
    diff.draw(["a b c"], SIZE);
    expect(diff.draw([`a ${style.red("b")} c`], SIZE)).toBe(`${ESC}[1;3H${ESC}[0m${ESC}[31mb${ESC}[0m`);
  });

  test("shorter than before blanks the rest", () => {
    const diff = createScreenDiff();
    diff.draw(["abc", "def"], SIZE);
    expect(diff.draw(["ab"], SIZE)).toBe(`${ESC}[1;3H ${ESC}[2;1H   `);
  });

  test("in another size, or after it was forgotten, is drawn whole", () => {
    const diff = createScreenDiff();
    diff.draw(["abc"], SIZE);
    expect(diff.draw(["abc"], { columns: 13, rows: 3 })).toContain(`${ESC}[2J${ESC}[1;1Habc`);
    diff.forget();
    expect(diff.draw(["abc"], { columns: 13, rows: 3 })).toContain(`${ESC}[2J`);
  });

  test("shows on a real terminal what was drawn, whatever was there before", async () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", " ", "漢", "é", "▇", "›"), maxLength: 14 });
    const paint = fc.constantFrom(style.red, style.bold, style.dim, (text: string) => text);
    const part = fc.tuple(word, paint).map(([text, colour]) => [text, colour(text)] as const);
    const line = fc.array(part, { maxLength: 3 });
    const screens = fc.array(fc.array(line, { maxLength: 3 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(screens, async (steps) => {
        const diff = createScreenDiff();
        const [patched, whole] = [openEmulator(SIZE), openEmulator(SIZE)];
        for (const lines of steps) {
          patched.write(
            diff.draw(
              lines.map((parts) => parts.map(([, painted]) => painted).join("")),
              SIZE,
            ),
          );
        }
        const last = steps.at(-1) ?? [];
        whole.write(
          createScreenDiff().draw(
            last.map((parts) => parts.map(([text]) => text).join("")),
            SIZE,
          ),
        );
        await Promise.all([patched.settled(), whole.settled()]);
        expect(patched.rows()).toEqual(whole.rows());
      }),
      { numRuns: 60 },
    );
  });
});
