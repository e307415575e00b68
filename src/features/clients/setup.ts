import { failure, type Result, success } from "../../core/result.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import type { ClientFile } from "./client.ts";
import { type Edited, writeEntries } from "./edit.ts";
import { editProblem } from "./edit-problem.ts";
import { fingerprint, makeFolders, readClientFile, removeFile, replaceFile, unwritable } from "./files.ts";
import { FORMATS } from "./formats/formats.ts";
import { type FileRecord, removeRecord, type SetupRecord, writeRecord } from "./record.ts";
import { carryOutUndo, planUndoOf, type UndoneFile } from "./undo.ts";

/** One file of a set-up, worked out. */
export interface PlannedFile {
  readonly path: string;
  /** As it is now; null where there is none. */
  readonly now: string | null;
  readonly text: string;
  readonly mode: number;
  readonly record: Omit<FileRecord, "folders">;
  /** Folders that an earlier set-up made. */
  readonly folders: readonly string[];
}

/** A set-up, worked out. */
export interface SetupPlan {
  readonly files: readonly PlannedFile[];
  /** Files of an earlier set-up that this one does not write: they are left without our part. */
  readonly leftovers: readonly UndoneFile[];
  readonly earlier: SetupRecord | null;
}

interface Base {
  readonly now: string | null;
  /** The file without what an earlier set-up wrote. */
  readonly original: string | null;
  readonly mode: number;
  readonly folders: readonly string[];
}

/** A file as it would be without any earlier set-up, so that setting up twice is setting up once. */
function baseOf(file: ClientFile, earlier: FileRecord | undefined): Result<Base, CliProblem> {
  const found = readClientFile(file.path);
  if (!found.ok) return found;
  const now = found.value?.text ?? null;
  const mode = found.value?.mode ?? (file.isSecret ? 0o600 : 0o644);
  if (earlier === undefined) return success({ now, original: now, mode, folders: [] });
  const undone = planUndoOf(earlier);
  if (!undone.ok) return undone;
  return success({ now, original: undone.value.text, mode: earlier.mode, folders: earlier.folders });
}

function planFile(file: ClientFile, earlier: FileRecord | undefined): Result<PlannedFile, CliProblem> {
  const base = baseOf(file, earlier);
  if (!base.ok) return base;
  const { now, original, mode, folders } = base.value;
  const edited: Result<Edited, CliProblem> = writeText(file, original ?? "");
  if (!edited.ok) return edited;
  const { text, marks } = edited.value;
  const { path, format } = file;
  const record = { path, format, original, mode, written: fingerprint(text), marks };
  return success({ path, now, text, mode: file.isSecret ? mode & 0o600 : mode, record, folders });
}

function writeText(file: ClientFile, text: string): Result<Edited, CliProblem> {
  const edited = writeEntries(text, FORMATS[file.format], file.entries);
  return edited.ok ? edited : failure(editProblem(edited.error, file.path));
}

/** Works out every file of a set-up; changes nothing. A file that cannot be changed stops it all. */
export function planSetup(files: readonly ClientFile[], earlier: SetupRecord | null): Result<SetupPlan, CliProblem> {
  const planned: PlannedFile[] = [];
  const before = earlier?.files ?? [];
  for (const file of files) {
    const plan = planFile(
      file,
      before.find(({ path }) => path === file.path),
    );
    if (!plan.ok) return plan;
    planned.push(plan.value);
  }
  const leftovers: UndoneFile[] = [];
  for (const record of before.filter(({ path }) => !files.some((file) => file.path === path))) {
    const undone = planUndoOf(record);
    if (!undone.ok) return undone;
    leftovers.push(undone.value);
  }
  return success({ files: planned, leftovers, earlier });
}

/** Whether every file says already what it should. */
export function isSettled({ files, leftovers }: SetupPlan): boolean {
  return leftovers.length === 0 && files.every(({ now, text }) => now === text);
}

/** Puts the files that were written back as they were before this run, and the record too. */
function takeBack(plan: SetupPlan, made: readonly (readonly string[])[], path: string): void {
  for (const [index, folders] of [...made.entries()].toReversed()) {
    const file = plan.files[index];
    if (file === undefined) continue;
    if (file.now === null) removeFile(file.path, folders);
    else replaceFile(file.path, file.now, file.record.mode);
  }
  if (plan.earlier === null) removeRecord(path);
  else writeRecord(path, plan.earlier);
}

/**
 * Writes what {@link planSetup} worked out: the record first, so that a crash between two files can be undone, then
 * each file whole. When one cannot be written, those before it are put back.
 */
export function carryOutSetup(plan: SetupPlan, record: Omit<SetupRecord, "files">, path: string): CliProblem | null {
  const made: (readonly string[])[] = [];
  const store = (): void => {
    const files = plan.files.map((file, index) => ({
      ...file.record,
      folders: [...file.folders, ...(made[index] ?? [])],
    }));
    writeRecord(path, { ...record, files });
  };
  let current = path;
  try {
    store();
    for (const file of plan.files) {
      current = file.path;
      made.push(makeFolders(file.path));
      replaceFile(file.path, file.text, file.mode);
    }
    current = path;
    store();
    return carryOutUndo(plan.leftovers);
  } catch (error) {
    takeBack(plan, made, path);
    return unwritable(current, error);
  }
}
