import type { Statement } from "bun:sqlite";
import { addSums, type Dimensions, LABELS, NO_SUMS, type Sums } from "../ledger-sums.ts";
import { HOUR_MS } from "../time-pieces.ts";
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

const UNITS_HOURS = [1, 24];
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

/** The sums that an attempt is in, without their unit and hour: all, by its core columns, and by each label it has. */
function groupsOf(attempt: Counted): readonly (Bindings & { readonly label: string })[] {
  const { provider, model, project, keyId } = attempt;
  const core = { provider, model, project: project ?? "", keyId: keyId ?? "" };
  const labelled = LABELS.flatMap((label) => {
    const name = attempt[label];
    return name === null ? [] : [{ label, name, ...core }];
  });
  return [{ label: "total", name: "", ...NO_CORE }, { label: "core", name: "", ...core }, ...labelled];
}

function addUpserts(upserts: Map<string, Upsert>, { attempt, hour, sums }: Change): void {
  for (const group of groupsOf(attempt)) {
    for (const hours of UNITS_HOURS) {
      const placed = { hours, hour: hour - (hour % hours), ...group };
      const name = JSON.stringify(Object.values(placed));
      const known = upserts.get(name) ?? { group: placed, sums: NO_SUMS };
      known.sums = addSums(known.sums, sums);
      upserts.set(name, known);
    }
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
