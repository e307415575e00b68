import { addDays, dayIn, firstOfMonth, startOfDay } from "./day.ts";
import type { CostGroup, Totals } from "./ledger.ts";
import type { NanoUsd } from "./money.ts";
import { failure, type Result, success } from "./result.ts";
import { type Savings, savingsOf } from "./savings.ts";
import { addTotals, NO_TOTALS } from "./totals.ts";

/** What a report is about: whole days of a time zone, `from` inclusive, `to` exclusive, in Unix ms. */
export interface ReportSpan {
  /** `2026-10`, or `2026-10-01 to 2026-10-15`. */
  readonly title: string;
  readonly timeZone: string;
  readonly from: number;
  readonly to: number;
}

/** A day or a month of a report. */
export interface ReportStep {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The sums of one day or month. */
export interface ReportDay {
  readonly name: string;
  readonly totals: Totals;
  /** Cost by `provider/model`, dearest first. */
  readonly models: readonly { readonly name: string; readonly costNanoUsd: NanoUsd }[];
}

/** One report, however it is shown; `costs report --format json` prints it. Every sum follows from `days`. */
export interface Report {
  readonly span: ReportSpan;
  /** `future`: it has not begun; `running`: it is not over yet. */
  readonly progress: "complete" | "running" | "future";
  /** Unix ms. */
  readonly madeAt: number;
  readonly version: string;
  /** Which rows count, by the names of the filters; empty for all. */
  readonly filter: Readonly<Record<string, string>>;
  readonly totals: Totals;
  readonly savings: Savings;
  /** How long the steps of `days` are. */
  readonly step: "day" | "month";
  readonly days: readonly ReportDay[];
  readonly models: readonly CostGroup[];
  readonly providers: readonly CostGroup[];
  readonly projects: readonly CostGroup[];
  /** The sums by what was asked for on top of these, if anything. */
  readonly more: { readonly by: string; readonly groups: readonly CostGroup[] } | null;
}

/** Longer spans are shown month by month. */
const MOST_DAYS = 92;

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** The span of a month such as `2026-10`; the error is a clause about the text. */
export function monthSpan(text: string, timeZone: string): Result<ReportSpan, string> {
  if (!MONTH.test(text)) return failure("is no month: write it as 2026-10");
  const first = `${text}-01`;
  const from = startOfDay(timeZone, first);
  return success({ title: text, timeZone, from, to: startOfDay(timeZone, firstOfMonth(first, 1)) });
}

/** The span from one day to another, both included. */
export function daySpan(firstDay: string, lastDay: string, timeZone: string): ReportSpan {
  const title = firstDay === lastDay ? firstDay : `${firstDay} to ${lastDay}`;
  return { title, timeZone, from: startOfDay(timeZone, firstDay), to: startOfDay(timeZone, addDays(lastDay, 1)) };
}

/** The days of a span, or its months where there are many; none begins after `now`. */
export function stepsOf(
  { from, to, timeZone }: ReportSpan,
  now: number,
): { readonly step: Report["step"]; readonly steps: readonly ReportStep[] } {
  const isLong = to - from > (MOST_DAYS + 1) * 86_400_000;
  const steps: ReportStep[] = [];
  const end = Math.min(to, now + 1);
  let day = dayIn(timeZone, from);
  for (let start = from; start < end; ) {
    day = isLong ? firstOfMonth(day, 1) : addDays(day, 1);
    const next = Math.min(startOfDay(timeZone, day), to);
    const name = dayIn(timeZone, start);
    steps.push({ name: isLong ? name.slice(0, 7) : name, from: start, to: next });
    start = next;
  }
  return { step: isLong ? "month" : "day", steps };
}

function sumOf(groups: readonly Totals[]): Totals {
  return groups.reduce<Totals>(addTotals, NO_TOTALS);
}

function byCost(left: { name: string; costNanoUsd: number }, right: { name: string; costNanoUsd: number }): number {
  return right.costNanoUsd - left.costNanoUsd || (left.name < right.name ? -1 : 1);
}

function merge(groups: readonly CostGroup[], nameOf: (name: string) => string): readonly CostGroup[] {
  const byName = Map.groupBy(groups, ({ name }) => nameOf(name));
  return [...byName].map(([name, members]) => ({ name, ...sumOf(members) })).sort(byCost);
}

/** What a report is made from. */
export interface ReportParts
  extends Pick<Report, "span" | "madeAt" | "version" | "filter" | "step" | "projects" | "more"> {
  readonly baselineModel: string;
  /** The sums of each step by model. */
  readonly days: readonly { readonly name: string; readonly models: readonly CostGroup[] }[];
}

function progressOf({ from, to }: ReportSpan, now: number): Report["progress"] {
  if (from > now) return "future";
  return to > now ? "running" : "complete";
}

/** Adds the days up. */
export function buildReport({ baselineModel, days, ...parts }: ReportParts): Report {
  const groups = days.flatMap(({ models }) => models);
  const totals = sumOf(groups);
  return {
    ...parts,
    progress: progressOf(parts.span, parts.madeAt),
    totals,
    savings: savingsOf(totals, baselineModel),
    days: days.map(({ name, models }) => ({
      name,
      totals: sumOf(models),
      models: models.map(({ name: model, costNanoUsd }) => ({ name: model, costNanoUsd })),
    })),
    models: merge(groups, (name) => name),
    providers: merge(groups, (name) => name.slice(0, Math.max(name.indexOf("/"), 0)) || name),
  };
}
