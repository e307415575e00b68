import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VERDICTS, type Vote } from "../../../src/core/rating/vote.ts";
import { readVotes } from "../../../src/features/tournament/read-votes.ts";

function read(text: string): Promise<readonly Vote[]> {
  return readVotes(new TextEncoder().encode(text));
}

const ONE: Vote = { left: "a", right: "b", winner: "left", voter: "v1" };

describe("a file of votes", () => {
  const alike: readonly (readonly [string, string])[] = [
    ["CSV", "left,right,winner,voter\na,b,left,v1\n"],
    [
      "CSV with other columns, in another order, with a byte order mark and CRLF",
      "\ufeffid,winner,voter,right,left\r\n7,left,v1,b,a\r\n",
    ],
    ["CSV with quotes", 'left,right,winner,voter\n"a","b","left","v1"\n'],
    ["NDJSON", '{"left":"a","right":"b","winner":"left","voter":"v1"}\n'],
    [
      "NDJSON of this version, with empty lines",
      '\n{"version":1,"left":"a","right":"b","winner":"left","voter":"v1","at":5}\n\n',
    ],
    ["the names of an arena", "model_a,model_b,winner,judge\na,b,model_a,v1\n"],
    ["a voter called otherwise", "left,right,winner,worker\na,b,LEFT,v1\n"],
  ];
  for (const [what, text] of alike)
    test(`is read as ${what}`, async () => {
      expect(await read(text)).toEqual([ONE]);
    });

  test("may leave voters out, and have numbers for names", async () => {
    expect(await read('{"left":1,"right":2,"winner":"both_bad"}')).toEqual([
      { left: "1", right: "2", winner: "both_bad", voter: null },
    ]);
    expect(await read("left,right,winner,voter\na,b,tie,\n")).toEqual([{ ...ONE, winner: "tie", voter: null }]);
  });

  test("takes our own column where others say the same", async () => {
    expect(await read("model_a,model_b,left,right,winner,worker,voter\nx,y,a,b,left,w,v1\n")).toEqual([ONE]);
  });

  test("comes back as it was written, whatever the names", async () => {
    const name = fc.string({ minLength: 1 }).filter((text) => text.trim() === text && text !== "");
    const vote = fc.record({ left: name, right: name, winner: fc.constantFrom(...VERDICTS), voter: fc.option(name) });
    await fc.assert(
      fc.asyncProperty(fc.array(vote, { minLength: 1, maxLength: 10 }), async (votes) => {
        expect(await read(votes.map((one) => JSON.stringify(one)).join("\n"))).toEqual(votes);
      }),
    );
  });

  const wrong: readonly (readonly [string, string, string])[] = [
    ["nothing", "", "it holds no votes"],
    ["a header alone", "left,right,winner\n", "it holds no votes"],
    ["another table", "day,model,cost_usd\n2026-10-01,m,1\n", 'line 1: no column "left", "right", "winner"'],
    [
      "a verdict that is none",
      "left,right,winner\na,b,lefft\n",
      'line 2: the winner "lefft" is none of left, right, tie, both_bad. Did you mean "left"',
    ],
    ["a name that is missing", "left,right,winner\na,,left\n", 'line 2: "right" is missing or empty'],
    ["a line that is no JSON", '{"left":"a","right":"b","winner":"left"}\n{"left":', "line 2: no JSON"],
    ["a line that is another thing", '{"left":"a","right":"b","winner":"left"}\n[1]', "line 2: no JSON object"],
    [
      "a later version",
      '{"version":2,"left":"a","right":"b","winner":"left"}',
      "line 1: written by another version of Lodestar (format 2, this one reads 1)",
    ],
    ["a quote that is never closed", 'left,right,winner\n"a,b,left\n', "line 2: a quoted field is never closed"],
  ];
  for (const [what, text, words] of wrong)
    test(`that holds ${what} is refused in words`, async () => {
      await expect(read(text)).rejects.toThrow(words);
    });

  test("that is no text is refused in words", async () => {
    await expect(readVotes(Uint8Array.of(0xff, 0xfe, 0x00))).rejects.toThrow("it is no UTF-8 text");
  });
});
