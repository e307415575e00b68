import type { ProposedEdit } from "./edit.ts";

const HUNK = /^@@(?: -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@)?/;

/** A path of `---` or `+++` without its prefix and time stamp; null for `/dev/null`. */
function pathOf(line: string): string | null {
  const path = (line.slice(4).split("\t")[0] ?? "").trim();
  return path === "/dev/null" ? null : path.replace(/^[ab]\//, "");
}

interface OpenHunk {
  readonly line: number | null;
  readonly search: string[];
  readonly replace: string[];
}

function take(hunk: OpenHunk, line: string): void {
  const text = line.slice(1);
  if (line.startsWith("+")) hunk.replace.push(text);
  else if (line.startsWith("-")) hunk.search.push(text);
  else if (line === "" || line.startsWith(" ")) {
    hunk.search.push(text);
    hunk.replace.push(text);
  }
}

function editOf(oldPath: string | null, newPath: string, { line, search, replace }: OpenHunk): ProposedEdit {
  const text = (lines: readonly string[]): string => lines.map((entry) => `${entry}\n`).join("");
  if (oldPath === null) return { kind: "whole", path: newPath, text: text(replace) };
  return { kind: "replace", path: newPath, search: text(search), replace: text(replace), line };
}

/** The lines of a hunk: up to the next one, the next file, or the end of the fence. The counts of models are wrong too often to go by. */
function hunkAt(lines: readonly string[], at: number): OpenHunk & { readonly end: number } {
  const from = HUNK.exec(lines[at] ?? "")?.[1];
  const hunk: OpenHunk = { line: from === undefined ? null : Number(from), search: [], replace: [] };
  let end = at + 1;
  while (end < lines.length) {
    const line = lines[end] ?? "";
    const isNextFile = line.startsWith("--- ") && (lines[end + 1] ?? "").startsWith("+++ ");
    if (isNextFile || HUNK.test(line) || /^(?:diff --git |```|~~~)/.test(line)) break;
    take(hunk, line);
    end += 1;
  }
  while (hunk.search.at(-1) === "" && hunk.replace.at(-1) === "") {
    hunk.search.pop();
    hunk.replace.pop();
  }
  return { ...hunk, end };
}

/** The hunks of the unified diffs in an answer as replacements. Deletions and renames are none: nothing is taken for them. */
export function diffEdits(lines: readonly string[]): readonly ProposedEdit[] {
  const edits: ProposedEdit[] = [];
  let paths: readonly [string | null, string | null] | null = null;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const next = lines[at + 1] ?? "";
    if (line.startsWith("--- ") && next.startsWith("+++ ")) {
      paths = [pathOf(line), pathOf(next)];
      at += 1;
    } else if (paths !== null && HUNK.test(line)) {
      const hunk = hunkAt(lines, at);
      const [oldPath, newPath] = paths;
      if (newPath !== null) edits.push(editOf(oldPath, newPath, hunk));
      at = hunk.end - 1;
    }
  }
  return edits;
}
