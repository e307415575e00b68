import type { FileChange, FilePatch, Hunk, HunkLine, PatchItem } from "./patch.ts";
import { gitPaths, headerPath, withoutPrefixes } from "./paths.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours that git writes (ECMA-48 control sequences).
const COLOURS = /\u001b\[[0-9;:]*[A-Za-z]/g;
const HUNK = /^(@@+) ((?:-\d+(?:,\d+)? )+)\+(\d+)(?:,(\d+))? @@+(?: (.*))?$/;
const FILE_START = /^diff (--git|--cc|--combined) /;
const GIT_HEAD =
  /^(?:old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to|rename old|rename new|similarity index|dissimilarity index|index|mode|---|\+\+\+|Binary files|GIT binary patch) ?/;

/** A line without colours and line end. */
function plain(raw: string): string {
  const text = raw.includes("\u001b") ? raw.replace(COLOURS, "") : raw;
  return text.endsWith("\n") ? text.slice(0, text.endsWith("\r\n") ? -2 : -1) : text;
}

/** Text as lines with their ends; the last may have none. */
function rawLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

interface OpenHunk extends Omit<Hunk, "lines"> {
  readonly lines: HunkLine[];
  /** Lines still to come on either side; of the parents of a merge, each. */
  readonly oldLeft: number[];
  newLeft: number;
}

interface OpenFile {
  readonly head: string[];
  readonly hunks: OpenHunk[];
  readonly isGit: boolean;
  gitNames: readonly [string, string] | null;
  /** Undefined until the line was seen. */
  oldName: string | null | undefined;
  newName: string | null | undefined;
  renamed: { from?: string; to?: string; isCopy: boolean } | null;
  oldMode: string | null;
  newMode: string | null;
  change: "added" | "deleted" | null;
  similarity: number | null;
  binary: "none" | "told" | "data";
}

function openFile(isGit: boolean): OpenFile {
  return {
    head: [],
    hunks: [],
    isGit,
    gitNames: null,
    oldName: undefined,
    newName: undefined,
    renamed: null,
    oldMode: null,
    newMode: null,
    change: null,
    similarity: null,
    binary: "none",
  };
}

function readHunkHeader(raw: string, text: string): OpenHunk | null {
  const match = HUNK.exec(text);
  if (match === null) return null;
  const [, marks = "", olds = "", newStart = "0", newCount, section = ""] = match;
  const old = olds
    .trim()
    .split(" ")
    .map((range) => range.slice(1).split(","));
  const parents = marks.length - 1;
  if (old.length !== parents) return null;
  const [first = []] = old;
  const count = (value: string | undefined): number => (value === undefined ? 1 : Number(value));
  return {
    header: raw,
    oldStart: Number(first[0]),
    oldCount: count(first[1]),
    newStart: Number(newStart),
    newCount: count(newCount),
    section,
    parents,
    lines: [],
    oldLeft: old.map(([, size]) => count(size)),
    newLeft: count(newCount),
  };
}

function isFull({ oldLeft, newLeft }: OpenHunk): boolean {
  return newLeft <= 0 && oldLeft.every((left) => left <= 0);
}

/** Takes a line of a hunk; false where it is none. */
function takeHunkLine(hunk: OpenHunk, raw: string, text: string): boolean {
  if (text.startsWith("\\ ")) {
    hunk.lines.push({ kind: "no-newline", raw, text: text.slice(2) });
    return true;
  }
  if (isFull(hunk)) return false;
  const { parents, oldLeft } = hunk;
  // Some mail programs cut the blank of an empty line of context.
  const markers = text === "" ? " ".repeat(parents) : text.slice(0, parents);
  if (!/^[-+ ]+$/.test(markers)) return false;
  const isRemoved = markers.includes("-");
  for (let parent = 0; parent < parents; parent += 1) {
    const marker = markers[parent] ?? " ";
    const isThere = isRemoved ? marker === "-" : marker === " ";
    if (isThere) oldLeft[parent] = (oldLeft[parent] ?? 0) - 1;
  }
  if (!isRemoved) hunk.newLeft -= 1;
  const isAdded = !isRemoved && markers.includes("+");
  const changed = isRemoved ? "removed" : "added";
  hunk.lines.push({ kind: isRemoved || isAdded ? changed : "context", raw, text: text.slice(parents) });
  return true;
}

const HEAD_READERS: readonly (readonly [string, (file: OpenFile, rest: string) => void])[] = [
  [
    "--- ",
    (file, rest) => {
      file.oldName = headerPath(rest);
    },
  ],
  [
    "+++ ",
    (file, rest) => {
      file.newName = headerPath(rest);
    },
  ],
  [
    "old mode ",
    (file, rest) => {
      file.oldMode = rest;
    },
  ],
  [
    "new mode ",
    (file, rest) => {
      file.newMode = rest;
    },
  ],
  [
    "new file mode ",
    (file, rest) => {
      file.newMode = rest;
      file.change = "added";
    },
  ],
  [
    "deleted file mode ",
    (file, rest) => {
      file.oldMode = rest;
      file.change = "deleted";
    },
  ],
  [
    "rename from ",
    (file, rest) => {
      file.renamed = { ...file.renamed, from: headerPath(rest) ?? "", isCopy: false };
    },
  ],
  [
    "rename to ",
    (file, rest) => {
      file.renamed = { ...file.renamed, to: headerPath(rest) ?? "", isCopy: false };
    },
  ],
  [
    "copy from ",
    (file, rest) => {
      file.renamed = { ...file.renamed, from: headerPath(rest) ?? "", isCopy: true };
    },
  ],
  [
    "copy to ",
    (file, rest) => {
      file.renamed = { ...file.renamed, to: headerPath(rest) ?? "", isCopy: true };
    },
  ],
  [
    "similarity index ",
    (file, rest) => {
      file.similarity = Number.parseInt(rest, 10);
    },
  ],
  [
    "Binary files ",
    (file) => {
      file.binary = "told";
    },
  ],
  [
    "GIT binary patch",
    (file) => {
      file.binary = "data";
    },
  ],
];

function readHead(file: OpenFile, raw: string, text: string): void {
  file.head.push(raw);
  const known = HEAD_READERS.find(([start]) => text.startsWith(start));
  known?.[1](file, text.slice(known[0].length));
}

function changeOf(file: OpenFile, oldPath: string | null, newPath: string | null): FileChange {
  if (file.renamed !== null) return file.renamed.isCopy ? "copied" : "renamed";
  if (file.change !== null) return file.change;
  if (oldPath === null) return "added";
  if (newPath === null) return "deleted";
  const isModeAlone = file.oldMode !== null && file.hunks.length === 0 && file.binary === "none";
  return isModeAlone ? "mode" : "modified";
}

function finish(file: OpenFile): FilePatch {
  const [gitOld = null, gitNew = null] = file.gitNames ?? [];
  const named = withoutPrefixes(
    file.oldName === undefined ? gitOld : file.oldName,
    file.newName === undefined ? gitNew : file.newName,
  );
  const oldPath = file.change === "added" ? null : (file.renamed?.from ?? named[0]);
  const newPath = file.change === "deleted" ? null : (file.renamed?.to ?? named[1]);
  return {
    head: file.head,
    oldPath,
    newPath,
    change: changeOf(file, oldPath, newPath),
    oldMode: file.oldMode,
    newMode: file.newMode,
    similarity: file.renamed === null ? null : file.similarity,
    isBinary: file.binary !== "none",
    hunks: file.hunks.map(({ oldLeft: _, newLeft: __, ...hunk }) => hunk),
  };
}

/** Reads a patch line by line, so that one of any length takes the memory of its largest file. */
export interface PatchParser {
  /** Takes a line with its end, and returns what it completes. */
  take(raw: string): readonly PatchItem[];
  /** What is left at the end. */
  end(): readonly PatchItem[];
}

/** What a line is, to a parser between hunks. */
function startsFile(text: string): boolean {
  return FILE_START.test(text);
}

/** A parser at the beginning of a patch. */
export function createPatchParser(): PatchParser {
  let text: string[] = [];
  let file: OpenFile | null = null;
  let hunk: OpenHunk | null = null;

  function close(): readonly PatchItem[] {
    const items: PatchItem[] = [];
    if (text.length > 0) items.push({ kind: "text", lines: text });
    if (file !== null) items.push({ kind: "file", file: finish(file) });
    [text, file, hunk] = [[], null, null];
    return items;
  }

  function begin(raw: string, words: string, isGit: boolean): readonly PatchItem[] {
    const done = close();
    file = openFile(isGit);
    readHead(file, raw, words);
    const paired = /^diff --git (.*)$/.exec(words)?.[1];
    const merged = /^diff --(?:cc|combined) (.*)$/.exec(words)?.[1];
    if (paired !== undefined) file.gitNames = gitPaths(paired);
    if (merged !== undefined) file.gitNames = [headerPath(merged) ?? "", headerPath(merged) ?? ""];
    return done;
  }

  function takeBetween(raw: string, words: string): readonly PatchItem[] {
    if (startsFile(words)) return begin(raw, words, true);
    if (file !== null) {
      const next = readHunkHeader(raw, words);
      if (next !== null && (file.oldName !== undefined || file.newName !== undefined)) {
        file.hunks.push(next);
        hunk = next;
        return [];
      }
      const isHead = file.hunks.length === 0 && (GIT_HEAD.test(words) || file.binary === "data");
      const isSecondOfPair = !file.isGit && file.newName === undefined && words.startsWith("+++ ");
      if (isHead && (file.isGit || isSecondOfPair)) {
        readHead(file, raw, words);
        return [];
      }
    }
    if (words.startsWith("--- ")) return begin(raw, words, false);
    const done = file === null ? [] : close();
    text.push(raw);
    return done;
  }

  return {
    take(raw) {
      const words = plain(raw);
      if (hunk !== null) {
        if (takeHunkLine(hunk, raw, words)) return [];
        hunk = null;
      }
      return takeBetween(raw, words);
    },
    end: close,
  };
}

/** All items of a patch. Writing each with `emitItem` gives the same text. */
export function parsePatch(patch: string): readonly PatchItem[] {
  const parser = createPatchParser();
  const items = rawLines(patch).flatMap((line) => parser.take(line));
  return [...items, ...parser.end()];
}
