import { type SparseRow, scaleToUnit } from "./sparse.ts";

/** Reads the pieces of a text that count, repeated ones as often as they occur. */
export type PieceReader = (text: string) => readonly string[];

/** Texts as rows of length 1, by the pieces that some texts had. */
export interface TextSpace {
  readonly width: number;
  /** Pieces that the texts did not have are left out; a text of nothing else is an empty row. */
  place(text: string): SparseRow;
}

interface Piece {
  readonly column: number;
  readonly rarity: number;
}

function countTexts(read: PieceReader, texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const piece of new Set(read(text))) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  return counts;
}

function countPieces(pieces: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const piece of pieces) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  return counts;
}

/** One reader's part of a row, of length 1. */
function placePart(pieces: readonly string[], known: ReadonlyMap<string, Piece>): SparseRow {
  const columns: number[] = [];
  const values: number[] = [];
  for (const [text, count] of countPieces(pieces)) {
    const piece = known.get(text);
    if (piece === undefined) continue;
    columns.push(piece.column);
    values.push((1 + Math.log(count)) * piece.rarity);
  }
  return scaleToUnit({ columns: Uint32Array.from(columns), values: Float32Array.from(values) });
}

/** A row of the parts side by side; the columns of one part stand in the order of its text. */
function joinParts(parts: readonly SparseRow[]): SparseRow {
  const columns = new Uint32Array(parts.reduce((sum, part) => sum + part.columns.length, 0));
  const values = new Float32Array(columns.length);
  let used = 0;
  for (const part of parts) {
    columns.set(part.columns, used);
    values.set(part.values, used);
    used += part.columns.length;
  }
  return scaleToUnit({ columns, values });
}

/**
 * The space of some texts: a column for each piece that at least `leastTexts` of them have, by (1 + ln count) times smoothed tf-idf rarity; every
 * reader's part has the same length, so that none outweighs another by the number of its pieces.
 */
export function createTextSpace(readers: readonly PieceReader[], texts: readonly string[], leastTexts = 1): TextSpace {
  let width = 0;
  const known = readers.map((read) => {
    const pieces = new Map<string, Piece>();
    for (const [piece, count] of countTexts(read, texts)) {
      if (count < leastTexts) continue;
      pieces.set(piece, { column: width++, rarity: Math.log((1 + texts.length) / (1 + count)) + 1 });
    }
    return pieces;
  });
  return {
    width,
    place: (text) => joinParts(readers.map((read, at) => placePart(read(text), known[at] ?? new Map()))),
  };
}
