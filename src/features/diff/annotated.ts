import { type AnnotatedFile, annotatePatch } from "../../core/diff/annotate/annotate.ts";
import type { ShownFile, ShownHunk } from "./render.ts";
import { patchBatches } from "./stream.ts";
import { lineCounts } from "./words-of-hunk.ts";

/** Adds what a model says, or nothing, to annotated files; in their order. */
export type Reviewer = (files: readonly AnnotatedFile[]) => Promise<readonly ShownFile[]>;

/** A file with its hunks, and no notes. */
export function withoutNotes({ file, annotations }: AnnotatedFile): ShownFile {
  const hunks = file.hunks.flatMap((hunk, index): readonly ShownHunk[] => {
    const annotation = annotations[index];
    return annotation === undefined ? [] : [{ hunk, annotation, notes: [] }];
  });
  return { file, hunks };
}

/** The reviewer that asks nobody. */
export const rulesAlone: Reviewer = async (files) => files.map(withoutNotes);

/** What comes out of a patch, with what is said of it. */
export type AnnotatedBatch =
  | { readonly kind: "text"; readonly lines: readonly string[] }
  | { readonly kind: "files"; readonly files: readonly ShownFile[] };

/** What a patch comes to, as far as it was read. */
export interface Tally {
  files: number;
  hunks: number;
  added: number;
  removed: number;
  /** The riskiest hunk. */
  worst: { readonly file: ShownFile; readonly hunk: ShownHunk } | null;
}

function count(tally: Tally, file: ShownFile): void {
  const { added, removed } = lineCounts(file.file);
  tally.files += 1;
  tally.hunks += file.hunks.length;
  tally.added += added;
  tally.removed += removed;
  for (const hunk of file.hunks) {
    if (tally.worst === null || hunk.annotation.risk > tally.worst.hunk.annotation.risk) tally.worst = { file, hunk };
  }
}

/** A tally of nothing yet. */
export function createTally(): Tally {
  return { files: 0, hunks: 0, added: 0, removed: 0, worst: null };
}

/** Reads a patch as it comes, says of each hunk what it is, and counts. */
export async function* annotateStream(
  bytes: AsyncIterable<Uint8Array>,
  review: Reviewer,
  tally: Tally,
): AsyncGenerator<AnnotatedBatch> {
  for await (const batch of patchBatches(bytes)) {
    if (batch.kind === "text") {
      yield batch;
      continue;
    }
    const files = await review(annotatePatch(batch.files));
    for (const file of files) count(tally, file);
    yield { kind: "files", files };
  }
}
