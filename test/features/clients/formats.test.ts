import { describe, expect, test } from "bun:test";
import type { JsonValue } from "../../../src/core/json.ts";
import type { FormatName } from "../../../src/features/clients/formats/format.ts";
import { FORMATS } from "../../../src/features/clients/formats/formats.ts";
import type { Path } from "../../../src/features/clients/tree.ts";

const ITEM = { key: "name", is: "Lodestar" };

describe("setting one thing", () => {
  test.each<[string, FormatName, string, Path, JsonValue, string | null]>([
    ["into an empty object", "jsonc", "{}\n", ["a"], 1, '{\n  "a": 1\n}\n'],
    ["into an object of one line", "jsonc", '{"a":1}', ["b"], [2], '{"a":1, "b": [2]}'],
    [
      "into a list of one line",
      "jsonc",
      '[{"name":"x"}]',
      [ITEM],
      { name: "Lodestar" },
      '[{"name":"x"}, {"name":"Lodestar"}]',
    ],
    ["behind a remark", "jsonc", '{\n\t"a": 1 // why\n}', ["b"], 2, '{\n\t"a": 1, // why\n\t"b": 2\n}'],
    ["behind a trailing comma", "jsonc", '{\n  "a": 1,\n}', ["b"], 2, '{\n  "a": 1,\n  "b": 2\n}'],
    ["behind a byte order mark", "jsonc", '\uFEFF{\n  "a": 1\n}', ["a"], 2, '\uFEFF{\n  "a": 2\n}'],
    ["that starts on the bracket's line", "jsonc", '{ "a": 1 // one\n}', ["b"], 2, '{ "a": 1, // one\n  "b": 2\n}'],
    ["over a null", "jsonc", '{ "env": null }', ["env", "A"], "x", '{ "env": {\n  "A": "x"\n} }'],
    ["of a key that comes twice", "jsonc", '{"a": 1, "a": 2}', ["a"], 3, '{"a": 1, "a": 3}'],
    [
      "with its line ends",
      "jsonc",
      '{\r\n  "a": 1\r\n}\r\n',
      ["b"],
      { c: 1 },
      '{\r\n  "a": 1,\r\n  "b": {\r\n    "c": 1\r\n  }\r\n}\r\n',
    ],
    ["inside of text", "jsonc", '{ "env": "x" }', ["env", "A"], 1, null],
    ["inside of an object as of a list", "jsonc", '{ "env": {} }', ["env", ITEM], 1, null],
    ["into an empty text", "toml", "", ["model"], "auto", 'model = "auto"\n'],
    [
      "before the first table",
      "toml",
      "# mine\n[a]\nb = 1\n",
      ["model"],
      "auto",
      'model = "auto"\n\n# mine\n[a]\nb = 1\n',
    ],
    ["behind the last root key", "toml", "a = 1 # one\n\n[t]\n", ["b"], 2, "a = 1 # one\nb = 2\n\n[t]\n"],
    ["in the place of a value", "toml", "a = [\n 1, # ]\n] # two\n", ["a"], 2, "a = 2 # two\n"],
    [
      "behind a text of several lines",
      "toml",
      'a = """\n[x]\n""""\n[t]\n',
      ["b"],
      1,
      'a = """\n[x]\n""""\nb = 1\n[t]\n',
    ],
    ["under a quoted key", "toml", '"a" = 1\n', ["a"], 2, '"a" = 2\n'],
    [
      "as a table at the end",
      "toml",
      "a = 1",
      ["p", "x.y"],
      { n: "v", h: { "x-a": 1 } },
      'a = 1\n\n[p."x.y"]\nn = "v"\nh = { x-a = 1 }\n',
    ],
    [
      "in the place of a table",
      "toml",
      "[p.q]\nold = 1\n# mine\n\n[r]\n",
      ["p", "q"],
      { n: 2 },
      "[p.q]\nn = 2\n# mine\n\n[r]\n",
    ],
    ["that TOML cannot say", "toml", "", ["a"], null, null],
    ["deep inside without a table", "toml", "", ["a", "b"], 1, null],
    ["into an empty text", "yaml", "", ["model"], "auto", "model: auto\n"],
    ["behind a remark at the end", "yaml", "a: 1\n# end", ["b"], "x: y", 'a: 1\n# end\nb: "x: y"\n'],
    ["in the place of a value", "yaml", "a: 1 # one\nb: 2\n", ["a"], "x", "a: x # one\nb: 2\n"],
    ["in the place of a list", "yaml", "a:\n  - 1\n# two\nb: 2\n", ["a"], 3, "a: 3\n# two\nb: 2\n"],
    [
      "as an item at the list's own depth",
      "yaml",
      "models:\n- name: x\n  n: 1 # one\nb: 2\n",
      ["models", ITEM],
      { name: "Lodestar" },
      "models:\n- name: x\n  n: 1 # one\n- name: Lodestar\nb: 2\n",
    ],
    [
      "in the place of an item",
      "yaml",
      "models:\n  - name: Lodestar\n    old: 1\n  - name: x\n",
      ["models", ITEM],
      { name: "Lodestar", n: 1 },
      "models:\n  - name: Lodestar\n    n: 1\n  - name: x\n",
    ],
    [
      "into a list in brackets",
      "yaml",
      "models: [{name: x}] # one\n",
      ["models", ITEM],
      { name: "Lodestar" },
      'models: [{name: x}, {"name":"Lodestar"}] # one\n',
    ],
    [
      "as the first item",
      "yaml",
      "models: []\n",
      ["models", ITEM],
      { name: "Lodestar" },
      "models:\n  - name: Lodestar\n",
    ],
    [
      "under a key without a value",
      "yaml",
      "models:\n",
      ["models", ITEM],
      { name: "Lodestar" },
      "models:\n  - name: Lodestar\n",
    ],
    [
      "into a list that is the document",
      "yaml",
      "- name: x\n",
      [ITEM],
      { name: "Lodestar" },
      "- name: x\n- name: Lodestar\n",
    ],
    ["into a map in braces", "yaml", "{a: 1}\n", ["b"], 2, null],
    ["deep inside", "yaml", "a: {}\n", ["a", "b"], 2, null],
    ["behind other variables", "dotenv", "A=1", ["B"], "x", "A=1\nB=x\n"],
    ["in the place of a value", "dotenv", "export A='1' # one\nB=2\n", ["A"], "x y", "export A='x y' # one\nB=2\n"],
    ["where an empty one has a remark", "dotenv", "A=# one\n", ["A"], "x", "A=x # one\n"],
    ["that would end its quotes", "dotenv", "", ["A"], "it's", null],
  ])("%s (%s)", (_what, name, text, path, value, wanted) => {
    expect(FORMATS[name].set(text, path, value)).toBe(wanted);
  });
});

describe("removing one thing", () => {
  test.each<[string, FormatName, string, Path, string | null]>([
    ["the last member", "jsonc", '{\n  "a": 1, // one\n  "b": 2\n}\n', ["b"], '{\n  "a": 1 // one\n}\n'],
    ["the first member", "jsonc", '{\n  "a": 1,\n  "b": 2 // two\n}\n', ["a"], '{\n  "b": 2 // two\n}\n'],
    ["the only member", "jsonc", '{\n  "a": 1\n}\n', ["a"], "{\n}\n"],
    ["an item", "jsonc", '[{"name":"x"}, {"name":"Lodestar"}]', [ITEM], '[{"name":"x"}]'],
    ["what is not there", "jsonc", "{}", ["a"], null],
    ["a root key", "toml", "a = 1\nb = 2 # two\n", ["a"], "b = 2 # two\n"],
    [
      "a table and the line before it",
      "toml",
      "a = 1\n\n[p.q]\nb = 2\n\n# mine\n[r]\n",
      ["p", "q"],
      "a = 1\n\n# mine\n[r]\n",
    ],
    ["a table that is not there", "toml", "a = 1\n", ["p", "q"], null],
    ["a key that is not there", "toml", "[a]\nb = 1\n", ["b"], null],
    ["a pair", "yaml", "a: 1\nb:\n  - 2\nc: 3\n", ["b"], "a: 1\nc: 3\n"],
    ["the only item", "yaml", "models:\n  - name: Lodestar\n", ["models", ITEM], "models: []\n"],
    ["an item of the document", "yaml", "- name: x\n- name: Lodestar\n  n: 1\n", [ITEM], "- name: x\n"],
    ["one of several in brackets", "yaml", "m: [{name: x}, {name: Lodestar}]\n", ["m", ITEM], null],
    ["what is not there", "yaml", "a: 1\n", ["b"], null],
    ["a variable, wherever it stands", "dotenv", "A=1\nB=2\nA=3\n", ["A"], "B=2\n"],
    ["a variable that is not there", "dotenv", "A=1\n", ["B"], null],
  ])("%s (%s)", (_what, name, text, path, wanted) => {
    expect(FORMATS[name].remove(text, path)).toBe(wanted);
  });
});

describe("a broken text", () => {
  test.each<[FormatName, string, number, string]>([
    ["jsonc", '{\n  "a": 1\n  "b": 2\n}', 3, "comma expected"],
    ["jsonc", "", 1, "value expected"],
    ["toml", "a = 1\na = 2\n", 2, "Cannot redefine key 'a'"],
    ["toml", "# one\n\n[t]\nb = \n", 4, "Missing value"],
    ["toml", 'a = """\nnever closed\n', 1, ""],
    ["yaml", "a: 1\n  b: 2\n", 1, "Nested mappings are not allowed"],
    ["yaml", "a: 1\n---\nb: 2\n", 2, "multiple documents"],
  ])("of %s names its line: %j", (name, text, line, message) => {
    const parsed = FORMATS[name].parse(text);
    if (parsed.ok) throw new Error("it parses");
    expect(parsed.error.line).toBe(line);
    expect(parsed.error.message).toContain(message);
    if (name !== "toml") expect(FORMATS[name].set(text, ["x"], 1)).toBeNull();
    expect(FORMATS[name].remove(text, ["y"])).toBeNull();
  });

  test("of variables there is none: what is no assignment is passed over", () => {
    const parsed = FORMATS.dotenv.parse('# one\nnonsense\nA="x # y" # z\nB = it\'s\nC=`d`\n');
    expect(parsed).toEqual({ ok: true, value: { A: "x # y", B: "it's", C: "d" } });
  });
});
