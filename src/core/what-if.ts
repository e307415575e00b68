import type { LedgerRow } from "./ledger.ts";
import type { NanoUsd } from "./money.ts";
import { costOf, type PriceRow } from "./price.ts";
import { targetName } from "./target.ts";
import { totalInput, totalOutput } from "./usage.ts";

/** Sums of rows at their own cost and at another model's price. */
export interface WhatIfSums {
  readonly attempts: number;
  readonly costNanoUsd: NanoUsd;
  readonly otherwiseNanoUsd: NanoUsd;
}

/** The sums by the model that answered, dearest first. */
export interface WhatIfResult {
  readonly totals: WhatIfSums;
  readonly groups: readonly (WhatIfSums & { readonly name: string })[];
  /** Rows with tokens whose own cost is unknown: they count in `otherwiseNanoUsd` only. */
  readonly unpriced: number;
}

/** `costs --what-if --json`. `price` is that of this moment; a price that depends on the hour is taken at each row's own. */
export interface WhatIfView extends WhatIfResult {
  readonly from: number | null;
  readonly to: number | null;
  readonly as: string;
  readonly price: PriceRow;
}

const DAY_MS = 86_400_000;
const NONE: WhatIfSums = { attempts: 0, costNanoUsd: 0, otherwiseNanoUsd: 0 };

/**
 * The moment at which a what-if asks for another model's price: today, at the row's own time of day (UTC), since some prices
 * depend on the hour. Unix ms.
 */
export function whatIfMoment(startedAt: number, now: number): number {
  return now - (now % DAY_MS) + (startedAt % DAY_MS);
}

/** Adds rows up at another model's price, which `priceAt` gives for the start of a row (Unix ms). Rows without tokens count nothing. */
export function createWhatIf(priceAt: (startedAt: number) => PriceRow): {
  add(row: LedgerRow): void;
  result(): WhatIfResult;
} {
  const groups = new Map<string, WhatIfSums>();
  let totals = NONE;
  let unpriced = 0;
  return {
    add(row) {
      if (totalInput(row.usage) + totalOutput(row.usage) === 0) return;
      const otherwiseNanoUsd = costOf({ ...row.usage, raw: null }, priceAt(row.startedAt).rates).nanoUsd;
      const one: WhatIfSums = { attempts: 1, costNanoUsd: row.costNanoUsd ?? 0, otherwiseNanoUsd };
      const name = targetName(row);
      totals = plus(totals, one);
      groups.set(name, plus(groups.get(name) ?? NONE, one));
      if (row.costNanoUsd === null) unpriced += 1;
    },
    result: () => ({
      totals,
      groups: [...groups].map(([name, sums]) => ({ name, ...sums })).sort(byCost),
      unpriced,
    }),
  };
}

function plus(left: WhatIfSums, right: WhatIfSums): WhatIfSums {
  return {
    attempts: left.attempts + right.attempts,
    costNanoUsd: left.costNanoUsd + right.costNanoUsd,
    otherwiseNanoUsd: left.otherwiseNanoUsd + right.otherwiseNanoUsd,
  };
}

function byCost(left: WhatIfSums & { name: string }, right: WhatIfSums & { name: string }): number {
  return right.costNanoUsd - left.costNanoUsd || (left.name < right.name ? -1 : 1);
}
