const DURATION_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

function parseUnit(text: string, units: Readonly<Record<string, number>>, pattern: RegExp): number | null {
  const match = pattern.exec(text);
  const factor = units[match?.[2] ?? ""];
  if (match === null || factor === undefined) return null;
  const value = Number(match[1]) * factor;
  return Number.isSafeInteger(value) ? value : null;
}

function formatUnit(value: number, units: Readonly<Record<string, number>>): string {
  const fitting = Object.entries(units).filter(([, factor]) => value >= factor && value % factor === 0);
  const [unit, factor] = fitting.at(-1) ?? Object.entries(units)[0] ?? ["", 1];
  return `${value / factor}${unit}`;
}

/** Milliseconds of a duration such as `500ms`, `10s`, `2m`, `1.5h` or `90d`; null when it is none. */
export function parseDuration(text: string): number | null {
  return parseUnit(text, DURATION_MS, /^(\d{1,15}(?:\.\d{1,3})?)(ms|s|m|h|d)$/);
}

/** The shortest text that {@link parseDuration} reads back as the same number of milliseconds. */
export function formatDuration(milliseconds: number): string {
  return formatUnit(milliseconds, DURATION_MS);
}

/** Bytes of a size such as `64MB`, `512KB` or `1GB` (1 KB is 1,024 bytes); null when it is none. */
export function parseSize(text: string): number | null {
  return parseUnit(text, SIZE_BYTES, /^(\d{1,15}(?:\.\d{1,3})?)(B|KB|MB|GB)$/);
}

/** The shortest text that {@link parseSize} reads back as the same number of bytes. */
export function formatSize(bytes: number): string {
  return formatUnit(bytes, SIZE_BYTES);
}
