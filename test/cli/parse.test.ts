import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Flags } from "../../src/cli/command.ts";
import { parseFlags } from "../../src/cli/parse.ts";
import { readDuration } from "../../src/cli/values.ts";

const FLAGS: Flags = {
  words: { type: "positional", isRepeatable: true, description: "words" },
  port: { type: "string", value: "port", env: "X_PORT" },
  count: { type: "string", value: "integer", alias: "n", default: "20" },
  wait: { type: "string", value: "duration" },
  file: { type: "string", alias: "f", isRepeatable: true },
  shape: { type: "enum", options: ["round", "square"] },
  stateDir: { type: "string", env: "X_STATE" },
  json: { type: "boolean", alias: "j", env: "X_JSON" },
  loud: { type: "boolean", alias: "l" },
  test: { type: "boolean", default: true },
};

function values(tokens: readonly string[], environment: Record<string, string> = {}): unknown {
  const parsed = parseFlags(tokens, FLAGS, environment, "lodestar x");
  return parsed.ok ? parsed.value.values : parsed.error.message;
}

const DEFAULTS = { words: [], count: 20, file: [], json: false, loud: false, test: true };

describe("what is understood", () => {
  test.each<[string, string[], object]>([
    ["nothing", [], {}],
    ["a value after a space", ["--port", "4000"], { port: 4000 }],
    ["a value after an equals sign", ["--port=4000"], { port: 4000 }],
    ["an equals sign inside a value", ["--state-dir=a=b"], { stateDir: "a=b" }],
    ["an empty value", ["--state-dir="], { stateDir: "" }],
    ["a kebab-case name", ["--state-dir", "/s"], { stateDir: "/s" }],
    ["a negative number as a value", ["-n", "-5"], { count: -5 }],
    ["a short flag glued to its value", ["-n5"], { count: 5 }],
    ["a short flag with an equals sign", ["-n=5"], { count: 5 }],
    ["a cluster of yes-or-no flags", ["-jl"], { json: true, loud: true }],
    ["a cluster that ends in a flag with a value", ["-jn", "3"], { json: true, count: 3 }],
    ["a repeated repeatable flag", ["-f", "a", "--file=b"], { file: ["a", "b"] }],
    ["a negation", ["--no-test", "--no-json"], { test: false, json: false }],
    ["a yes-or-no flag with a word", ["--json=no", "--loud=on"], { json: false, loud: true }],
    ["a choice", ["--shape", "round"], { shape: "round" }],
    ["a duration", ["--wait", "1.5s"], { wait: 1_500 }],
    ["a lone dash as a word", ["-"], { words: ["-"] }],
    ["a lone dash as a value", ["-f", "-"], { file: ["-"] }],
    ["words between flags", ["a", "-j", "b"], { words: ["a", "b"], json: true }],
    ["words that look like flags behind --", ["a", "--", "--json", "-x"], { words: ["a", "--json", "-x"] }],
    ["--help behind --, which is a word", ["--", "--help"], { words: ["--help"] }],
  ])("%s", (_what, tokens, expected) => {
    expect(values(tokens)).toEqual({ ...DEFAULTS, ...expected });
  });

  test("the environment fills in what was not given, and only that", () => {
    expect(values([], { X_PORT: "1", X_JSON: "yes" })).toEqual({ ...DEFAULTS, port: 1, json: true });
    expect(values(["--port", "2"], { X_PORT: "not even a port" })).toEqual({ ...DEFAULTS, port: 2 });
    expect(values([], { X_STATE: "" })).toEqual(DEFAULTS);
  });

  test("--help wins over what is wrong behind it", () => {
    const parsed = parseFlags(["--help", "--nonsense"], FLAGS, {}, "lodestar x");
    expect(parsed).toMatchObject({ ok: true, value: { isHelp: true } });
  });
});

describe("what is refused", () => {
  test.each<[string[], string]>([
    [["--prot", "1"], 'unknown flag --prot. Did you mean "--port"?'],
    [["--colour"], "unknown flag --colour."],
    [["-x"], "unknown flag -x."],
    [["--no-port"], 'unknown flag --no-port. Did you mean "--port"?'],
    [["--port"], "--port needs a value"],
    [["--port", "--json"], "--port needs a value"],
    [["-f"], "-f needs a value"],
    [["--port", "65536"], '--port must be a port, 0 to 65535 (0 takes any free one) (given: "65536")'],
    [["--port", "4e3"], '--port must be a port, 0 to 65535 (0 takes any free one) (given: "4e3")'],
    [["--count", "2.5"], '--count must be a whole number (given: "2.5")'],
    [["--wait", "10"], '--wait must be a duration such as 250ms, 10s, 5m, 24h or 7d (given: "10")'],
    [["--shape", "squre"], '--shape must be one of round, square. Did you mean "square"? (given: "squre")'],
    [["--json=maybe"], '--json must be true or false (given: "maybe")'],
    [["--no-json=1"], "--no-json takes no value"],
    [["--port", "1", "--port", "2"], "--port was given twice; it takes one value"],
    [["-j", "--json"], "--json was given twice; it takes one value"],
  ])("%j: %s", (tokens, message) => {
    const parsed = parseFlags(tokens, FLAGS, {}, "lodestar x");
    expect(parsed).toMatchObject({ ok: false, error: { message, exitCode: 2 } });
  });

  test("a malformed variable is named, not the flag", () => {
    expect(values([], { X_PORT: "http" })).toBe(
      'X_PORT must be a port, 0 to 65535 (0 takes any free one) (given: "http")',
    );
  });

  test("extra words, and missing ones", () => {
    const flags: Flags = { id: { type: "positional", required: true, description: "the id" } };
    const read = (tokens: string[]) => parseFlags(tokens, flags, {}, "lodestar show");
    expect(read(["a"])).toMatchObject({ ok: true, value: { values: { id: "a" } } });
    expect(read([])).toMatchObject({
      ok: false,
      error: { code: "missing_argument", message: "lodestar show needs ID: the id" },
    });
    expect(read(["a", "b"])).toMatchObject({
      ok: false,
      error: { code: "unexpected_argument", message: 'lodestar show does not take "b"' },
    });
  });

  test("a required flag that is missing", () => {
    const parsed = parseFlags([], { to: { type: "string", required: true, valueHint: "FILE" } }, {}, "lodestar x");
    expect(parsed).toMatchObject({ ok: false, error: { code: "missing_flag", message: "lodestar x needs --to FILE" } });
  });
});

describe("any command line", () => {
  const token = fc.oneof(
    fc.constantFrom(
      "--",
      "-",
      "--port",
      "--json",
      "-j",
      "-f",
      "-n",
      "--file=x",
      "--help",
      "a",
      "--no-test",
      "-jn",
      "__proto__",
      "--__proto__",
    ),
    fc.string({ maxLength: 8 }),
  );

  test("is either understood or a usage problem, and never throws", () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 8 }), (tokens) => {
        const parsed = parseFlags(tokens, FLAGS, {}, "lodestar x");
        if (!parsed.ok) expect(parsed.error.exitCode).toBe(2);
      }),
    );
  });

  test("without positionals leaves everything behind -- untouched", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const parsed = parseFlags(["--json", "--", ...words], { json: { type: "boolean" } }, {}, "lodestar x");
        expect(parsed).toEqual({ ok: true, value: { values: { json: true }, rest: words, isHelp: false } });
      }),
    );
  });

  test("gives back any value that was put behind an equals sign", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(values([`--state-dir=${value}`])).toEqual({ ...DEFAULTS, stateDir: value });
      }),
    );
  });
});

test.each([
  ["250ms", 250],
  ["1.5s", 1_500],
  ["5m", 300_000],
  ["24h", 86_400_000],
  ["7d", 604_800_000],
])("%s is %d ms", (text, milliseconds) => {
  expect(readDuration(text)).toEqual({ ok: true, value: milliseconds });
});
