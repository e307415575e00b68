import { describe, expect, test } from "bun:test";
import { formatFor, repairMessages } from "../../../src/core/repair/prompt.ts";
import { importsOf, pathsNamed } from "../../../src/core/repair/source-paths.ts";

describe("paths that an output names", () => {
  test.each([
    ["python", '  File "/w/pkg/calc.py", line 3, in add', ["/w/pkg/calc.py"]],
    ["pytest", "tests/test_a.py:3: AssertionError\nFAILED tests/test_a.py::test_x", ["tests/test_a.py"]],
    ["node", "    at f (file:///w/src/a.mjs:1:85)\n    at /w/b.cjs:2:1", ["/w/src/a.mjs", "/w/b.cjs"]],
    ["tsc", "src/a.ts(3,7): error TS2322", ["src/a.ts"]],
    ["go", "./main.go:5:2: undefined: x\n    a_test.go:3: got 1", ["main.go", "a_test.go"]],
    ["rustc", " --> src/main.rs:1:25", ["src/main.rs"]],
    ["javac", "src/A.java:1: error: x", ["src/A.java"]],
    ["gcc", "a.c:1:20: error: x\nIn file included from lib/b.h:3,", ["a.c", "lib/b.h"]],
    ["none", "it did not work, e.g. because of v1.2", []],
  ] as const)("%s", (_, output, paths) => {
    expect(pathsNamed(output)).toEqual([...paths]);
  });
});

describe("what a source file may import", () => {
  test.each([
    ["tests/test_a.py", "from shop.cart import total\nimport util", ["shop/cart.py", "util.py", "shop/cart/total.py"]],
    ["pkg/a.py", "from . import b\nfrom ..top import c", ["pkg/b.py", "top.py"]],
    [
      "src/a.test.ts",
      'import { f } from "./lib/f.js";\nconst g = require("../g");',
      ["src/lib/f.ts", "g.js", "g/index.ts"],
    ],
    ["t/a.c", '#include "../lib/b.h"\n#include <stdio.h>', ["lib/b.h", "lib/b.c"]],
    ["src/main.rs", "mod shop;\nuse crate::cart::total;", ["src/shop.rs", "src/cart.rs"]],
    ["x/cart_test.go", "package x", ["x/cart.go"]],
    ["src/test/java/CartTest.java", "", ["src/main/java/Cart.java"]],
  ] as const)("%s", (path, text, expected) => {
    expect(importsOf(path, text)).toEqual(expect.arrayContaining([...expected]));
  });

  test("never leads out of the project", () => {
    expect(importsOf("a.ts", 'import "../../x";')).toEqual([]);
    expect(importsOf("a.bin", "import x")).toEqual([]);
  });
});

describe("the question to a model", () => {
  const file = { path: "a.md", text: "```sh\nls\n```\n", isOpen: true };
  const question = {
    command: ["make"],
    exitCode: 2,
    failure: { kind: "syntax", subject: "", line: "a.c:1: error", isEnvironment: false, fix: "" },
    output: "\u001b[31ma.c:1: error\u001b[0m",
    files: [file],
    tried: [],
    format: "whole",
  } as const;

  test("has command, failure, output and files in fences that they cannot close", () => {
    const [system, user] = repairMessages(question);
    expect(system?.content).toContain("each file that you change as a whole");
    expect(user?.content).toContain("a file does not parse (a.c:1: error)");
    expect(user?.content).toContain("a.md\n````\n```sh\nls\n```\n````");
    expect(user?.content).not.toContain("\u001b");
  });

  test("asks small models for whole files and large ones for edits", () => {
    const large = { path: "a.py", text: "x = 1\n".repeat(4_000), isOpen: true };
    expect([formatFor("ollama/qwen2.5-coder:7b", [file]), formatFor("free", [file])]).toEqual(["whole", "whole"]);
    expect([formatFor("x/llama-3.3-70b-instruct", [file]), formatFor("free", [large])]).toEqual(["replace", "replace"]);
    expect(formatFor("free", [{ ...large, isOpen: false }])).toBe("whole");
  });
});
