import type { Statement } from "bun:sqlite";
import { addSums, type Dimensions, dayTotalOf, LABELS, NO_SUMS, type Sums } from "../ledger-sums.ts";
import { DAY_MS, HOUR_MS } from "../time-pieces.ts";
import type { Bindings } from "./bindings.ts";

/** Which sums an attempt is in. */
export interface Counted extends Dimensions {
  readonly startedAt: number;
}

/** What a transaction adds to the stored sums, one upsert a sum. */
export interface SumChanges {
  add(attempt: Counted, sums: Sums): void;
  write(statement: Statement<unknown, [Bindings]>): void;
}

interface Change {
  readonly hour: number;
  readonly attempt: Counted;
  sums: Sums;
}

interface Upsert {
  readonly group: Bindings;
  sums: Sums;
}

const DAY_HOURS = DAY_MS / HOUR_MS;
const NO_CORE = { provider: "", model: "", project: "", keyId: "" };

function isOf({ hour, attempt }: Change, other: Counted, otherHour: number): boolean {
  if (attempt === other) return true;
  return (
    hour === otherHour &&
    attempt.model === other.model &&
    attempt.keyId === other.keyId &&
    attempt.project === other.project &&
    attempt.provider === other.provider &&
    LABELS.every((label) => attempt[label] === other[label])
  );
}

/** The sums that an attempt is in, without their hour: all, by its core columns, and by each label it has; whole days by that alone too. */
function groupsOf(attempt: Counted): readonly (Bindings & { readonly hours: number })[] {
  const { provider, model, project, keyId } = attempt;
  const core = { provider, model, project: project ?? "", keyId: keyId ?? "" };
  const labels = LABELS.flatMap((label) => {
    const name = attempt[label];
    return name === null ? [] : [{ label, name }];
  });
  const sums = [
    { label: "total", name: "", ...NO_CORE },
    { label: "core", name: "", ...core },
    ...labels.map((named) => ({ ...named, ...core })),
  ];
  const dayTotals = labels.map(({ label, name }) => ({ label: dayTotalOf(label), name, ...NO_CORE }));
  const hourly = sums.map((group) => ({ hours: 1, ...group }));
  return [...hourly, ...[...sums, ...dayTotals].map((group) => ({ hours: DAY_HOURS, ...group }))];
}

function addUpserts(upserts: Map<string, Upsert>, { attempt, hour, sums }: Change): void {
  for (const group of groupsOf(attempt)) {
    const placed = { hour: hour - (hour % group.hours), ...group };
    const name = JSON.stringify(Object.values(placed));
    const known = upserts.get(name) ?? { group: placed, sums: NO_SUMS };
    known.sums = addSums(known.sums, sums);
    upserts.set(name, known);
  }
}

/** No changes yet. */
export function createSumChanges(): SumChanges {
  const changes: Change[] = [];

  return {
    add(attempt, sums) {
      const hour = Math.floor(attempt.startedAt / HOUR_MS);
      // Rows that follow one another are mostly of one kind.
      const last = changes.at(-1);
      if (last !== undefined && isOf(last, attempt, hour)) last.sums = addSums(last.sums, sums);
      else changes.push({ hour, attempt, sums });
    },
    write(statement) {
      const upserts = new Map<string, Upsert>();
      for (const change of changes) addUpserts(upserts, change);
      for (const { group, sums } of upserts.values()) statement.run({ ...group, ...sums });
    },
  };
}
