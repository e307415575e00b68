import { failure, type Result, success } from "../result.ts";
import { diffEdits } from "./diff-edits.ts";
import type { EditProblem, ProposedEdit } from "./edit.ts";

/** A piece of an answer between fences, with the line before it. */
interface Fence {
  readonly info: string;
  readonly before: string;
  readonly text: string;
}

const OPEN = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const SEARCH = /^<{5,9} ?SEARCH\b.*$/;
const MIDDLE = /^={5,9}$/;
const REPLACE = /^>{5,9} ?REPLACE\b.*$/;
const PATH_LIKE = /^[\w@][\w@.+/-]*\.\w{1,12}$|^(?:[\w@.+-]+\/)*(?:Makefile|Dockerfile|Gemfile|Rakefile)$/;
/** Anything that leads somewhere else must be seen as a path too: it is refused by name, not overlooked. */
const ODD_PATH = /^(?:\.{0,2}\/|~\/|[A-Za-z]:\\|\.[\w-])[^\s`*]*$/;

/** What a model thought before it answered is no part of the answer. */
function withoutThoughts(answer: string): string {
  return answer.replace(/<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/g, "");
}

/** A path that a line names: alone, or behind words such as `File:`; empty where it names none. */
function pathIn(line: string): string {
  const bare = line
    .trim()
    .replace(/^(?:#{1,6}\s+|[-*]\s+|\d+\.\s+|\/\/\s*|#\s*|<!--\s*)/, "")
    .replace(/^(?:\*\*)?(?:file(?:name)?|path|in|edit|update[d]?)(?:\*\*)?\s*[:=]\s*/i, "")
    .replace(/(?:\s*-->)?$/, "")
    .replace(/^[*`"'_]+|[*`"']+:?[*`"']*$|:$/g, "")
    .trim();
  return PATH_LIKE.test(bare) || ODD_PATH.test(bare) ? bare : "";
}

function fencesOf(lines: readonly string[]): readonly Fence[] {
  const fences: Fence[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const open = OPEN.exec(lines[at] ?? "");
    if (open === null) continue;
    const [, mark = "```", info = ""] = open;
    const isEnd = (line: string): boolean => {
      const bare = line.trim();
      return bare.length >= mark.length && bare === mark.charAt(0).repeat(bare.length);
    };
    const end = lines.findIndex((line, index) => index > at && isEnd(line));
    const stop = end < 0 ? lines.length : end;
    const before = lines.slice(0, at).findLast((line) => line.trim() !== "") ?? "";
    fences.push({ info: info.trim(), before, text: lines.slice(at + 1, stop).join("\n") });
    at = stop;
  }
  return fences;
}

/** The path of a fence: in its info string (`py calc.py`, `py:calc.py`), on the line before, or in a comment on its first line. */
function fencePath({ info, before, text }: Fence): string {
  const words = info.split(/[\s:]+/).map(pathIn);
  const [first = ""] = text.split("\n");
  const noted = /^\s*(?:\/\/|#|<!--|\/\*)\s*(?:file(?:name)?|path)\s*:/i.test(first) ? pathIn(first) : "";
  return words.find((word) => word.includes(".") || word.includes("/")) ?? (pathIn(before) || noted);
}

interface Block {
  readonly path: string;
  readonly search: readonly string[];
  readonly replace: readonly string[];
}

/** Blocks of search and replace, wherever they stand; the path is on one of the three lines before, else that of the block before. */
function blocksOf(lines: readonly string[], onlyPath: string): readonly Block[] | EditProblem {
  const blocks: Block[] = [];
  let path = onlyPath;
  for (let at = 0; at < lines.length; at += 1) {
    if (!SEARCH.test(lines[at] ?? "")) continue;
    const middle = lines.findIndex((line, index) => index > at && MIDDLE.test(line));
    const end = lines.findIndex((line, index) => index > middle && REPLACE.test(line));
    if (middle < 0 || end < 0)
      return { code: "no_edits", message: "a SEARCH block has no ======= or no >>>>>>> REPLACE" };
    const near = lines.slice(Math.max(0, at - 3), at).toReversed();
    const named = near
      .map(
        (line) =>
          OPEN.exec(line)?.[2]
            ?.split(/[\s:]+/)
            .map(pathIn)
            .find(Boolean) ?? pathIn(line),
      )
      .find(Boolean);
    path = named ?? path;
    if (path === "") return { code: "no_edits", message: "a SEARCH block does not say which file it is for" };
    blocks.push({ path, search: lines.slice(at + 1, middle), replace: lines.slice(middle + 1, end) });
    at = end;
  }
  return blocks;
}

function withEnd(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function wholeEdits(lines: readonly string[], onlyPath: string): readonly ProposedEdit[] {
  const fences = fencesOf(lines);
  const named = fences.flatMap((fence) => {
    const path = fencePath(fence);
    return path === "" ? [] : [{ kind: "whole" as const, path, text: `${fence.text}\n` }];
  });
  const [single] = fences;
  if (named.length > 0 || fences.length !== 1 || onlyPath === "" || single === undefined) return named;
  return /^(?:sh|bash|shell|console|text|diff)$/.test(single.info)
    ? []
    : [{ kind: "whole", path: onlyPath, text: `${single.text}\n` }];
}

/**
 * The edits in a model's answer: blocks of search and replace, a unified diff, or whole files in fences, whichever it wrote.
 * `onlyPath` is the file that edits without a name are for; empty where several were shown.
 */
export function parseAnswer(answer: string, onlyPath: string): Result<readonly ProposedEdit[], EditProblem> {
  const lines = withoutThoughts(answer).replaceAll("\r\n", "\n").split("\n");
  const blocks = blocksOf(lines, onlyPath);
  if ("code" in blocks) return failure(blocks);
  if (blocks.length > 0) {
    return success(
      blocks.map(({ path, search, replace }) => ({
        kind: "replace",
        path,
        search: withEnd(search),
        replace: withEnd(replace),
        line: null,
      })),
    );
  }
  const diffs = diffEdits(lines);
  const edits = diffs.length > 0 ? diffs : wholeEdits(lines, onlyPath);
  if (edits.length > 0) return success(edits);
  return failure({ code: "no_edits", message: "the answer has no edit in any of the formats that were asked for" });
}
