import { fnv1a } from "../fnv.ts";

/** What the surface of a person's words shows, without understanding them. */
export interface TextSignals {
  /** Languages by their usual lower-case names (`typescript`, `c++`), in the order in which they come up. */
  readonly languages: readonly string[];
  /** Files mentioned, as written, without repeats. */
  readonly paths: readonly string[];
  readonly hasDiff: boolean;
  readonly hasStackTrace: boolean;
  /** Fenced blocks of code; an unclosed one counts. */
  readonly fenceCount: number;
}

/** Language by file extension. */
const EXTENSIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    typescript: "ts tsx mts cts",
    javascript: "js jsx mjs cjs",
    python: "py pyi ipynb",
    rust: "rs",
    go: "go",
    java: "java",
    kotlin: "kt kts",
    "c#": "cs",
    c: "c h",
    "c++": "cpp cc cxx hpp hh",
    ruby: "rb",
    php: "php",
    swift: "swift",
    scala: "scala",
    elixir: "ex exs",
    haskell: "hs",
    lua: "lua",
    dart: "dart",
    r: "r",
    sql: "sql",
    shell: "sh bash zsh",
    html: "html htm",
    css: "css scss less",
    vue: "vue",
    svelte: "svelte",
    terraform: "tf",
    zig: "zig",
    "": "json yaml yml toml md txt xml lock ini cfg conf env csv proto graphql gradle rst log",
  }).flatMap(([language, extensions]) => extensions.split(" ").map((extension) => [extension, language] as const)),
);

/** Language by the words of prose and the info strings of fences; `go`, `c` and `r` only after a fence. */
const NAMES: ReadonlyMap<number, string> = new Map(
  `typescript javascript python rust golang java kotlin csharp ruby php swift scala elixir haskell lua dart sql bash html css
   vue svelte terraform zig powershell perl clojure erlang julia fortran cobol matlab`
    .split(/\s+/u)
    .map((name) => [
      fnv1a(name),
      name === "golang" ? "go" : name === "csharp" ? "c#" : name === "bash" ? "shell" : name,
    ]),
);

/** How lines of diffs begin. `--- ` and `+++ ` only count together. */
const DIFF_MARKS: readonly string[] = ["diff --git ", "@@ -", "<<<<<<< ", "*** Begin Patch"];
/** How lines of traces begin. */
const TRACE_MARKS: readonly string[] = [
  "Traceback (most recent call last)",
  "Exception in thread ",
  "Caused by: ",
  "goroutine ",
  "thread 'main' panicked at",
  "    at ",
  "\tat ",
  "Stack trace:",
  "Segmentation fault",
];
const MARK_BEGINNINGS: ReadonlySet<number> = new Set(
  [...DIFF_MARKS, ...TRACE_MARKS, "--- ", "+++ "].map((mark) => mark.charCodeAt(0)),
);

const MOST_PATHS = 32;
const LONGEST_PATH = 200;
const LONGEST_EXTENSION = 8;
/** Names of languages are looked for in so much of either end of a text. */
const NAMED_CHARACTERS = 1_024;

function isAlphanumeric(code: number): boolean {
  const letter = code | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (code >= 0x30 && code <= 0x39);
}

/** Letters, digits and the signs `_ - . / \ @ ~ +` of paths. */
function isPathCharacter(code: number): boolean {
  if (isAlphanumeric(code)) return true;
  return (
    code === 0x5f || (code >= 0x2b && code <= 0x2f && code !== 0x2c) || code === 0x5c || code === 0x40 || code === 0x7e
  );
}

/** The extension after the dot at `dot`, in lower case; empty where the word goes on or none is there. */
function extensionAt(text: string, dot: number): string {
  let end = dot + 1;
  while (end - dot <= LONGEST_EXTENSION && isAlphanumeric(text.charCodeAt(end))) end += 1;
  if (end - dot > LONGEST_EXTENSION || text.charCodeAt(end) === 0x28) return "";
  return text.slice(dot + 1, end).toLowerCase();
}

function startOfPath(text: string, dot: number): number {
  let start = dot;
  while (start > 0 && dot - start < LONGEST_PATH && isPathCharacter(text.charCodeAt(start - 1))) start -= 1;
  return start;
}

function readPaths(text: string, languages: Set<string>): string[] {
  const paths = new Set<string>();
  for (let dot = text.indexOf("."); dot !== -1 && paths.size < MOST_PATHS; dot = text.indexOf(".", dot + 1)) {
    if (!isAlphanumeric(text.charCodeAt(dot + 1))) continue;
    const extension = extensionAt(text, dot);
    const language = EXTENSIONS.get(extension);
    if (language === undefined) continue;
    const start = startOfPath(text, dot);
    if (start === dot || text.startsWith("//", start)) continue;
    paths.add(text.slice(start, dot + 1 + extension.length));
    if (language !== "") languages.add(language);
  }
  return [...paths];
}

/** Adds the languages that are named between two places, by the hash of each word in lower case. */
function readNames(text: string, from: number, to: number, languages: Set<string>): void {
  let hash = 0x811c9dc5;
  let letters = 0;
  for (let index = from; index <= to; index += 1) {
    const code = index < to ? text.charCodeAt(index) : 0;
    const letter = code | 0x20;
    if (letter >= 0x61 && letter <= 0x7a) {
      hash = Math.imul(hash ^ letter, 0x01000193);
      letters += 1;
      continue;
    }
    const name = letters > 2 ? NAMES.get(hash >>> 0) : undefined;
    if (name !== undefined) languages.add(name);
    hash = 0x811c9dc5;
    letters = 0;
  }
}

function readFences(text: string, languages: Set<string>): number {
  let marks = 0;
  for (let at = text.indexOf("```"); at !== -1; at = text.indexOf("```", at + 3)) {
    if (marks % 2 === 0) {
      const language = EXTENSIONS.get(extensionAt(text, at + 2));
      if (language !== undefined && language !== "") languages.add(language);
      readNames(text, at + 3, Math.min(at + 20, text.length), languages);
    }
    marks += 1;
  }
  return Math.ceil(marks / 2);
}

/** Looks at the beginning of each line for what only diffs and traces begin with. */
function readMarks(text: string): Pick<TextSignals, "hasDiff" | "hasStackTrace"> {
  let hasDiff = false;
  let hasStackTrace = false;
  let hasOld = false;
  let hasNew = false;
  for (let at = 0; at !== -1; ) {
    if (MARK_BEGINNINGS.has(text.charCodeAt(at))) {
      hasDiff ||= DIFF_MARKS.some((mark) => text.startsWith(mark, at));
      hasStackTrace ||= TRACE_MARKS.some((mark) => text.startsWith(mark, at));
      hasOld ||= text.startsWith("--- ", at);
      hasNew ||= text.startsWith("+++ ", at);
    }
    const end = text.indexOf("\n", at);
    at = end === -1 ? -1 : end + 1;
  }
  return { hasDiff: hasDiff || (hasOld && hasNew), hasStackTrace };
}

/** Reads the signs of one text in time linear in its length. */
export function readTextSignals(text: string): TextSignals {
  const languages = new Set<string>();
  const fenceCount = readFences(text, languages);
  const paths = readPaths(text, languages);
  readNames(text, 0, Math.min(text.length, NAMED_CHARACTERS), languages);
  if (text.length > NAMED_CHARACTERS)
    readNames(text, Math.max(NAMED_CHARACTERS, text.length - NAMED_CHARACTERS), text.length, languages);
  return {
    languages: [...languages],
    paths,
    ...readMarks(text),
    fenceCount,
  };
}
