/** A cell of a table: text is guarded, numbers stay as they are, null is empty. */
export type CsvCell = string | number | null;

/**
 * A field by RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection);
 * `|` and `%` begin commands in old ones.
 */
function csvField(cell: CsvCell): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  const safe = /^[=+\-@|%\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One record with its line end, by RFC 4180 (CRLF). */
export function csvRecord(cells: readonly CsvCell[]): string {
  return `${cells.map(csvField).join(",")}\r\n`;
}
