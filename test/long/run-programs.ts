/** A small program of our own with one fault, and the command that finds it. */
export interface BrokenProgram {
  readonly name: string;
  /** What must be installed. */
  readonly tool: string;
  readonly files: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** The file with the fault, the wrong piece of it, and the right one. */
  readonly fault: { readonly path: string; readonly wrong: string; readonly right: string };
  /** How long the command may take; programs that hang need it. */
  readonly timeout?: string;
}

const PYTHON_TEST = (body: string): string =>
  `import unittest\nfrom shop import *\n\n\nclass T(unittest.TestCase):\n    def test_one(self):\n        ${body}\n\n    def test_other(self):\n        self.assertEqual(label("a"), "<a>")\n`;
const PYTHON = ["python3", "-m", "unittest", "-q"];
const LABEL = `\n\ndef label(name):\n    return f"<{name}>"\n`;

function python(name: string, fault: { wrong: string; right: string }, body: string, timeout?: string): BrokenProgram {
  return {
    name: `python, ${name}`,
    tool: "python3",
    files: { "shop.py": `${fault.wrong}${LABEL}`, "test_shop.py": PYTHON_TEST(body) },
    command: PYTHON,
    fault: { path: "shop.py", ...fault },
    ...(timeout === undefined ? {} : { timeout }),
  };
}

const GO_MOD = "module example.org/shop\n\ngo 1.20\n";
const GO_TEST =
  'package shop\n\nimport "testing"\n\nfunc TestTotal(t *testing.T) {\n\tif got := Total([]int{1, 2, 3}); got != 6 {\n\t\tt.Fatalf("total is %d, want 6", got)\n\t}\n}\n';
const goSource = (line: string): string =>
  `package shop\n\n// Total adds up.\nfunc Total(prices []int) int {\n\tsum := 0\n\tfor _, price := range prices {\n\t\t${line}\n\t}\n\treturn sum\n}\n`;

function script(
  name: string,
  fault: { path: string; wrong: string; right: string },
  test: readonly [string, string],
  command: readonly string[],
  timeout?: string,
): BrokenProgram {
  return {
    name,
    tool: command[0] ?? "",
    files: { [fault.path]: fault.wrong, [test[0]]: test[1] },
    command,
    fault,
    ...(timeout === undefined ? {} : { timeout }),
  };
}

const NODE_TEST =
  'import test from "node:test";\nimport assert from "node:assert";\nimport { total } from "../shop.mjs";\n\ntest("adds up", () => assert.equal(total([1, 2, 3]), 6));\ntest("of nothing is zero", () => assert.equal(total([]), 0));\n';
const BUN_TEST =
  'import { expect, test } from "bun:test";\nimport { total } from "./shop.ts";\n\ntest("adds up", () => expect(total([1, 2, 3])).toBe(6));\ntest("of nothing is zero", () => expect(total([])).toBe(0));\n';
const nodeTotal = (start: string): string =>
  `export function total(prices) {\n  return prices.reduce((sum, price) => sum + price, ${start});\n}\n`;

/** Python, JavaScript, TypeScript, Go, C, Rust and Java; wrong results, syntax, names, types, thrown errors and endless loops. */
export const PROGRAMS: readonly BrokenProgram[] = [
  python(
    "a wrong result",
    {
      wrong: "def total(prices):\n    return sum(prices) - 1\n",
      right: "def total(prices):\n    return sum(prices)\n",
    },
    "self.assertEqual(total([1, 2]), 3)",
  ),
  python(
    "a syntax error",
    { wrong: "def total(prices)\n    return sum(prices)\n", right: "def total(prices):\n    return sum(prices)\n" },
    "self.assertEqual(total([1, 2]), 3)",
  ),
  python(
    "a misspelt name",
    { wrong: "def total(prices):\n    return sum(price)\n", right: "def total(prices):\n    return sum(prices)\n" },
    "self.assertEqual(total([1, 2]), 3)",
  ),
  python(
    "a thrown error",
    {
      wrong: 'def first(order):\n    return order["items"][1]\n',
      right: 'def first(order):\n    return order["items"][0]\n',
    },
    'self.assertEqual(first({"items": ["a"]}), "a")',
  ),
  python(
    "an endless loop",
    {
      wrong: "def steps(n):\n    count = 0\n    while n > 1:\n        count += 1\n    return count\n",
      right: "def steps(n):\n    count = 0\n    while n > 1:\n        n //= 2\n        count += 1\n    return count\n",
    },
    "self.assertEqual(steps(8), 3)",
    "4s",
  ),
  script(
    "javascript, a wrong result",
    { path: "shop.mjs", wrong: nodeTotal("1"), right: nodeTotal("0") },
    ["test/shop.test.mjs", NODE_TEST],
    ["node", "--test"],
  ),
  script(
    "javascript, a syntax error",
    { path: "shop.mjs", wrong: nodeTotal("0").replace("prices)", "prices"), right: nodeTotal("0") },
    ["test/shop.test.mjs", NODE_TEST],
    ["node", "--test"],
  ),
  script(
    "typescript, a wrong result",
    {
      path: "shop.ts",
      wrong: "export const total = (prices: readonly number[]): number => prices.length;\n",
      right:
        "export const total = (prices: readonly number[]): number => prices.reduce((sum, price) => sum + price, 0);\n",
    },
    ["shop.test.ts", BUN_TEST],
    ["bun", "test"],
  ),
  script(
    "typescript, an endless loop",
    {
      path: "shop.ts",
      wrong:
        "export function total(prices: number[]): number {\n  let sum = 0;\n  for (let at = 0; at < prices.length; at += 0) sum += prices[at] ?? 0;\n  return sum;\n}\n",
      right:
        "export function total(prices: number[]): number {\n  let sum = 0;\n  for (let at = 0; at < prices.length; at += 1) sum += prices[at] ?? 0;\n  return sum;\n}\n",
    },
    ["shop.test.ts", BUN_TEST],
    ["bun", "test"],
    "5s",
  ),
  {
    name: "go, a wrong result",
    tool: "go",
    files: { "go.mod": GO_MOD, "shop_test.go": GO_TEST, "shop.go": goSource("sum = price") },
    command: ["go", "test", "./..."],
    fault: { path: "shop.go", wrong: goSource("sum = price"), right: goSource("sum += price") },
  },
  {
    name: "go, a misspelt name",
    tool: "go",
    files: { "go.mod": GO_MOD, "shop_test.go": GO_TEST, "shop.go": goSource("sum += prise") },
    command: ["go", "test", "./..."],
    fault: { path: "shop.go", wrong: goSource("sum += prise"), right: goSource("sum += price") },
  },
  {
    name: "c, a missing semicolon",
    tool: "cc",
    files: {
      "shop.c":
        "int total(int a, int b) {\n  return a + b\n}\n\nint main(void) {\n  return total(1, 2) == 3 ? 0 : 1;\n}\n",
      Makefile: "shop: shop.c\n\tcc -Wall -o shop shop.c\n\t./shop\n",
    },
    command: ["make"],
    fault: { path: "shop.c", wrong: "  return a + b\n", right: "  return a + b;\n" },
  },
  {
    name: "rust, a type",
    tool: "rustc",
    files: {
      "shop.rs":
        'pub fn total(prices: &[i32]) -> i32 {\n    let sum: i32 = "0";\n    prices.iter().fold(sum, |sum, price| sum + price)\n}\n\nfn main() {\n    assert_eq!(total(&[1, 2]), 3);\n}\n',
    },
    command: ["rustc", "shop.rs"],
    fault: { path: "shop.rs", wrong: 'let sum: i32 = "0";', right: "let sum: i32 = 0;" },
  },
  {
    name: "java, a type",
    tool: "javac",
    files: { "Shop.java": 'class Shop {\n  static int total(int a, int b) {\n    return "" + a + b;\n  }\n}\n' },
    command: ["javac", "Shop.java"],
    fault: { path: "Shop.java", wrong: 'return "" + a + b;', right: "return a + b;" },
  },
];
