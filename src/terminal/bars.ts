const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const HEIGHTS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** A bar of `width` columns, filled to an eighth of a column; more than 1 fills it. */
export function horizontalBar(share: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * width * 8);
  const full = Math.floor(eighths / 8);
  const part = EIGHTHS[eighths % 8] ?? "";
  const filled = "█".repeat(full) + part;
  return filled + "░".repeat(width - full - (part === "" ? 0 : 1));
}

/** The same values in at most `width`: as many neighbours together as it takes, the last ones whole. */
export function squeeze<Value>(
  values: readonly Value[],
  width: number,
  together: (part: readonly Value[]) => Value,
): readonly Value[] {
  const each = Math.max(1, Math.ceil(values.length / Math.max(1, width)));
  const squeezed: Value[] = [];
  for (let end = values.length; end > 0; end -= each) {
    squeezed.unshift(together(values.slice(Math.max(0, end - each), end)));
  }
  return squeezed;
}

/** Values over time in one row of at most `width` columns; the highest fills its column, and what is not 0 is seen. */
export function sparkline(values: readonly number[], width: number): string {
  if (width < 1) return "";
  const sums = squeeze(values, width, (part) => part.reduce((sum, value) => sum + value, 0));
  const most = Math.max(0, ...sums);
  return sums
    .map((value) => (value <= 0 ? " " : (HEIGHTS[Math.min(7, Math.floor((value / most) * 7.999))] ?? "")))
    .join("");
}

/** Values against a fixed height in one row, a column each: what is not told is a gap, and 0 is the lowest mark. */
export function levels(values: readonly (number | null)[], most: number): string {
  const level = (value: number): string => HEIGHTS[Math.max(0, Math.min(7, Math.floor((value / most) * 7.999)))] ?? "";
  return values.map((value) => (value === null || most <= 0 ? " " : level(value))).join("");
}
