/** How a program tells whether an answer is right. */
export type Check =
  /** Every one of `all` stands in the answer, one of `any`, and none of `none`; letter case does not matter. */
  | {
      readonly kind: "text";
      readonly all?: readonly string[];
      readonly any?: readonly string[];
      readonly none?: readonly string[];
    }
  /** The answer's JSON equals this one, whatever the order of its members. */
  | { readonly kind: "json"; readonly equals: unknown }
  /** The answer's code, with these lines behind it, runs without an error. */
  | { readonly kind: "code"; readonly language: CodeLanguage; readonly tests: string };

/** Languages whose code can be run: JavaScript and TypeScript by Lodestar itself, Python where it is installed. */
export const CODE_LANGUAGES = ["javascript", "typescript", "python"] as const;
export type CodeLanguage = (typeof CODE_LANGUAGES)[number];

/** What a check found; `unknown` where it was not run. */
export type CheckResult = "passed" | "failed" | "unknown";

const FENCE = /^[ \t]*(```+|~~~+)[ \t]*([\w+#.-]*)[^\n]*\n([\s\S]*?)^[ \t]*\1[ \t]*$/gm;

/** The text within fences, each with the language it names. A fence that is never closed reaches to the end. */
function fencedBlocks(answer: string): readonly { readonly language: string; readonly text: string }[] {
  const blocks = [...answer.matchAll(FENCE)].map(([, , language = "", text = ""]) => ({
    language: language.toLowerCase(),
    text,
  }));
  if (blocks.length > 0) return blocks;
  const open = /^[ \t]*```+[ \t]*([\w+#.-]*)[^\n]*\n([\s\S]*)$/m.exec(answer);
  return open === null ? [] : [{ language: (open[1] ?? "").toLowerCase(), text: open[2] ?? "" }];
}

const NAMES: Readonly<Record<CodeLanguage, readonly string[]>> = {
  javascript: ["javascript", "js", "mjs", "node"],
  typescript: ["typescript", "ts"],
  python: ["python", "py", "python3"],
};

/**
 * The code of an answer: its fenced blocks of the language in their order, else those without one, else the longest of any,
 * else all of it. Models show how to call what they wrote in blocks of their own, so blocks of one language belong together.
 */
export function codeOf(answer: string, language: CodeLanguage): string {
  const blocks = fencedBlocks(answer);
  const own = blocks.filter((block) => NAMES[language].includes(block.language));
  if (own.length > 0) return own.map(({ text }) => text).join("\n");
  const unnamed = blocks.filter((block) => block.language === "");
  if (unnamed.length > 0) return unnamed.map(({ text }) => text).join("\n");
  const [longest] = blocks.toSorted((left, right) => right.text.length - left.text.length);
  return longest?.text ?? answer;
}

/** The first JSON value of an answer: in a fence, or from its first bracket to its last; undefined where there is none. */
export function jsonOf(answer: string): unknown {
  const start = answer.search(/[[{]/);
  const end = Math.max(answer.lastIndexOf("}"), answer.lastIndexOf("]"));
  const candidates = [
    ...fencedBlocks(answer).map(({ text }) => text),
    answer,
    ...(start >= 0 ? [answer.slice(start, end + 1)] : []),
  ];
  for (const text of candidates) {
    try {
      return JSON.parse(text);
    } catch {
      // The next place may hold it.
    }
  }
  return undefined;
}

/** A JSON value as text that does not depend on the order of members. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}

/** Whether an answer passes a check that needs no program to run; `unknown` for code. */
export function checkText(check: Check, answer: string): CheckResult {
  if (check.kind === "code") return "unknown";
  if (check.kind === "json") {
    const json = jsonOf(answer);
    return json !== undefined && canonical(json) === canonical(check.equals) ? "passed" : "failed";
  }
  const text = answer.toLowerCase();
  const has = (word: string): boolean => text.includes(word.toLowerCase());
  const { all = [], any, none = [] } = check;
  const isRight = all.every(has) && (any === undefined || any.some(has)) && !none.some(has);
  return isRight ? "passed" : "failed";
}
