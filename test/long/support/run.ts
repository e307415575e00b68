function numberIn(name: string): number | null {
  const text = process.env[name];
  if (text === undefined || text === "") return null;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} must be a whole number, not "${text}"`);
  return value;
}

/** How many cases a suite runs: `LODESTAR_LONG_COUNT` where set, else the full count that its bar speaks of. */
export function caseCount(full: number): number {
  return numberIn("LODESTAR_LONG_COUNT") ?? full;
}

/** The seed of a suite: `LODESTAR_LONG_SEED`, else 1. */
export function suiteSeed(): number {
  return numberIn("LODESTAR_LONG_SEED") ?? 1;
}

/** The cases to run: all, or the one that `LODESTAR_LONG_ONLY` names, to replay a failure alone. */
export function caseNumbers(count: number): readonly number[] {
  const only = numberIn("LODESTAR_LONG_ONLY");
  return only === null ? Array.from({ length: count }, (_, index) => index) : [only];
}

/** The longest that one long test may take. */
export const LONG_TEST_MS = 3_600_000;

/** Works through a list with so many at once. */
export async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const lane = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** Prints what a suite measured, one figure a line, for `docs/reliability.md`. */
export function printFigures(suite: string, figures: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(figures)) {
    console.log(`${suite}: ${name}: ${typeof value === "number" ? value.toLocaleString("en-US") : value}`);
  }
}

/** A failed expectation of one case, with what is needed to see it again. */
export function caseLabel(number: number, words: string): string {
  return `LODESTAR_LONG_SEED=${suiteSeed()} LODESTAR_LONG_ONLY=${number}: ${words}`;
}
