import type { RateDifference } from "../../core/price-view.ts";
import type { Column } from "../../terminal/table.ts";

/** Columns for rates that two sides state differently. */
export function differenceColumns(before: string, after: string): readonly Column<RateDifference>[] {
  return [
    { title: "model", cell: ({ provider, model }) => `${provider}/${model}`, canShrink: true },
    { title: "rate", cell: ({ rate }) => rate },
    { title: before, cell: (difference) => difference.before ?? "none", align: "right" },
    { title: after, cell: (difference) => difference.after ?? "none", align: "right" },
  ];
}
