import { squeeze } from "./bars.ts";
import type { Colours, Environment } from "./terminal.ts";

/** How often something was tried in one stretch of time, and how often that failed. */
export interface StripCell {
  readonly attempts: number;
  readonly failed: number;
}

/** The least share that was answered for each sign, best first; then the sign of no answer at all, and of nothing tried. */
const SHARES = [0.999, 0.95, 0.75, Number.MIN_VALUE, 0] as const;
const SIGNS = { unicode: ["█", "▆", "▄", "▂", "✗", "·"], ascii: ["#", "+", "=", "-", "x", "."] } as const;

/** Whether a terminal shows more than ASCII, as its locale says; one that says nothing does. */
export function hasUnicode({ LC_ALL, LC_CTYPE, LANG, TERM }: Environment): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== "") ?? "UTF-8";
  return TERM !== "dumb" && /utf-?8/i.test(locale);
}

function sumOf(cells: readonly StripCell[]): StripCell {
  const sum = (pick: (cell: StripCell) => number): number => cells.reduce((total, cell) => total + pick(cell), 0);
  return { attempts: sum(({ attempts }) => attempts), failed: sum(({ failed }) => failed) };
}

function signOf({ attempts, failed }: StripCell, signs: readonly string[]): string {
  if (attempts === 0) return signs.at(-1) ?? "";
  const share = (attempts - failed) / attempts;
  return signs[SHARES.findIndex((least) => share >= least)] ?? "";
}

/** Availability over time in one row of at most `width` columns, a sign for each stretch; where nothing was tried, a dot. */
export function availabilityStrip(cells: readonly StripCell[], width: number, isUnicode: boolean): string {
  const signs = SIGNS[isUnicode ? "unicode" : "ascii"];
  return squeeze(cells, width, sumOf)
    .map((cell) => signOf(cell, signs))
    .join("");
}

/** Colours a strip: green where all was answered, red where little or nothing was, dim where nothing was tried. */
export function paintStrip(strip: string, style: Colours): string {
  const paints = [style.green, style.green, style.yellow, style.red, style.red, style.dim] as const;
  const known: readonly (readonly string[])[] = [SIGNS.unicode, SIGNS.ascii];
  return strip.replace(/(.)\1*/gu, (run, sign: string) => {
    const index = Math.max(...known.map((signs) => signs.indexOf(sign)));
    return paints[index]?.(run) ?? run;
  });
}

/** What the signs mean, in one line. */
export function stripLegend(isUnicode: boolean): string {
  const [all, most, many, few, none, nothing] = SIGNS[isUnicode ? "unicode" : "ascii"];
  return `${all} all answered  ${most} 95 %  ${many} 75 %  ${few} less  ${none} none  ${nothing} not asked`;
}
