import type { FilePatch } from "../patch.ts";

/** Fewer lines that say something are found again by chance. */
const LEAST_LINES = 3;

function tellingLines(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.trim()).filter((line) => /\w{2}/.test(line));
}

/** The telling lines of each hunk's side of a whole patch, to find blocks that only went elsewhere. */
export interface MoveIndex {
  /** Whether every telling line of a block was taken away, or put, elsewhere in the patch. */
  isMoved(lines: readonly string[], side: "added" | "removed"): boolean;
}

/** Reads a patch for {@link MoveIndex}. Each line counts as often as it was there. */
export function indexMoves(files: readonly FilePatch[]): MoveIndex {
  const counts = { added: new Map<string, number>(), removed: new Map<string, number>() };
  for (const { hunks } of files)
    for (const { lines } of hunks)
      for (const { kind, text } of lines) {
        if (kind !== "added" && kind !== "removed") continue;
        for (const line of tellingLines([text])) counts[kind].set(line, (counts[kind].get(line) ?? 0) + 1);
      }
  return {
    isMoved(lines, side) {
      const telling = tellingLines(lines);
      const other = counts[side === "added" ? "removed" : "added"];
      return telling.length >= LEAST_LINES && telling.every((line) => (other.get(line) ?? 0) > 0);
    },
  };
}
