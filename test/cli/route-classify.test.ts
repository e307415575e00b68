import { describe, expect, test } from "bun:test";
import { run } from "./harness.ts";

const line = (id: number, prompt: string): string => JSON.stringify({ id, prompt });

describe("lodestar route classify", () => {
  test("answers a line of JSON with a line of JSON, in order", async () => {
    const stdin = `${line(1, "fix the crash when saving")}\n\n${line(2, "what is the capital of Peru?")}`;
    const { code, out, err } = await run(["route", "classify", "--json"], { stdin });
    const rows = out
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));
    expect(code).toBe(0);
    expect(err).toBe("");
    expect(rows.map((row) => [row.id, row.class])).toEqual([
      [1, "bug_fix"],
      [2, "general"],
    ]);
    expect(Object.keys(rows[0])).toEqual(["id", "class", "probabilities", "abstained", "domain"]);
  });

  test("tells of a bad line with its number and goes on", async () => {
    const stdin = `${line(1, "hi")}\n{"id": 2\n${line(3, "hi")}\n`;
    const { code, out, err } = await run(["route", "classify", "--json"], { stdin });
    expect(code).toBe(1);
    expect(out.trimEnd().split("\n")).toHaveLength(2);
    expect(err).toContain("line 2: no JSON object");
    expect(err).toContain("bad_prompt_lines");
  });

  test("shows a table of one prompt, or JSON of it", async () => {
    const shown = await run(["route", "classify", "refactor this function, same behaviour"]);
    expect(shown.out).toContain("refactor");
    expect(shown.out).toContain("probability");
    const json = await run(["route", "classify", "--json", "refactor this function, same behaviour"]);
    expect(JSON.parse(json.out)).toMatchObject({ id: null, class: "refactor" });
  });

  test("shows a table of many lines, and which it is too unsure of", async () => {
    const { out } = await run(["route", "classify"], {
      stdin: `${line(1, "review my code please")}\n${line(2, "")}\n`,
    });
    expect(out.split("\n")[1]).toMatch(/^1 +code_review/);
    expect(out.split("\n")[2]).toEndWith("too unsure to act on");
  });

  test("asks for a prompt at a terminal", async () => {
    const { code, err } = await run(["route", "classify"], { stdin: { isTTY: true, readAll: async () => "" } });
    expect(code).toBe(2);
    expect(err).toContain("nothing_to_classify");
  });

  test("reads input that comes in pieces, and answers before it ends", async () => {
    const shown: string[] = [];
    async function* chunks(): AsyncGenerator<string> {
      for (let index = 0; index < 1_000; index += 1) {
        const text = `${line(index, "fix it")}\n`;
        yield text.slice(0, 9);
        yield text.slice(9);
        if (index === 900) expect(shown.join("").split("\n").length).toBeGreaterThan(700);
      }
    }
    const { out } = await run(["route", "classify", "--json"], {
      stdin: { readAll: async () => "", chunks },
      onOut: (text) => shown.push(text),
    });
    expect(out.trimEnd().split("\n")).toHaveLength(1_000);
  });
});
