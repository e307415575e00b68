/**
 * A patch as `git diff`, `git show`, `git log -p` and `diff -u` write it. Every line is kept as it came, with its line end
 * and its colours, so that writing it back gives the same bytes; beside it stands what the line says. Text is one character a
 * byte (Latin-1), since a patch may hold any bytes; {@link readableText} makes it readable.
 */

/** What became of a file. */
export type FileChange = "added" | "deleted" | "modified" | "renamed" | "copied" | "mode";

/** One line of a hunk. */
export interface HunkLine {
  readonly kind: "context" | "added" | "removed" | "no-newline";
  /** As it came. */
  readonly raw: string;
  /** Without marker, colours and line end. */
  readonly text: string;
}

export interface Hunk {
  /** `@@ -1,2 +3,4 @@ section`, as it came. */
  readonly header: string;
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  /** The words behind the ranges: mostly the function around. */
  readonly section: string;
  /** How many versions were merged; 1 for an ordinary diff. A merge's lines have that many markers. */
  readonly parents: number;
  readonly lines: readonly HunkLine[];
}

/** The changes of one file. */
export interface FilePatch {
  /** The lines before the first hunk, as they came. */
  readonly head: readonly string[];
  /** Null where the file was not there before. */
  readonly oldPath: string | null;
  /** Null where the file is gone. */
  readonly newPath: string | null;
  readonly change: FileChange;
  readonly oldMode: string | null;
  readonly newMode: string | null;
  /** In per cent; null unless renamed or copied. */
  readonly similarity: number | null;
  readonly isBinary: boolean;
  readonly hunks: readonly Hunk[];
}

/** What a patch consists of, in order: files, and text around them (commit messages, statistics). */
export type PatchItem =
  | { readonly kind: "text"; readonly lines: readonly string[] }
  | { readonly kind: "file"; readonly file: FilePatch };

/** The bytes of an item, as they came. */
export function emitItem(item: PatchItem): string {
  if (item.kind === "text") return item.lines.join("");
  const { head, hunks } = item.file;
  const written = hunks.map(({ header, lines }) => header + lines.map(({ raw }) => raw).join(""));
  return head.join("") + written.join("");
}

/** Latin-1 text of bytes as the characters they are in UTF-8; what is not UTF-8 stays as it is. */
export function readableText(latin1: string): string {
  if (!/[\u0080-\u00ff]/.test(latin1)) return latin1;
  const bytes = Uint8Array.from(latin1, (character) => character.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return latin1;
  }
}

/** How a file is called after the change, or was before where it is gone. */
export function pathOf({ newPath, oldPath }: Pick<FilePatch, "newPath" | "oldPath">): string {
  return newPath ?? oldPath ?? "";
}
