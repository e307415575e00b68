import { type Annotation, annotatePatch } from "../../core/diff/annotate/annotate.ts";
import { type FilePatch, type Hunk, pathOf, readableText } from "../../core/diff/patch.ts";
import { partsOfLines } from "./line-parts.ts";
import { paintLine } from "./paint.ts";
import type { View } from "./render.ts";
import { rowsOf } from "./rows.ts";
import { patchBatches } from "./stream.ts";
import { hunkVerdict } from "./words-of-hunk.ts";

const MARKS = { context: " ", removed: "-", added: "+" } as const;

function asBytes(latin1: string): Uint8Array {
  return Buffer.from(latin1, "latin1");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours that git writes.
const COLOURS = /\u001b\[[0-9;:]*[A-Za-z]/g;

function endOf(raw: string): string {
  return raw.endsWith("\n") ? "\n" : "";
}

async function* filterHunk(
  { header, lines, ...hunk }: Hunk,
  annotation: Annotation,
  path: string,
  view: Pick<View, "style" | "hasColour" | "highlighter" | "allowance">,
): AsyncGenerator<Uint8Array> {
  const { style } = view;
  // Git finds the ranges in the line again, so they stay as they are and together.
  const plain = readableText(header.replace(COLOURS, "").replace(/\r?\n$/, ""));
  yield Buffer.from(`${style.cyan(plain)} ${hunkVerdict(annotation, style)}${endOf(header)}`);
  const rows = rowsOf({ header, lines, ...hunk }, view.allowance);
  const parts = await partsOfLines(rows, path, view);
  let index = 0;
  for (const line of lines) {
    const shown = line.kind === "no-newline" ? undefined : rows.lines[index++];
    if (shown === undefined) {
      yield asBytes(line.raw);
      continue;
    }
    const markers = hunk.parents === 1 ? MARKS[shown.kind] : line.raw.replace(COLOURS, "").slice(0, hunk.parents);
    const mark = { context: markers, removed: style.red(markers), added: style.green(markers) }[shown.kind];
    yield Buffer.from(`${mark}${paintLine(parts(shown), style)}${endOf(line.raw)}`);
  }
}

async function* filterFile(
  file: FilePatch,
  annotations: readonly Annotation[],
  view: Parameters<typeof filterHunk>[3],
): AsyncGenerator<Uint8Array> {
  for (const raw of file.head) yield asBytes(raw);
  const path = readableText(pathOf(file));
  for (const [index, hunk] of file.hunks.entries()) {
    const annotation = annotations[index];
    if (annotation !== undefined) yield* filterHunk(hunk, annotation, path, view);
  }
}

/**
 * A patch with exactly one line for each of its lines, as git asks of `interactive.diffFilter`: words and languages in colour,
 * each hunk's head with what is said of it. What is no patch comes back as it is.
 */
export async function* filterPatch(
  bytes: AsyncIterable<Uint8Array>,
  view: Parameters<typeof filterHunk>[3],
): AsyncGenerator<Uint8Array> {
  for await (const batch of patchBatches(bytes)) {
    if (batch.kind === "text") {
      for (const raw of batch.lines) yield asBytes(raw);
      continue;
    }
    for (const { file, annotations } of annotatePatch(batch.files)) yield* filterFile(file, annotations, view);
  }
}
