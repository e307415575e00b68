import { describe, expect, test } from "bun:test";
import { checkAnswer } from "../../../src/features/tournament/run-code.ts";
import { suiteOf } from "../../../src/features/tournament/suites.ts";

const js = (tests: string) => ({ kind: "code", language: "javascript", tests }) as const;
const hasPython = Bun.which("python3") !== null;

describe("code of an answer", () => {
  test.each([
    ["passes its tests", "```js\nconst one = () => 1;\n```", "if (one() !== 1) throw new Error();", "passed"],
    ["fails its tests", "```js\nconst one = () => 2;\n```", "if (one() !== 1) throw new Error();", "failed"],
    ["does not parse", "```js\nconst = ;\n```", "", "failed"],
    ["is not there", "```js\n```", "", "failed"],
    ["hangs", "```js\nconst one = () => { for (;;); };\n```", "one();", "failed"],
    [
      "looks for secrets of this process",
      "```js\nconst secret = process.env.LODESTAR_SECRET_OF_TEST;\n```",
      "if (secret !== undefined) throw 1;",
      "passed",
    ],
  ])("that %s", async (_what, answer, tests, result) => {
    process.env.LODESTAR_SECRET_OF_TEST = "secret";
    expect(await checkAnswer(js(tests), answer, { mayRun: true, limitMs: 2_000 })).toBe(result as never);
  });

  test("is not run where it may not be, but parsed", async () => {
    const run = (answer: string) => checkAnswer(js("throw 1;"), answer, { mayRun: false });
    expect([await run("```js\nok();\n```"), await run("```js\n)(\n```")]).toEqual(["unknown", "failed"]);
  });

  test("TypeScript is run with its types left out", async () => {
    const check = { kind: "code", language: "typescript", tests: "if (twice(2) !== 4) throw 1;" } as const;
    const answer = "```ts\nconst twice = (n: number): number => n * 2;\n```";
    expect(await checkAnswer(check, answer, { mayRun: true })).toBe("passed");
  });
});

test(`the faulty code of every bug to fix fails its tests${hasPython ? "" : " (Python skipped: it is not installed)"}`, async () => {
  for (const { check, text } of suiteOf("bug_fix")) {
    if (check?.kind !== "code" || (check.language === "python" && !hasPython)) continue;
    expect([text, await checkAnswer(check, text, { mayRun: true })]).toEqual([text, "failed"]);
  }
}, 60_000);
