import { formatUsd, type NanoUsd } from "../core/money.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration in two units at most: `340 ms`, `1.2 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  const rounded = Math.max(0, Math.round(milliseconds));
  if (rounded < SECOND) return `${rounded} ms`;
  if (rounded < 59_950) return `${(rounded / SECOND).toFixed(1)} s`;
  const seconds = Math.round(rounded / SECOND);
  if (seconds < HOUR / SECOND) return pair(seconds, 60, "min", "s");
  const minutes = Math.round(rounded / MINUTE);
  if (minutes < DAY / MINUTE) return pair(minutes, 60, "h", "min");
  return pair(Math.round(rounded / HOUR), 24, "d", "h");
}

function pair(amount: number, base: number, big: string, small: string): string {
  const rest = amount % base;
  return rest === 0 ? `${Math.floor(amount / base)} ${big}` : `${Math.floor(amount / base)} ${big} ${rest} ${small}`;
}

/** Money for people; `unknown` where there is no price: never a silent 0. */
export function formatCost(nano: NanoUsd | null): string {
  return nano === null ? "unknown" : formatUsd(nano);
}

/** A sum of money for people; rows without a price make it `unknown`, or a lower bound, so that it never hides what it leaves out. */
export function formatSum(sum: { readonly costNanoUsd: NanoUsd; readonly unpriced: number }): string {
  const { costNanoUsd, unpriced } = sum;
  if (unpriced === 0) return formatUsd(costNanoUsd);
  return costNanoUsd === 0 ? "unknown" : `≥ ${formatUsd(costNanoUsd)}`;
}

/** A whole number with thin groups: `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** Bytes in binary units: `512 B`, `1.5 KiB`, `2.0 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${bytes} B` : `${amount.toFixed(1)} ${units[unit] ?? ""}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** A moment (Unix ms) in local time: `14:03:09` today, `2026-11-22 14:03:09` on any other day. */
export function formatTime(at: number, now: number): string {
  const date = new Date(at);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return formatDay(at) === formatDay(now) ? clock : `${formatDay(at)} ${clock}`;
}

/** The local day of a moment: `2026-11-22`. */
export function formatDay(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `1 request`, `2 requests`. */
export function formatPlural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
