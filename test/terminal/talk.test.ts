import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EXIT_CODES, EXIT_MEANINGS } from "../../src/terminal/exit-code.ts";
import { failureProblem, problemJson, renderProblem, usageProblem } from "../../src/terminal/problem.ts";
import { readSecret, typeSecret } from "../../src/terminal/prompt.ts";
import { startSpinner } from "../../src/terminal/spinner.ts";
import { createTerminal, hasColour, type Sink, type Source } from "../../src/terminal/terminal.ts";

function buffer(isTTY = false): Sink & { text: string } {
  const sink = {
    text: "",
    isTTY,
    write(chunk: string) {
      sink.text += chunk;
    },
  };
  return sink;
}

function makeTerminal(isTTY = false, environment: Record<string, string> = {}) {
  const [stdout, stderr] = [buffer(isTTY), buffer(isTTY)];
  return { stdout, stderr, terminal: createTerminal(stdout, stderr, environment) };
}

describe("colour", () => {
  test.each([
    ["a terminal", true, {}, true],
    ["a pipe", false, {}, false],
    ["a dumb terminal", true, { TERM: "dumb" }, false],
    ["NO_COLOR", true, { NO_COLOR: "1" }, false],
    ["an empty NO_COLOR, which counts as unset", true, { NO_COLOR: "" }, true],
    ["NO_COLOR over FORCE_COLOR", true, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
    ["FORCE_COLOR in a pipe", false, { FORCE_COLOR: "1" }, true],
    ["FORCE_COLOR=0", true, { FORCE_COLOR: "0" }, false],
  ])("%s decides it", (_what, isTTY, environment, expected) => {
    expect(hasColour(buffer(isTTY), environment)).toBe(expected);
  });

  test("without colour no escape sequence leaves the program", () => {
    const { terminal, stderr } = makeTerminal();
    terminal.talk(renderProblem(failureProblem("x", "what", "do"), terminal.talkStyle));
    expect(stderr.text).toBe("error: what\n  fix: do\n  code: x\n");
  });
});

describe("a terminal", () => {
  test("keeps data on stdout and talk on stderr", () => {
    const { terminal, stdout, stderr } = makeTerminal();
    terminal.out("data");
    terminal.write("more");
    terminal.talk("talk");
    terminal.talkRaw("raw");
    expect([stdout.text, stderr.text]).toEqual(["data\nmore", "talk\nraw"]);
  });

  test("repeats what is said twice, and formats nothing", () => {
    const { terminal, stderr } = makeTerminal();
    for (let count = 0; count < 20; count++) terminal.talk("100 %s %d");
    expect(stderr.text).toBe("100 %s %d\n".repeat(20));
  });

  test("is as wide as it likes in a pipe", () => {
    expect(makeTerminal().terminal.columns).toBe(Number.POSITIVE_INFINITY);
    expect(makeTerminal(true).terminal.columns).toBe(80);
  });
});

describe("problems", () => {
  test("a message of several lines stays indented under its heading", () => {
    const { terminal } = makeTerminal();
    expect(renderProblem(usageProblem("two_lines", "one\ntwo", "first\nsecond"), terminal.style)).toBe(
      "error: one\n  two\n  fix: first\n  second\n  code: two_lines",
    );
  });

  test("as JSON they are one line with a null where there is no fix", () => {
    expect(JSON.parse(problemJson(failureProblem("broken", "it broke")))).toEqual({
      error: { code: "broken", message: "it broke", fix: null, exitCode: 1 },
    });
  });

  test("every exit code has its own number and a meaning", () => {
    expect(new Set(Object.values(EXIT_CODES)).size).toBe(Object.keys(EXIT_MEANINGS).length);
    expect(EXIT_CODES).toEqual({
      ok: 0,
      failure: 1,
      usage: 2,
      config: 3,
      auth: 4,
      budget: 5,
      upstream: 6,
      notRunning: 7,
      notStartable: 126,
      notInstalled: 127,
      interrupted: 130,
    });
  });
});

describe("a hidden prompt", () => {
  test.each([
    ["sk-123\r", "sk-123", true],
    ["abc\u007f\u007fd\n", "ad", true],
    ["wrong\u0015right\r", "right", true],
    ["half", "half", false],
    ["\u001b[200~pasted\u001b[201~\r", "pasted", true],
    ["end\u0004", "end", true],
  ])("%j types %s", (chunk, typed, isDone) => {
    expect(typeSecret("", chunk)).toEqual({ text: typed, isDone });
  });

  test("Ctrl-C gives up", () => {
    expect(typeSecret("abc", "\u0003")).toBeNull();
  });

  test("any printable secret arrives whole, however its keys are cut into chunks", () => {
    const secret = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_.~"), minLength: 1, maxLength: 60 });
    fc.assert(
      fc.asyncProperty(secret, fc.integer({ min: 1, max: 7 }), async (key, size) => {
        const keys = `${key}\r`;
        async function* chunks() {
          for (let at = 0; at < keys.length; at += size) yield keys.slice(at, at + size);
        }
        const raw: boolean[] = [];
        const stdin: Source = {
          isTTY: true,
          readAll: async () => "",
          setRawMode: (isRaw) => void raw.push(isRaw),
          chunks,
        };
        const { terminal, stderr, stdout } = makeTerminal(true);
        expect(await readSecret(terminal, stdin, "key: ")).toBe(key);
        expect(raw).toEqual([true, false]);
        expect(stderr.text).toBe("key: \n");
        expect(stdout.text).toBe("");
      }),
    );
  });

  test("a pipe is read whole, and an empty one does not block", async () => {
    const { terminal } = makeTerminal();
    expect(await readSecret(terminal, { readAll: async () => "sk-piped\n" }, "key: ")).toBe("sk-piped");
    expect(await readSecret(terminal, { readAll: async () => "" }, "key: ")).toBe("");
  });
});

test("a spinner says nothing where stderr is no terminal, nor for what is done at once", () => {
  for (const isTTY of [false, true]) {
    const { terminal, stderr } = makeTerminal(isTTY);
    const spinner = startSpinner(terminal, "asking");
    spinner.stop();
    spinner.stop();
    expect(stderr.text).toBe("");
  }
});
