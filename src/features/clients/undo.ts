import { failure, type Result, success } from "../../core/result.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import { type Cleaned, removeMarks } from "./edit.ts";
import { editProblem } from "./edit-problem.ts";
import { type FoundFile, fingerprint, readClientFile, removeFile, replaceFile, unwritable } from "./files.ts";
import { FORMATS } from "./formats/formats.ts";
import type { FileRecord, SetupRecord } from "./record.ts";

/** What a file is without Lodestar's part. */
export interface UndoneFile {
  readonly record: FileRecord;
  /** The text to be left; null where the file is to go. */
  readonly text: string | null;
  /** `restored`: byte for byte as before. `cleaned`: others changed it since, so only our part goes. `gone`: it is not there. */
  readonly how: "restored" | "cleaned" | "gone";
  /** Settings of ours that somebody changed since; they stay. */
  readonly kept: readonly string[];
}

function cleanedText(record: FileRecord, now: FoundFile): Result<Cleaned, CliProblem> {
  const cleaned = removeMarks(now.text, FORMATS[record.format], record.marks);
  return cleaned.ok ? cleaned : failure(editProblem(cleaned.error, record.path));
}

/** Works out what one file is without Lodestar's part; changes nothing. */
export function planUndoOf(record: FileRecord): Result<UndoneFile, CliProblem> {
  const found = readClientFile(record.path);
  if (!found.ok) return found;
  if (found.value === null) return success({ record, text: null, how: "gone", kept: [] });
  const isUntouched = fingerprint(found.value.text) === record.written;
  if (isUntouched || found.value.text === record.original) {
    return success({ record, text: record.original, how: "restored", kept: [] });
  }
  const cleaned = cleanedText(record, found.value);
  return cleaned.ok ? success({ record, how: "cleaned", ...cleaned.value }) : cleaned;
}

/** Works out the undoing of a whole set-up; nothing is changed, and one file that cannot be undone stops it all. */
export function planUndo(record: SetupRecord): Result<readonly UndoneFile[], CliProblem> {
  const files: UndoneFile[] = [];
  for (const file of record.files) {
    const undone = planUndoOf(file);
    if (!undone.ok) return undone;
    files.push(undone.value);
  }
  return success(files);
}

/**
 * Writes what {@link planUndo} worked out, the file that was written last first: a folder was made for the first that lies
 * in it. Files that were made by setup go, with their folders where those are empty.
 */
export function carryOutUndo(files: readonly UndoneFile[]): CliProblem | null {
  for (const { record, text, how } of files.toReversed()) {
    if (how === "gone") continue;
    try {
      if (text === null) removeFile(record.path, record.folders);
      else replaceFile(record.path, text, record.mode);
    } catch (error) {
      return unwritable(record.path, error);
    }
  }
  return null;
}
