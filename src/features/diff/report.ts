import type { Intent } from "../../core/diff/annotate/annotate.ts";
import type { Finding } from "../../core/diff/annotate/finding.ts";
import type { Note } from "../../core/diff/note.ts";
import { type FileChange, pathOf, readableText } from "../../core/diff/patch.ts";
import { digestOf } from "../../host/digest.ts";
import type { ShownFile } from "./render.ts";
import { lineCounts } from "./words-of-hunk.ts";

/** What is said of a hunk, for programs. */
export interface HunkReport {
  /** Path after the change, or before where the file is gone. */
  readonly file: string;
  readonly range: {
    readonly oldStart: number;
    readonly oldLines: number;
    readonly newStart: number;
    readonly newLines: number;
  };
  /** What the hunk stands in, as git tells: mostly a function. */
  readonly section: string;
  readonly kind: Intent;
  /** 0 to 100. */
  readonly risk: number;
  readonly reasons: readonly Finding[];
  readonly notes: readonly Note[];
  /** SHA-256 of path and lines, in hex: the same for the same change wherever it moved to. */
  readonly fingerprint: string;
}

/** What became of a file. */
export interface FileReport {
  readonly file: string;
  /** Null where the file was not there before. */
  readonly oldFile: string | null;
  readonly change: FileChange;
  readonly isBinary: boolean;
  readonly oldMode: string | null;
  readonly newMode: string | null;
  readonly added: number;
  readonly removed: number;
}

/** What is said of a patch. */
export interface PatchReport {
  readonly files: readonly FileReport[];
  readonly hunks: readonly HunkReport[];
}

/** Names a hunk by what it changes; its line numbers do not count. */
export function fingerprintOf(
  path: string,
  lines: readonly { readonly kind: string; readonly text: string }[],
): string {
  return digestOf([path, ...lines.map(({ kind, text }) => `${kind[0]}${text}`)].join("\n"));
}

/** What is said of the files of a patch, and of each of their hunks. */
export function reportOf(shown: readonly ShownFile[]): PatchReport {
  const files = shown.map(({ file }) => ({
    file: readableText(pathOf(file)),
    oldFile: file.oldPath === null ? null : readableText(file.oldPath),
    change: file.change,
    isBinary: file.isBinary,
    oldMode: file.oldMode,
    newMode: file.newMode,
    ...lineCounts(file),
  }));
  const hunks = shown.flatMap(({ file, hunks: of }) =>
    of.map(({ hunk, annotation, notes }): HunkReport => {
      const path = readableText(pathOf(file));
      const { oldStart, oldCount, newStart, newCount, section, lines } = hunk;
      return {
        file: path,
        range: { oldStart, oldLines: oldCount, newStart, newLines: newCount },
        section: readableText(section),
        kind: annotation.intent,
        risk: annotation.risk,
        reasons: annotation.findings,
        notes,
        fingerprint: fingerprintOf(path, lines),
      };
    }),
  );
  return { files, hunks };
}
