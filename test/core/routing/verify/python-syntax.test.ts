import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { pythonProblem } from "../../../../src/core/routing/verify/python-syntax.ts";

const GOOD: readonly (readonly [what: string, code: string])[] = [
  ["a function", "def f(x):\n    return x\n"],
  ["a block on one line", "if x: y = 1\nelse: y = 2"],
  ["brackets over lines, with any indent", "x = {\n 'a': [1,\n      2],\n}\ny = 1"],
  ["brackets within strings and comments", "a = '(['  # )]\nb = \"}\""],
  ["a docstring over lines", 'def f():\n    """One (\n  two ]\n    """\n    return 1'],
  ["quotes within quotes", "a = \"it's\"\nb = '\"'\nc = 'don\\'t'"],
  ["nested quotes of an f-string", 'a = f\'{d["x"]}\'\nb = f"{d["x"]}"'],
  ["a line that goes on", "a = 1 + \\\n    2\nb = 3"],
  ["tabs", "class A:\n\tdef f(self):\n\t\tpass\n\tx = 1"],
  ["decorators and async", "@wraps(f)\nasync def f():\n    async with a as b:\n        await b\n"],
  ["match", "match x:\n    case [1, *rest]:\n        pass\n    case _:\n        pass"],
  ["slices, annotations and lambdas", "a: int = b[1:2]\nf = lambda x: x\nif a[1:]:\n    pass"],
  ["comments between blocks", "if a:\n# left\n    b()\n        # right\nc()"],
  ["a piece that is indented as a whole", "    a = 1\n    if a:\n        b()\n"],
  ["a session", ">>> print('x'\n... )"],
  ["nothing", ""],
];

const BAD: readonly (readonly [what: string, code: string, problem: string])[] = [
  ["a bracket that stays open", "f(1\nx = 2", '"(" is not closed (line 1)'],
  ["a bracket that closes nothing", "x = 1)\n", '")" closes nothing (line 1)'],
  ["brackets that do not match", "x = [1)\n", '")" closes nothing (line 1)'],
  ["a string that does not end", "x = 'abc\ny = 1", "a string does not end (line 1)"],
  ["a docstring that does not end", 'x = 1\ny = """abc\n', "a string does not end (line 2)"],
  ["a missing colon", "def f(x)\n    return x", '":" is missing (line 1)'],
  ["a missing block", "def f(x):\nreturn x", "an indented block is missing (line 2)"],
  ["a block that was cut off", "def f(x):\n    if x:", "the last block is empty"],
  ["an indent from nowhere", "x = 1\n    y = 2", "unexpected indent (line 2)"],
  ["a dedent to nowhere", "if x:\n        y()\n    z()", "the indent fits no block around it (line 3)"],
];

describe("Python", () => {
  test.each(GOOD.map((row) => [...row] as const))("%s is fine", (_, code) => {
    expect(pythonProblem(code)).toBeNull();
    expect(pythonProblem(code.replaceAll("\n", "\r\n"))).toBeNull();
  });

  test.each(BAD.map((row) => [...row] as const))("%s is found", (_, code, problem) => {
    expect(pythonProblem(code)).toBe(problem);
  });

  test("blocks nested however deep are fine, and are not once a bracket is opened at their end", () => {
    const depths = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(depths, (wishes) => {
        let depth = -1;
        const lines = wishes.flatMap((wish) => {
          depth = Math.min(wish, depth + 1);
          return [`${"  ".repeat(depth)}if a(${depth}):`, `${"  ".repeat(depth + 1)}b = [${depth}]`];
        });
        expect(pythonProblem(lines.join("\n"))).toBeNull();
        expect(pythonProblem(`${lines.join("\n")}\nc(`)).toContain("not closed");
      }),
    );
  });

  test("whatever the text, it ends", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."\"'\\\n #:()[]f \tif") }), (code) => {
        expect(["string", "object"]).toContain(typeof pythonProblem(code));
      }),
    );
  });
});
