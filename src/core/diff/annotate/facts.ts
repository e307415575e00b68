import { type FilePatch, type Hunk, pathOf, readableText } from "../patch.ts";
import type { HunkFacts } from "./finding.ts";
import { languageOf } from "./language.ts";
import { kindOfPath } from "./path-kind.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** A hunk with more text than this is read by its lines alone. Characters. */
const MOST_TOKEN_CHARS = 200_000;

/** What finders look at, of one hunk of a file. */
export function factsOf(file: FilePatch, hunk: Hunk): HunkFacts {
  const path = readableText(pathOf(file));
  const language = languageOf(path);
  const side = (kind: "added" | "removed"): readonly string[] =>
    hunk.lines.filter((line) => line.kind === kind).map(({ text }) => text);
  const read = (lines: readonly string[]): readonly Token[] => {
    const text = lines.join("\n");
    return text.length > MOST_TOKEN_CHARS ? [] : tokensOf(text, language);
  };
  const code = (tokens: readonly Token[]): readonly Token[] => tokens.filter(({ kind }) => kind !== "comment");
  const removed = side("removed");
  const added = side("added");
  // What is only there or only gone has nothing to be compared with.
  const isCompared = removed.length > 0 && added.length > 0;
  const [allRemoved, allAdded] = isCompared ? [read(removed), read(added)] : [[], []];
  return {
    path,
    kind: kindOfPath(path),
    language,
    file,
    hunk,
    removed,
    added,
    allRemoved,
    allAdded,
    removedTokens: code(allRemoved),
    addedTokens: code(allAdded),
  };
}
