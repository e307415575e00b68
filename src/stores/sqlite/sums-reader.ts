import type { Database, Statement } from "bun:sqlite";
import {
  addSums,
  dayTotalOf,
  isLabel,
  type Label,
  NO_SUMS,
  NONE,
  type Part,
  type Sums,
  type SumsBy,
  sumsFor,
  withoutParts,
} from "../ledger-sums.ts";
import type { LedgerFilter } from "../ports.ts";
import { DAY_MS, END_OF_TIME, HOUR_MS, type TimePiece, timePieces } from "../time-pieces.ts";
import type { Bindings } from "./bindings.ts";
import { filterBindings } from "./filter-bindings.ts";
import * as sql from "./sums-sql.ts";

type Named = Sums & { readonly name: string };
type Read = Statement<Named, [Bindings]>;

/** Reading sums, from what is stored wherever that answers, else from the rows. */
export interface SumsReader {
  /** Named sums that add up to the answer. To be called in a transaction, so that all are of one moment. */
  parts(filter: LedgerFilter, by: SumsBy): readonly Part[];
  /** The UTC days that have any attempts, Unix ms. */
  known(): { readonly from: number; readonly to: number };
}

/** The mark before which rows and hourly sums may be gone. */
export const PRUNED_BEFORE = "pruned-before";

const HOURS_OF_DAY = DAY_MS / HOUR_MS;

/** No copy: there may be tens of thousands of sessions in a month. */
function toPart(named: Named): Part {
  return [named.name, named];
}

function isNothing(sums: Sums): boolean {
  return Object.values(sums).every((count) => count === 0);
}

type StoredLabel = "total" | "core" | Label;

/** The same sums under the label with the fewest records: whole days are kept by a label alone too. */
function shortest(label: StoredLabel, unit: TimePiece["unit"], by: SumsBy, filter: LedgerFilter): string {
  const { provider, model, project, keyId } = filter;
  const needsCore = (by !== null && !isLabel(by)) || (provider ?? model ?? project ?? keyId) !== undefined;
  return isLabel(label) && unit === "day" && !needsCore ? dayTotalOf(label) : label;
}

/** The stored sums of one piece of time; `label` says which of them. */
function readStored(
  stored: Readonly<Record<keyof typeof sql.STORED, Read>>,
  { unit, from, to }: TimePiece,
  label: StoredLabel,
  by: SumsBy,
  filter: LedgerFilter,
): readonly Part[] {
  const { provider = null, model = null, project = null, keyId = null } = filter;
  const name = isLabel(label) ? (filter[label] ?? null) : null;
  const hours = { hours: unit === "day" ? HOURS_OF_DAY : 1, fromHour: from / HOUR_MS, toHour: Math.ceil(to / HOUR_MS) };
  const asked = { ...hours, label: shortest(label, unit, by, filter), name, provider, model, project, keyId };
  return stored[isLabel(by) ? "label" : (by ?? "all")].all(asked).map(toPart);
}

/** Prepares the reads on a handle. */
export function createSumsReader(database: Database): SumsReader {
  const stored = {
    all: database.query<Named, [Bindings]>(sql.STORED.all),
    model: database.query<Named, [Bindings]>(sql.STORED.model),
    provider: database.query<Named, [Bindings]>(sql.STORED.provider),
    project: database.query<Named, [Bindings]>(sql.STORED.project),
    key: database.query<Named, [Bindings]>(sql.STORED.key),
    label: database.query<Named, [Bindings]>(sql.STORED.label),
  };
  const counted = (by: SumsBy) => database.query<Named, [Bindings]>(sql.COUNTED[by ?? "all"]);
  const mark = database.query<{ value: number }, [Bindings]>(sql.FIND_MARK);
  const knownHours = database.query<{ fromHour: number | null; toHour: number | null }, []>(sql.KNOWN_HOURS);
  const requestTime = database.query<{ from: number | null; to: number | null }, [Bindings]>(sql.REQUEST_TIME);

  /** A request is a matter of minutes: only they are looked through. */
  function narrowed(filter: LedgerFilter): LedgerFilter {
    if (filter.requestId === undefined) return filter;
    const { from, to } = requestTime.get({ requestId: filter.requestId }) ?? { from: null, to: null };
    const { from: asked = 0, to: end = END_OF_TIME } = filter;
    return { ...filter, from: Math.max(asked, from ?? END_OF_TIME), to: Math.min(end, (to ?? 0) + 1) };
  }

  function fromRows(filter: LedgerFilter, by: SumsBy): readonly Part[] {
    return counted(by).all(filterBindings(filter)).map(toPart);
  }

  /** A label's sums hold only attempts that have it: the rest is what all attempts add to them. */
  function unlabelled(piece: TimePiece, filter: LedgerFilter, labelled: readonly Part[]): readonly Part[] {
    const label = sumsFor(filter, null) ?? "core";
    const all = readStored(stored, piece, label, null, filter).reduce((sum, [, sums]) => addSums(sum, sums), NO_SUMS);
    const rest = withoutParts(
      all,
      labelled.map(([, sums]) => sums),
    );
    return isNothing(rest) ? [] : [[NONE, rest]];
  }

  function fromStored(piece: TimePiece, label: StoredLabel, by: SumsBy, filter: LedgerFilter): readonly Part[] {
    if (piece.unit === "row") return fromRows({ ...filter, from: piece.from, to: piece.to }, by);
    const parts = readStored(stored, piece, label, by, filter);
    const hasRest = isLabel(by) && filter[by] === undefined;
    return hasRest ? [...parts, ...unlabelled(piece, filter, parts)] : parts;
  }

  return {
    parts(filter, by) {
      const label = sumsFor(filter, by);
      if (label === null) return fromRows(narrowed(filter), by);
      const { from = 0, to = END_OF_TIME } = filter;
      const prunedBefore = mark.get({ name: PRUNED_BEFORE })?.value ?? 0;
      return timePieces(from, to, prunedBefore).flatMap((piece) => fromStored(piece, label, by, filter));
    },
    known() {
      const { fromHour, toHour } = knownHours.get() ?? { fromHour: null, toHour: null };
      return { from: (fromHour ?? 0) * HOUR_MS, to: (toHour ?? 0) * HOUR_MS };
    },
  };
}
