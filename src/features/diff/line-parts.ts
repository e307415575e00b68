import type { Highlighter, ScopedText } from "./highlight.ts";
import type { LineParts } from "./paint.ts";
import type { ShownLine, ShownRows } from "./rows.ts";
import type { WordSpan } from "./words.ts";

/** What each line of a hunk is made of. */
export type PartsOf = (line: ShownLine) => LineParts;

/**
 * Finds what the lines of a hunk are made of: the words that changed, and what the pieces are to the language. Lines that are
 * there after the change are read as one program; those that are gone are shown in one colour anyway.
 */
export async function partsOfLines(
  { lines, rows }: ShownRows,
  path: string,
  { hasColour, highlighter }: { readonly hasColour: boolean; readonly highlighter: Highlighter },
): Promise<PartsOf> {
  const spans = new Map<ShownLine, readonly WordSpan[]>();
  for (const { old, new: after, words } of rows) {
    if (words === null || old === null || after === null) continue;
    spans.set(old, words.removed);
    spans.set(after, words.added);
  }
  const kept = lines.filter(({ kind }) => kind !== "removed");
  const texts = kept.map(({ text }) => text);
  const found = hasColour && texts.length > 0 ? await highlighter.highlight(path, texts) : null;
  const scopes = new Map<ShownLine, readonly ScopedText[]>();
  for (const [index, line] of kept.entries()) {
    const pieces = found?.[index];
    if (pieces !== undefined) scopes.set(line, pieces);
  }
  return (line) => ({ line, scoped: scopes.get(line) ?? null, spans: spans.get(line) ?? null });
}
