import { addFigures, type Figure, type Figures, type UsageFile, type UsageRow } from "./read-usage.ts";

/** One figure on both sides. `percent` is the difference in per cent of the file's; null where the file has 0 and we do not. */
export interface Difference {
  readonly file: number;
  readonly ledger: number;
  /** The ledger's less the file's. */
  readonly difference: number;
  readonly percent: number | null;
  readonly isWithin: boolean;
}

/** The figures of a day and model, or of a model, on both sides. */
export interface Comparison {
  readonly differences: Readonly<Partial<Record<Figure, Difference>>>;
  /** On which side it is not there at all. */
  readonly missing: "file" | "ledger" | null;
  readonly isWithin: boolean;
}

/** `costs reconcile --json`. Days in order; models by name. Cost in nano-dollars, the rest in tokens. */
export interface Reconciliation {
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
  readonly provider: string | null;
  readonly tolerancePercent: number;
  readonly records: number;
  readonly figures: readonly Figure[];
  readonly days: readonly (Comparison & { readonly day: string; readonly model: string })[];
  readonly models: readonly (Comparison & { readonly model: string })[];
  readonly totals: Comparison;
  /** The total and every model over all days are within the tolerance. */
  readonly isWithin: boolean;
}

/** What is compared with a file. */
export interface LedgerSide {
  readonly rows: readonly UsageRow[];
  readonly timeZone: string;
  readonly provider: string | null;
}

function differenceOf(file: number, ledger: number, tolerancePercent: number): Difference {
  const difference = ledger - file;
  const percent = difference === 0 ? 0 : file === 0 ? null : (difference * 100) / Math.abs(file);
  return { file, ledger, difference, percent, isWithin: percent !== null && Math.abs(percent) <= tolerancePercent };
}

function compareFigures(
  file: Figures | undefined,
  ledger: Figures | undefined,
  figures: readonly Figure[],
  tolerancePercent: number,
): Comparison {
  const differences = Object.fromEntries(
    figures.map((name) => [name, differenceOf(file?.[name] ?? 0, ledger?.[name] ?? 0, tolerancePercent)]),
  );
  const missing = file === undefined ? "file" : ledger === undefined ? "ledger" : null;
  return { differences, missing, isWithin: Object.values(differences).every(({ isWithin }) => isWithin) };
}

/** A ledger's `provider/model` under the name that the file uses for it. */
function namesLikeFile(file: UsageFile, provider: string | null): (name: string) => string {
  const known = new Set(file.rows.map(({ model }) => model));
  return (name) => {
    const bare = name.slice(name.indexOf("/") + 1);
    if (known.has(name)) return name;
    return known.has(bare) || provider !== null ? bare : name;
  };
}

function sumBy(rows: readonly UsageRow[], keyOf: (row: UsageRow) => string): Map<string, Figures> {
  const sums = new Map<string, Figures>();
  for (const row of rows) sums.set(keyOf(row), addFigures(sums.get(keyOf(row)) ?? {}, row.figures));
  return sums;
}

function unionKeys(left: Map<string, Figures>, right: Map<string, Figures>): readonly string[] {
  return [...new Set([...left.keys(), ...right.keys()])].sort();
}

/** Compares a file with the ledger's rows of the same days. */
export function compareUsage(file: UsageFile, ledger: LedgerSide, tolerancePercent: number): Reconciliation {
  const nameOf = namesLikeFile(file, ledger.provider);
  const ours = ledger.rows.map((row) => ({ ...row, model: nameOf(row.model) }));
  const compareBy = (keyOf: (row: UsageRow) => string): readonly (readonly [string, Comparison])[] => {
    const [theirs, own] = [sumBy(file.rows, keyOf), sumBy(ours, keyOf)];
    return unionKeys(theirs, own).map((key) => [
      key,
      compareFigures(theirs.get(key), own.get(key), file.figures, tolerancePercent),
    ]);
  };
  const days = compareBy(({ day, model }) => `${day} ${model}`);
  const models = compareBy(({ model }) => model).map(([model, comparison]) => ({ model, ...comparison }));
  const [all] = compareBy(() => "");
  const totals = all?.[1] ?? compareFigures({}, {}, file.figures, tolerancePercent);
  const inOrder = file.rows.map(({ day }) => day).sort();
  return {
    from: inOrder[0] ?? "",
    to: inOrder.at(-1) ?? "",
    timeZone: ledger.timeZone,
    provider: ledger.provider,
    tolerancePercent,
    records: file.records,
    figures: file.figures,
    days: days.map(([key, comparison]) => ({ day: key.slice(0, 10), model: key.slice(11), ...comparison })),
    models,
    totals,
    isWithin: totals.isWithin && models.every(({ isWithin }) => isWithin),
  };
}
