import { createPatchParser } from "../../core/diff/parse.ts";
import type { FilePatch } from "../../core/diff/patch.ts";

/** What comes out of a patch, in order: text around files as lines, or files that belong together (those of a commit). */
export type PatchBatch =
  | { readonly kind: "text"; readonly lines: readonly string[] }
  | { readonly kind: "files"; readonly files: readonly FilePatch[] };

/** Files with more than this are handed on before their commit is whole. Characters. */
const MOST_BATCH_CHARS = 4_000_000;

function sizeOf(files: readonly FilePatch[]): number {
  const lines = files.flatMap(({ hunks }) => hunks).flatMap((hunk) => hunk.lines);
  return lines.reduce((sum, { raw }) => sum + raw.length, 0);
}

/** Lines with their ends, one character a byte, of bytes as they come. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  let rest: string[] = [];
  for await (const chunk of bytes) {
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    const end = text.lastIndexOf("\n");
    if (end < 0) {
      rest.push(text);
      continue;
    }
    const whole = rest.join("") + text.slice(0, end + 1);
    rest = [text.slice(end + 1)];
    yield whole.match(/[^\n]*\n/g) ?? [];
  }
  const last = rest.join("");
  if (last !== "") yield [last];
}

/** Reads a patch as it comes. Takes the memory of its largest commit, or of its largest file where that is more than a few megabytes. */
export async function* patchBatches(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<PatchBatch> {
  const parser = createPatchParser();
  let files: FilePatch[] = [];
  let size = 0;
  function* put(items: ReturnType<typeof parser.take>): Generator<PatchBatch> {
    for (const item of items) {
      if (item.kind === "file") {
        files.push(item.file);
        size += sizeOf([item.file]);
      }
      if (files.length > 0 && (item.kind === "text" || size > MOST_BATCH_CHARS)) {
        yield { kind: "files", files };
        files = [];
        size = 0;
      }
      if (item.kind === "text") yield { kind: "text", lines: item.lines };
    }
  }
  for await (const lines of linesOf(bytes)) for (const line of lines) yield* put(parser.take(line));
  yield* put(parser.end());
  if (files.length > 0) yield { kind: "files", files };
}
