import type { JsonValue } from "../../../core/json.ts";
import type { Result } from "../../../core/result.ts";
import type { Path } from "../tree.ts";

/** The kinds of files that clients keep their settings in. */
export type FormatName = "jsonc" | "toml" | "yaml" | "dotenv";

/** Why a text is not what it should be. Lines and columns from 1; the column is null where nobody knows. */
export interface Broken {
  readonly line: number;
  readonly column: number | null;
  readonly message: string;
}

/**
 * A way to change one thing in a text and leave every other byte as it is. The paths given to `set` and `remove` are
 * those that the parsed value has; null means that this text cannot be changed so.
 */
export interface Format {
  /** A document with nothing in it; `list` when a list shall stand in it. */
  empty(isList: boolean): string;
  parse(text: string): Result<JsonValue, Broken>;
  set(text: string, path: Path, value: JsonValue): string | null;
  remove(text: string, path: Path): string | null;
}

/** The line end a text uses: that of its first line. */
export function lineEndOf(text: string): "\n" | "\r\n" {
  const at = text.indexOf("\n");
  return at > 0 && text[at - 1] === "\r" ? "\r\n" : "\n";
}

/** Line and column, from 1, of an offset. */
export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** `text` with the part from `start` to `end` replaced. */
export function splice(text: string, start: number, end: number, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}
