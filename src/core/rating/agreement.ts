/** What raters said of one thing; null where one said nothing. */
export type Ratings<Label> = readonly (Label | null)[];

/**
 * Krippendorff's alpha for labels without an order (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"): 1 where
 * raters always agree, 0 where they agree as often as by chance. `raters` holds a row for each rater, a column for each thing;
 * things that fewer than two rated are left out. Null where nothing can be compared, or all said the same.
 */
export function krippendorffAlpha<Label>(raters: readonly Ratings<Label>[]): number | null {
  const things = Math.max(0, ...raters.map((row) => row.length));
  const totals = new Map<Label, number>();
  let observed = 0;
  let pairable = 0;
  for (let thing = 0; thing < things; thing += 1) {
    const counts = new Map<Label, number>();
    for (const row of raters) {
      const label = row[thing] ?? null;
      if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    const n = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (n < 2) continue;
    pairable += n;
    for (const [label, count] of counts) {
      totals.set(label, (totals.get(label) ?? 0) + count);
      observed += (count * (n - count)) / (n - 1);
    }
  }
  const expected = [...totals.values()].reduce((sum, count) => sum + count * (pairable - count), 0) / (pairable - 1);
  return pairable < 2 || expected === 0 ? null : 1 - observed / expected;
}
