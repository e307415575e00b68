import { parseJson } from "../../json.ts";
import { pythonProblem } from "./python-syntax.ts";
import type { Check, Fence, Finding, SyntaxCheck } from "./verdict.ts";

/** A longer block is not parsed: the client waits. */
const MOST_CHARS = 200_000;

const SCRIPTS = ["js", "jsx", "javascript", "mjs", "cjs", "ts", "tsx", "typescript", "mts", "cts"];

/** Dots that stand for what was left out; before a name they spread it. */
const LEFT_OUT = /\.{3}\s*(?:[)\]},;]|\n|$)|…/;

/** The ways in which a piece of a program may be one: whole, within a function, a class or an object, or as an expression. */
const FRAMES: readonly (readonly [before: string, after: string])[] = [
  ["", ""],
  ["async function* _() {\n", "\n}"],
  ["class _ extends Object {\n", "\n}"],
  ["(", "\n)"],
  ["({\n", "\n})"],
];

function scriptProblem(code: string, syntax: SyntaxCheck): string | null {
  const problem = syntax.script(code);
  if (problem === null) return null;
  const isPiece = FRAMES.some(([before, after]) => syntax.script(`${before}${code}${after}`) === null);
  return isPiece ? null : problem;
}

/** A block of JSON may hold several documents, one a line; one with comments is for people to read. */
function jsonProblem(code: string): string | null {
  if (code.trim() === "" || /(?:^|\s)(?:\/\/|\/\*|#)/m.test(code)) return null;
  if (parseJson(code) !== undefined) return null;
  const lines = code.split("\n").filter((line) => line.trim() !== "");
  return lines.every((line) => parseJson(line) !== undefined) ? null : "it does not parse as JSON";
}

function problemOf({ language, code }: Fence, syntax: SyntaxCheck): Finding {
  if (code.length > MOST_CHARS || LEFT_OUT.test(code)) return undefined;
  if (language === "json") return jsonProblem(code);
  if (language === "python" || language === "py" || language === "python3") return pythonProblem(code);
  return SCRIPTS.includes(language) ? scriptProblem(code, syntax) : undefined;
}

/** Fenced JSON, JavaScript, TypeScript and Python that must parse. Other languages are not looked at. */
export const hasBrokenCode: Check = ({ fences, syntax }) => {
  let isAnyChecked = false;
  for (const fence of fences) {
    const problem = problemOf(fence, syntax);
    if (typeof problem === "string")
      return `the ${fence.language} block at line ${fence.line} does not parse: ${problem}`;
    if (problem === null) isAnyChecked = true;
  }
  return isAnyChecked ? null : undefined;
};
