/** One example as the columns that are not zero, ascending, each once. */
export interface SparseRow {
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

/** Examples of equal width. */
export interface SparseMatrix {
  readonly rows: readonly SparseRow[];
  readonly width: number;
}

/**
 * How often each hash is there, as 1 + ln(count), folded into 2^`bits` columns.
 * Two n-grams in one column add up: the hashing trick (Weinberger et al. 2009, https://arxiv.org/abs/0902.2206) without signs.
 */
export function foldHashes(hashes: Uint32Array, bits: number): SparseRow {
  const columns = new Uint32Array(hashes.length);
  const shift = 32 - bits;
  for (let index = 0; index < hashes.length; index++) columns[index] = (hashes[index] ?? 0) >>> shift;
  columns.sort();
  const values = new Float32Array(columns.length);
  let used = 0;
  for (let index = 0; index < columns.length; ) {
    const column = columns[index] ?? 0;
    let end = index + 1;
    while (end < columns.length && columns[end] === column) end++;
    columns[used] = column;
    values[used++] = 1 + Math.log(end - index);
    index = end;
  }
  return { columns: columns.slice(0, used), values: values.slice(0, used) };
}

/** How rare each column is: ln((1 + n) / (1 + rows with it)) + 1, as in smoothed tf-idf. */
export function rarity({ rows, width }: SparseMatrix): Float32Array {
  const counts = new Float32Array(width);
  for (const { columns } of rows) {
    for (const column of columns) counts[column] = (counts[column] ?? 0) + 1;
  }
  return counts.map((count) => Math.log((1 + rows.length) / (1 + count)) + 1);
}

/** Writes the row times a factor by column, then brought to length 1, into `values`; a row without columns stays so. */
function writeUnit(row: SparseRow, factors: Float32Array | null, values: Float32Array): SparseRow {
  let squares = 0;
  for (let index = 0; index < values.length; index++) {
    const factor = factors === null ? 1 : (factors[row.columns[index] ?? 0] ?? 0);
    const value = (row.values[index] ?? 0) * factor;
    values[index] = value;
    squares += value * value;
  }
  const scale = squares === 0 ? 1 : 1 / Math.sqrt(squares);
  for (let index = 0; index < values.length; index++) values[index] = (values[index] ?? 0) * scale;
  return { columns: row.columns, values };
}

/** The row times a factor by column, then of length 1; a row without columns stays so. */
export function scaleToUnit(row: SparseRow, factors: Float32Array | null = null): SparseRow {
  return writeUnit(row, factors, new Float32Array(row.values.length));
}

/** Every row as {@link scaleToUnit} gives it, all in one piece of memory: many small pieces are let go of late. */
export function scaleAllToUnit(rows: readonly SparseRow[], factors: Float32Array): readonly SparseRow[] {
  const room = new Float32Array(rows.reduce((sum, { values }) => sum + values.length, 0));
  let start = 0;
  return rows.map((row) => {
    const values = room.subarray(start, start + row.values.length);
    start += row.values.length;
    return writeUnit(row, factors, values);
  });
}

/** The sum of products of a row and weights by column. */
export function dotRow({ columns, values }: SparseRow, weights: Float32Array | Float64Array): number {
  let sum = 0;
  for (let index = 0; index < columns.length; index++) {
    sum += (values[index] ?? 0) * (weights[columns[index] ?? 0] ?? 0);
  }
  return sum;
}
