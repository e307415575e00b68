import { failure, type Result, success } from "../result.ts";
import { didYouMean } from "../suggest.ts";
import type { EditProblem, FileChange, ProposedEdit } from "./edit.ts";
import { editPath } from "./edit-path.ts";
import { type NoPlace, replaceOnce } from "./match-edit.ts";

/** What a repair may change at most. */
export const EDIT_LIMITS = { files: 20, fileCharacters: 400_000, changedCharacters: 1_000_000 } as const;

/** What may be edited, and how it is now. */
export interface EditGround {
  readonly allowTests: boolean;
  /** A file's text; null where there is none, `closed` where it may not be edited, with the reason. */
  read(path: string): string | null | { readonly closed: string };
  /** Paths of the project, for suggestions. */
  readonly paths: readonly string[];
}

/** A line that stands for code that was left out: `# ... rest of the code`, `// existing code unchanged`, `…`. */
const ELIDED =
  /^\s*(?:(?:#|\/\/|\/\*|<!--|--|;)\s*)?(?:\.{3}|…)\s*(?:\(?\s*(?:the\s+)?(?:rest|remaining|existing|other|previous|unchanged|same|keep|more)\b.*)?(?:\.{3}|…)?\s*(?:\*\/|-->)?\s*$|^\s*(?:#|\/\/|\/\*|<!--|--)\s*(?:\.{3}|…)?\s*\(?(?:the )?(?:rest of|remaining|existing|other|previous|unchanged)\b[^\n]*(?:code|methods?|functions?|file|lines|here|unchanged|same|\.{3}|…).*$/i;

/** A line of `after` that only stands for others, and was not in the file before. */
function elidedLine(before: string, after: string): string | null {
  const known = new Set(before.split("\n").map((line) => line.trim()));
  return after.split("\n").find((line) => ELIDED.test(line) && !known.has(line.trim())) ?? null;
}

function problem(code: EditProblem["code"], message: string): { readonly ok: false; readonly error: EditProblem } {
  return failure({ code, message });
}

function noPlace(path: string, search: string, { code, places, level }: NoPlace) {
  const first =
    search
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim()
      .slice(0, 80) ?? "";
  if (code === "ambiguous") {
    const how = level === "exact" ? "" : ` (${level})`;
    return problem(
      "ambiguous",
      `what is searched in ${path} is there ${places} times${how}: ${JSON.stringify(first)}…; search for more lines`,
    );
  }
  return problem(
    "not_found",
    `what is searched is not in ${path}: ${JSON.stringify(first)}…; copy the lines exactly as they are`,
  );
}

/** A whole file's text with the line ends that it had. */
function inLineEndsOf(before: string, text: string): string {
  return before.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text;
}

function applyOne(
  before: string | null,
  edit: ProposedEdit,
  path: string,
  paths: readonly string[],
): Result<string, EditProblem> {
  const elided = elidedLine(before ?? "", edit.kind === "whole" ? edit.text : edit.replace);
  if (elided !== null) {
    return problem(
      "elided",
      `${path}: ${JSON.stringify(elided.trim().slice(0, 80))} stands for code that is left out; write all of it`,
    );
  }
  if (edit.kind === "whole") return success(inLineEndsOf(before ?? "", edit.text));
  if (before === null) {
    if (edit.search.trim() === "") return success(edit.replace);
    return problem("not_found", `there is no ${path} to replace something in.${didYouMean(path, paths)}`);
  }
  const replaced = replaceOnce(before, edit.search, edit.replace, edit.line);
  return replaced.ok ? success(replaced.value.text) : noPlace(path, edit.search, replaced.error);
}

interface Draft {
  readonly before: string | null;
  readonly after: string;
}

function take(drafts: Map<string, Draft>, edit: ProposedEdit, ground: EditGround): EditProblem | null {
  const path = editPath(edit.path, ground);
  if (!path.ok) return path.error;
  const known = drafts.get(path.value);
  const found = known?.before ?? ground.read(path.value);
  if (found !== null && typeof found !== "string")
    return { code: "path_refused", message: `${path.value} ${found.closed}` };
  if (found?.includes("\0")) return { code: "binary", message: `${path.value} is binary` };
  const after = applyOne(known?.after ?? found, edit, path.value, ground.paths);
  if (!after.ok) return after.error;
  if (after.value.includes("\0"))
    return { code: "binary", message: `the edit of ${path.value} has bytes that are no text` };
  if (after.value.length > EDIT_LIMITS.fileCharacters)
    return { code: "too_large", message: `${path.value} would be too large` };
  drafts.set(path.value, { before: found, after: after.value });
  return null;
}

/**
 * What proposed edits come to: the files with their texts before and after. All of them or none: one edit that leads out of the
 * project, has no place, more than one, or leaves code out refuses the whole answer.
 */
export function planEdits(
  edits: readonly ProposedEdit[],
  ground: EditGround,
): Result<readonly FileChange[], EditProblem> {
  const drafts = new Map<string, Draft>();
  for (const edit of edits) {
    const wrong = take(drafts, edit, ground);
    if (wrong !== null) return failure(wrong);
  }
  const changes = [...drafts]
    .map(([path, draft]) => ({ path, ...draft }))
    .filter(({ before, after }) => before !== after);
  const size = changes.reduce((sum, { after }) => sum + after.length, 0);
  if (changes.length > EDIT_LIMITS.files || size > EDIT_LIMITS.changedCharacters) {
    return problem("too_large", `${changes.length} files with ${size} characters are more than a repair may change`);
  }
  return changes.length === 0 ? problem("nothing_changed", "the edits change nothing") : success(changes);
}
