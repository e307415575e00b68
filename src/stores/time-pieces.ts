/** Milliseconds of an hour. */
export const HOUR_MS = 3_600_000;
/** Milliseconds of a UTC day. */
export const DAY_MS = 86_400_000;
/** The end of a span that has none. */
export const END_OF_TIME = Number.MAX_SAFE_INTEGER;

/** The UTC midnight at or before a moment. */
export function midnightBefore(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}

/** Part of a span and what answers it: daily sums, hourly sums, or the rows themselves. Unix ms, `to` exclusive. */
export interface TimePiece {
  readonly unit: "day" | "hour" | "row";
  readonly from: number;
  readonly to: number;
}

/** Where a start counts that lies in pruned time: of a day without its hours, noon stands for all. */
export function keptMoment(startedAt: number, prunedBefore: number): number {
  return startedAt < prunedBefore ? midnightBefore(startedAt) + DAY_MS / 2 : startedAt;
}

function ceilTo(unitMs: number, at: number): number {
  return Math.ceil(at / unitMs) * unitMs;
}

/** An open end needs no finer piece than days. */
function floorTo(unitMs: number, at: number): number {
  return at === END_OF_TIME ? at : Math.floor(at / unitMs) * unitMs;
}

/** Whole units from the middle of a span, and what is left on both sides of them. */
function cut(unitMs: number, from: number, to: number): { start: number; end: number } | null {
  const start = ceilTo(unitMs, from);
  const end = floorTo(unitMs, to);
  return start < end ? { start, end } : null;
}

/** Hours with the rows at their edges. */
function hourPieces(from: number, to: number): readonly TimePiece[] {
  const hours = cut(HOUR_MS, from, to);
  if (hours === null) return [{ unit: "row", from, to }];
  return [
    { unit: "row", from, to: hours.start },
    { unit: "hour", from: hours.start, to: hours.end },
    { unit: "row", from: hours.end, to },
  ];
}

/**
 * Cuts `[from, to)` into as few rows as can be: whole UTC days, then whole hours, then rows. Before `prunedBefore` (a UTC
 * midnight) only days are left; each counts where its noon lies, so that neighbouring spans share no day and miss none.
 */
export function timePieces(from: number, to: number, prunedBefore: number): readonly TimePiece[] {
  const oldFrom = ceilTo(DAY_MS, from - DAY_MS / 2);
  const oldTo = Math.min(prunedBefore, ceilTo(DAY_MS, Math.min(to, prunedBefore) - DAY_MS / 2));
  const start = Math.max(from, prunedBefore);
  const days = cut(DAY_MS, start, to);
  const pieces: readonly TimePiece[] =
    days === null
      ? hourPieces(start, to)
      : [
          ...hourPieces(start, days.start),
          { unit: "day", from: days.start, to: days.end },
          ...hourPieces(days.end, to),
        ];
  return [{ unit: "day" as const, from: oldFrom, to: oldTo }, ...pieces].filter((piece) => piece.from < piece.to);
}
