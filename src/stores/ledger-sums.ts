import { localDays } from "../core/day.ts";
import type { AttemptOutcome, CostGroup, SavedKind, Totals } from "../core/ledger.ts";
import type { NanoUsd } from "../core/money.ts";
import { addTotals, NO_TOTALS } from "../core/totals.ts";
import { totalInput, totalOutput } from "../core/usage.ts";
import type { GroupBy, LedgerFilter } from "./ports.ts";
import { END_OF_TIME } from "./time-pieces.ts";

/** What clients say of their spending; each has sums of its own. */
export const LABELS = ["session", "tag", "task", "file", "client"] as const;

/** One of {@link LABELS}. */
export type Label = (typeof LABELS)[number];

/** The daily sums by a label alone: tens of thousands of sessions come from as many records, not from one for each model too. */
export function dayTotalOf(label: Label): `${Label}-total` {
  return `${label}-total`;
}

/** Whether a grouping is by a label. */
export function isLabel(name: string | null): name is Label {
  return LABELS.some((label) => label === name);
}

/** What a row can be grouped by, its time apart. */
export interface Dimensions extends Readonly<Record<Label, string | null>> {
  readonly provider: string;
  readonly model: string;
  readonly project: string | null;
  readonly keyId: string | null;
}

/** Totals as they are stored. */
export interface Sums extends Totals {
  /** What was reserved for attempts that ended without a known cost: budgets count that in its place. */
  readonly heldNanoUsd: NanoUsd;
}

/** Sums over no rows. */
export const NO_SUMS: Sums = { ...NO_TOTALS, heldNanoUsd: 0 };

/** What a new attempt adds: it is the last of its request until the next one comes. */
export const RESERVED_SUMS: Sums = { ...NO_SUMS, requests: 1, attempts: 1 };

/** What an attempt takes back when a later attempt of its request follows. */
export const SUPERSEDED_SUMS: Sums = { ...NO_SUMS, requests: -1 };

/** What an intent closed after a crash adds: its tokens are unknown, and so is its cost, unless nothing there costs anything. */
export function crashedSums(reservedNanoUsd: NanoUsd | null, isFree: boolean): Sums {
  return isFree ? NO_SUMS : { ...NO_SUMS, unpriced: 1, heldNanoUsd: reservedNanoUsd ?? 0 };
}

/** Member-wise sum. */
export function addSums(left: Sums, right: Sums): Sums {
  return { ...addTotals(left, right), heldNanoUsd: left.heldNanoUsd + right.heldNanoUsd };
}

// The keys of a literal whose type has no others.
const SUM_NAMES = Object.keys(NO_SUMS) as (keyof Sums)[];

/** What is left of `whole` without its parts. */
export function withoutParts(whole: Sums, parts: readonly Sums[]): Sums {
  const left: Record<keyof Sums, number> = { ...whole };
  for (const part of parts) for (const name of SUM_NAMES) left[name] -= part[name];
  return left;
}

/** What an outcome adds to its already counted attempt, for which so much was reserved. */
export function settledSums(outcome: AttemptOutcome, reservedNanoUsd: NanoUsd | null): Sums {
  const inputTokens = totalInput(outcome.usage);
  const outputTokens = totalOutput(outcome.usage);
  const { savedKind, savedNanoUsd } = outcome;
  const savedBy = (kind: SavedKind): NanoUsd => (savedKind === kind ? (savedNanoUsd ?? 0) : 0);
  return {
    ...NO_SUMS,
    costNanoUsd: outcome.costNanoUsd ?? 0,
    savedNanoUsd: savedNanoUsd ?? 0,
    savedFreeTierNanoUsd: savedBy("free-tier"),
    savedRoutingNanoUsd: savedBy("routing"),
    savedCacheNanoUsd: savedBy("cache"),
    unpriced: outcome.costNanoUsd === null && inputTokens + outputTokens > 0 ? 1 : 0,
    failed: outcome.state === "failed" ? 1 : 0,
    failedNanoUsd: outcome.state === "failed" ? (outcome.costNanoUsd ?? 0) : 0,
    inputTokens,
    cacheReadTokens: outcome.usage.input.cacheRead,
    cacheWriteTokens: outcome.usage.input.cacheWrite5m + outcome.usage.input.cacheWrite1h,
    outputTokens,
    heldNanoUsd: outcome.costNanoUsd === null ? (reservedNanoUsd ?? 0) : 0,
  };
}

/** The name of what has none. */
export const NONE = "(none)";

/** What sums are asked by, days apart: those are spans of their own. */
export type SumsBy = Exclude<GroupBy, "day"> | null;

/** The group that a row is in. */
export function nameOf(dimensions: Dimensions, by: SumsBy): string {
  switch (by) {
    case null:
      return "";
    case "model":
      return `${dimensions.provider}/${dimensions.model}`;
    case "provider":
      return dimensions.provider;
    case "key":
      return dimensions.keyId ?? NONE;
    default:
      return dimensions[by] ?? NONE;
  }
}

/** Named sums, of which a name may come several times. */
export type Part = readonly [name: string, sums: Sums];

/** The totals of all parts. */
export function totalOf(parts: Iterable<Part>): Totals {
  let sum = NO_SUMS;
  for (const [, sums] of parts) sum = addSums(sum, sums);
  const { heldNanoUsd: _, ...totals } = sum;
  return totals;
}

/** What was spent: costs, and what was reserved where they are unknown. */
export function spentOf(parts: Iterable<Part>): NanoUsd {
  let spent = 0;
  for (const [, { costNanoUsd, heldNanoUsd }] of parts) spent += costNanoUsd + heldNanoUsd;
  return spent;
}

function compareNames(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Member by member: spreading tens of thousands of sums took most of the time. */
function groupOf(name: string, sums: Sums): CostGroup {
  return {
    name,
    requests: sums.requests,
    attempts: sums.attempts,
    costNanoUsd: sums.costNanoUsd,
    savedNanoUsd: sums.savedNanoUsd,
    savedFreeTierNanoUsd: sums.savedFreeTierNanoUsd,
    savedRoutingNanoUsd: sums.savedRoutingNanoUsd,
    savedCacheNanoUsd: sums.savedCacheNanoUsd,
    unpriced: sums.unpriced,
    failed: sums.failed,
    failedNanoUsd: sums.failedNanoUsd,
    inputTokens: sums.inputTokens,
    cacheReadTokens: sums.cacheReadTokens,
    cacheWriteTokens: sums.cacheWriteTokens,
    outputTokens: sums.outputTokens,
  };
}

/** Adds the parts up by name, largest cost first. */
export function groupsOf(parts: Iterable<Part>): readonly CostGroup[] {
  const groups = new Map<string, Sums>();
  for (const [name, sums] of parts) {
    const known = groups.get(name);
    groups.set(name, known === undefined ? sums : addSums(known, sums));
  }
  return [...groups]
    .map(([name, sums]) => groupOf(name, sums))
    .sort((left, right) => right.costNanoUsd - left.costNanoUsd || compareNames(left.name, right.name));
}

/** One group for each local day of `zone` that has attempts, in order. `known` is the time that has any. */
export function groupDays(
  filter: LedgerFilter,
  zone: string,
  known: { readonly from: number; readonly to: number },
  totals: (filter: LedgerFilter) => Totals,
): readonly CostGroup[] {
  const from = Math.max(filter.from ?? 0, known.from);
  const to = Math.min(filter.to ?? END_OF_TIME, known.to);
  return localDays(from, to, zone)
    .map((day) => {
      const span = { from: Math.max(day.from, filter.from ?? 0), to: Math.min(day.to, filter.to ?? END_OF_TIME) };
      return { name: day.name, ...totals({ ...filter, ...span }) };
    })
    .filter(({ attempts }) => attempts > 0);
}

/** The sums that answer a filter and grouping; null when only the rows can. At most one label may be involved. */
export function sumsFor(filter: LedgerFilter, by: SumsBy): "total" | "core" | Label | null {
  const { from: _, to: __, provider, model, project, keyId, session, tag, task, file, client, ...rest } = filter;
  if (Object.values(rest).some((value) => value !== undefined)) return null;
  const given = { session, tag, task, file, client };
  const labels = LABELS.filter((label) => given[label] !== undefined || by === label);
  if (labels.length > 1) return null;
  const isWhole = by === null && [provider, model, project, keyId].every((name) => name === undefined);
  return labels[0] ?? (isWhole ? "total" : "core");
}
