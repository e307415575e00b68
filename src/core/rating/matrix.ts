/** A square matrix, row by row. */
export interface Matrix {
  readonly size: number;
  readonly values: Float64Array;
}

export function zeroMatrix(size: number): Matrix {
  return { size, values: new Float64Array(size * size) };
}

/** The lower factor L of `L·Lᵀ = matrix` (Cholesky); null where the matrix is not positive definite. */
function lowerFactor({ size, values }: Matrix): Float64Array | null {
  const lower = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = values[row * size + column] ?? 0;
      for (let inner = 0; inner < column; inner += 1)
        sum -= (lower[row * size + inner] ?? 0) * (lower[column * size + inner] ?? 0);
      if (row === column) {
        if (!(sum > 0)) return null;
        lower[row * size + row] = Math.sqrt(sum);
      } else lower[row * size + column] = sum / (lower[column * size + column] ?? 1);
    }
  }
  return lower;
}

/** Solves `L·Lᵀ·x = vector`. */
function solveFactored(lower: Float64Array, size: number, vector: Float64Array): Float64Array {
  const result = Float64Array.from(vector);
  for (let row = 0; row < size; row += 1) {
    let sum = result[row] ?? 0;
    for (let inner = 0; inner < row; inner += 1) sum -= (lower[row * size + inner] ?? 0) * (result[inner] ?? 0);
    result[row] = sum / (lower[row * size + row] ?? 1);
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    let sum = result[row] ?? 0;
    for (let inner = row + 1; inner < size; inner += 1) sum -= (lower[inner * size + row] ?? 0) * (result[inner] ?? 0);
    result[row] = sum / (lower[row * size + row] ?? 1);
  }
  return result;
}

/** Solves `matrix·x = vector` for a symmetric, positive definite matrix; null where it is not. */
export function solve(matrix: Matrix, vector: Float64Array): Float64Array | null {
  const lower = lowerFactor(matrix);
  return lower === null ? null : solveFactored(lower, matrix.size, vector);
}

/** The inverse of a symmetric, positive definite matrix; null where it is not. */
export function inverse(matrix: Matrix): Matrix | null {
  const { size } = matrix;
  const lower = lowerFactor(matrix);
  if (lower === null) return null;
  const values = new Float64Array(size * size);
  for (let column = 0; column < size; column += 1) {
    const unit = new Float64Array(size);
    unit[column] = 1;
    const solved = solveFactored(lower, size, unit);
    for (let row = 0; row < size; row += 1) values[row * size + column] = solved[row] ?? 0;
  }
  return { size, values };
}

/** `left·right`. */
export function multiply(left: Matrix, right: Matrix): Matrix {
  const { size } = left;
  const product = zeroMatrix(size);
  for (let row = 0; row < size; row += 1)
    for (let inner = 0; inner < size; inner += 1) {
      const factor = left.values[row * size + inner] ?? 0;
      if (factor === 0) continue;
      for (let column = 0; column < size; column += 1) {
        const at = row * size + column;
        product.values[at] = (product.values[at] ?? 0) + factor * (right.values[inner * size + column] ?? 0);
      }
    }
  return product;
}

/** Of a covariance: the variance of the difference of two of its variables. */
export function differenceVariance({ size, values }: Matrix, one: number, other: number): number {
  const at = (row: number, column: number): number => values[row * size + column] ?? 0;
  return Math.max(0, at(one, one) + at(other, other) - at(one, other) - at(other, one));
}
