import type { Check, Finding, Subject } from "./verdict.ts";

/** One block that says what to look for and what to put in its place. */
interface SearchReplace {
  readonly search: string;
  readonly replace: string;
}

type Reading = "outside" | "search" | "replace";

const SEARCH_MARK = /^\s{0,3}<{5,9}\s*SEARCH\b/;
const MIDDLE_MARK = /^\s{0,3}={5,9}\s*$/;
const REPLACE_MARK = /^\s{0,3}>{5,9}\s*REPLACE\b/;

/** The search/replace blocks of a text, or what is malformed in them. */
function readBlocks(text: string): readonly SearchReplace[] | string {
  const blocks: SearchReplace[] = [];
  let reading: Reading = "outside";
  let search: string[] = [];
  let replace: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const where = `line ${index + 1}`;
    if (SEARCH_MARK.test(line)) {
      if (reading !== "outside") return `a search/replace block begins within another (${where})`;
      [reading, search, replace] = ["search", [], []];
    } else if (REPLACE_MARK.test(line)) {
      if (reading !== "replace") return `a search/replace block ends that has no divider (${where})`;
      blocks.push({ search: search.join("\n"), replace: replace.join("\n") });
      reading = "outside";
    } else if (reading === "search" && MIDDLE_MARK.test(line)) reading = "replace";
    else if (reading === "search") search.push(line);
    else if (reading === "replace") replace.push(line);
  }
  return reading === "outside" ? blocks : "a search/replace block does not end";
}

/** As tools that apply edits compare: without what stands at the ends of lines. */
function normal(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trim();
}

/** Whether files were given: without any, nobody can tell what a search text should be found in. */
function givesFiles({ request, givenText }: Subject): boolean {
  return (
    givenText.includes("```") || request.messages.some(({ parts }) => parts.some(({ type }) => type === "tool-result"))
  );
}

function checkBlocks(subject: Subject): Finding {
  if (!SEARCH_MARK.test(subject.text) && !/^\s{0,3}<{5,9}\s*SEARCH\b/m.test(subject.text)) return undefined;
  const blocks = readBlocks(subject.text);
  if (typeof blocks === "string") return blocks;
  if (!givesFiles(subject)) return null;
  let known = normal(subject.givenText);
  for (const { search, replace } of blocks) {
    const wanted = normal(search);
    if (wanted !== "" && !known.includes(wanted)) {
      return `the text to search for is in none of the files given: ${JSON.stringify(wanted.slice(0, 80))}`;
    }
    known += `\n${normal(replace)}`;
  }
  return null;
}

/** With its line numbers, or as models write it without: `@@ ... @@`, `@@ function f()`. */
const HUNK = /^@@(?: -\d+(?:,\d+)? \+\d+(?:,\d+)? @@.*|(?: (?!-\d).*)?)$/;

/** One hunk of a unified diff: its lines of context and those taken away, as they stand in the file. */
function hunksOf(lines: readonly string[]): readonly string[] | string {
  const hunks: string[][] = [];
  for (const line of lines) {
    if (line.startsWith("@@")) {
      if (!HUNK.test(line)) return `a hunk of the diff has a malformed head: ${JSON.stringify(line.slice(0, 60))}`;
      hunks.push([]);
      continue;
    }
    const hunk = hunks.at(-1);
    const isHead = /^(?:---|\+\+\+|diff |index |new file|deleted file|similarity|rename |\\ )/.test(line);
    if (hunk === undefined || isHead) continue;
    if (line === "" || line.startsWith(" ") || line.startsWith("-")) hunk.push(line.slice(1));
    else if (!line.startsWith("+"))
      return `a line of the diff begins with none of " ", "+" and "-": ${JSON.stringify(line.slice(0, 60))}`;
  }
  return hunks.map((hunk) => hunk.join("\n"));
}

function isDiff(code: string): boolean {
  return /^--- \S/m.test(code) && /^\+\+\+ \S/m.test(code) && /^@@/m.test(code);
}

function checkDiffs(subject: Subject): Finding {
  const diffs = subject.fences.filter(({ code }) => isDiff(code)).map(({ code }) => code);
  if (diffs.length === 0) return undefined;
  const known = normal(subject.givenText);
  for (const diff of diffs) {
    const hunks = hunksOf(diff.split("\n"));
    if (typeof hunks === "string") return hunks;
    if (!givesFiles(subject)) continue;
    const lost = hunks.map(normal).find((hunk) => hunk !== "" && !known.includes(hunk));
    if (lost !== undefined)
      return `a hunk of the diff fits none of the files given: ${JSON.stringify(lost.slice(0, 80))}`;
  }
  return null;
}

/**
 * Edits that can be applied: search/replace blocks and unified diffs that are well formed, and whose search text occurs in what
 * was given. The counts in the heads of hunks are not compared: models miscount, and tools that apply diffs do not read them.
 */
export const hasBadEdits: Check = (subject) => {
  const blocks = checkBlocks(subject);
  if (typeof blocks === "string") return blocks;
  const diffs = checkDiffs(subject);
  return diffs === undefined ? blocks : diffs;
};
