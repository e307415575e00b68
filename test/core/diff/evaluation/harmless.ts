import type { Change } from "./mutate.ts";

/** Another way to write lines, or null where they do not lend themselves to it. `size` lines are taken. */
interface Rewrite {
  readonly size: number;
  readonly of: RegExp | null;
  write(lines: readonly string[], path: string): readonly string[] | null;
}

const INDENTED = /\.(py)$/;
const SCRIPT = /\.(ts|js|mjs)$/;
const STRINGS = /(["'`])(?:\\.|(?!\1).)*\1/;

function plain(line: string): boolean {
  return !STRINGS.test(line) && !/^\s*(\/\/|#|\*|\/\*)|["'`]|\/\/|\/\*|\*\//.test(line);
}

function each(change: (line: string) => string): Rewrite["write"] {
  return (lines) => lines.map(change);
}

/** What formatters do; the meaning stays. */
export const FORMATTINGS: Readonly<Record<string, Rewrite>> = {
  "blanks at the end": { size: 1, of: null, write: each((line) => `${line}  `) },
  "one more level of blanks": {
    size: 3,
    of: /\.(ts|js|mjs|go|rs|java|c|rb)$/,
    write: (lines) => (lines.every(plain) ? lines.map((line) => (line === "" ? line : `  ${line}`)) : null),
  },
  "tabs for blanks": {
    size: 4,
    of: null,
    write: (lines) =>
      lines.every((line) => line === "" || plain(line))
        ? lines.map((line) => line.replace(/^ +/, (blanks) => "\t".repeat(Math.ceil(blanks.length / 4))))
        : null,
  },
  "no blanks around operators": {
    size: 1,
    of: null,
    write: ([line = ""]) =>
      plain(line) ? [line.replace(/(?<=[\w)\]]) (=|\+|\*|<=?|>=?|===?|!==?) (?=[\w(])/g, "$1")] : null,
  },
  "arguments each on a line": {
    size: 1,
    of: null,
    write: ([line = ""], path) => {
      const match = plain(line) ? /^(\s*)([^(]*\w)\(([^()]+, [^()]+)\)(.*)$/.exec(line) : null;
      if (match === null) return null;
      const [, indent = "", head = "", list = "", tail = ""] = match;
      const args = list.split(", ").map((arg) => `${indent}    ${arg},`);
      const last = args.at(-1)?.replace(/,$/, SCRIPT.test(path) || INDENTED.test(path) ? "," : "") ?? "";
      return [`${indent}${head}(`, ...args.slice(0, -1), last, `${indent})${tail}`];
    },
  },
  "other quotes": {
    size: 1,
    of: /\.(py|ts|js|mjs)$/,
    write: ([line = ""]) => {
      const next = line.replace(/"([^"'\\`$]*)"/g, "'$1'");
      return /^\s*(#|\/\/|\*|\/\*)/.test(line) ? null : [next];
    },
  },
  "semicolons left out": {
    size: 2,
    of: SCRIPT,
    write: (lines) => (lines.some((line) => /\bfor\b/.test(line)) ? null : lines.map((line) => line.replace(/;$/, ""))),
  },
  "a brace on a line of its own": {
    size: 1,
    of: /\.(java|c|ts|js|mjs|rs)$/,
    write: ([line = ""]) => {
      const match = /^(\s*)(\S.*\)) \{$/.exec(line);
      return match === null ? null : [`${match[1]}${match[2]}`, `${match[1]}{`];
    },
  },
  "a blank line more": { size: 1, of: null, write: ([line = ""]) => [line, ""] },
  "a condition over two lines": {
    size: 1,
    of: /\.(ts|js|mjs|go|rs|java|c)$/,
    write: ([line = ""], path) => {
      const match = plain(line) ? /^(\s*)(.*\S) (&&|\|\|) (.*)$/.exec(line) : null;
      if (match === null) return null;
      const [, indent = "", head = "", sign = "", tail = ""] = match;
      return path.endsWith(".go")
        ? [`${indent}${head} ${sign}`, `${indent}\t${tail}`]
        : [`${indent}${head}`, `${indent}    ${sign} ${tail}`];
    },
  },
  "parentheses around one parameter": {
    size: 1,
    of: SCRIPT,
    write: ([line = ""]) => {
      const next = line.replace(/(?<=[(,=] ?)(\b[a-z]\w*) => /, "($1) => ");
      return next === line ? null : [next];
    },
  },
  "one line for two": {
    size: 2,
    of: /\.(ts|js|mjs|java|c)$/,
    write: ([first = "", second = ""]) =>
      /^\s*if \(.*\)$/.test(first) && plain(second) ? [`${first} ${second.trim()}`] : null,
  },
};

function comment(path: string): string {
  return /\.(py|rb)$/.test(path) ? "#" : "//";
}

const NAMES = /\b(index|item|items|rows|row|entry|found|amount|result|value|node|key|options|shown|digest|copy)\b/;

/** Changes that do nothing, or next to nothing, beside formatting. */
export const HARMLESS: Readonly<Record<string, Rewrite>> = {
  "a comment": {
    size: 1,
    of: null,
    write: ([line = ""], path) =>
      line.trim() === "" || !/[;{}):]$/.test(line)
        ? null
        : [`${/^\s*/.exec(line)?.[0]}${comment(path)} What follows is looked at once more.`, line],
  },
  "a better comment": {
    size: 1,
    of: null,
    write: ([line = ""]) => (/^\s*(\/\/|#) /.test(line) ? [`${line} And so on.`] : null),
  },
  "a name": {
    size: 3,
    of: null,
    write: (lines) => {
      const name = NAMES.exec(lines.join("\n"))?.[1];
      if (name === undefined || lines.some((line) => STRINGS.test(line))) return null;
      return lines.map((line) => line.replace(new RegExp(`\\b${name}\\b`, "g"), `${name}Found`));
    },
  },
  "an import": {
    size: 1,
    of: null,
    write: ([line = ""], path) => {
      if (!/^(import|from|use|#include|require)\b/.test(line)) return null;
      if (path.endsWith(".py")) return [line, "from os import path"];
      if (SCRIPT.test(path)) return [line, 'import { more } from "./more";'];
      return [line, line.replace(/\w+(?=\W*$)/, "more")];
    },
  },
  "a message": {
    size: 1,
    of: null,
    write: ([line = ""]) => (/"[a-z]+ [a-z ]+"/.test(line) ? [line.replace(/"([a-z]+ [a-z ]+)"/, '"$1 here"')] : null),
  },
  "a line of log": {
    size: 1,
    of: null,
    write: ([line = ""], path) => {
      if (!/[;)]$/.test(line) || !/^\s+\w/.test(line) || /\b(if|for|while|return|throw|raise)\b/.test(line))
        return null;
      const end = /\.(py|rb|go)$/.test(path) ? "" : ";";
      return [line, `${/^\s*/.exec(line)?.[0]}log.debug("done")${end}`];
    },
  },
};

/** Every change that a table of ways to write makes of a file. */
export function rewritesOf(table: Readonly<Record<string, Rewrite>>, path: string, text: string): readonly Change[] {
  const before = text.split("\n");
  return Object.entries(table).flatMap(([what, { size, of, write }]) => {
    if (of !== null && !of.test(path)) return [];
    return before.flatMap((_, at): readonly Change[] => {
      const lines = before.slice(at, at + size);
      const added = lines.length < size ? null : write(lines, path);
      return added === null || added.join("\n") === lines.join("\n")
        ? []
        : [{ path, what, before, at, removed: size, added }];
    });
  });
}
