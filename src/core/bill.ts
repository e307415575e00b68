import type { BudgetState } from "./budget/budget.ts";
import { matchBudget } from "./budget/match.ts";
import type { LedgerRow } from "./ledger.ts";
import { addDecimal, type Decimal, decimalOf, decimalText, exactUsd, type NanoUsd, toNanoUsd } from "./money.ts";
import { type CostLine, explainCost, type PriceRow } from "./price.ts";
import { totalOutput } from "./usage.ts";

/** One line of a bill, as it is shown. Dollars are exact decimals as text. */
export interface BillLine {
  readonly label: CostLine["label"];
  /** Tokens; calls for `requests`, searches for `webSearches`. */
  readonly count: number;
  readonly usdPerMillion: string;
  /** The whole input exceeded so many tokens, which chose this rate; null for a rate that does not depend on it. */
  readonly aboveTokens: number | null;
  readonly usd: string;
  /** `1,200 × $0.14 / 1M = $0.000168` */
  readonly formula: string;
}

/** Tokens at one price row: every line, their exact sum, and that sum rounded once to nano-dollars. */
export interface Bill {
  readonly price: PriceRow;
  readonly lines: readonly BillLine[];
  readonly exactUsd: string;
  readonly nanoUsd: NanoUsd;
}

/** What an attempt saved, and by which bill of the baseline model that follows. */
export interface SavingBill {
  readonly kind: string | null;
  readonly nanoUsd: NanoUsd;
  /** What the baseline model would have cost; null where its price row is not kept. */
  readonly baseline: Bill | null;
  /** Whether the answers of the two are as good as each other was never measured. */
  readonly quality: "unmeasured";
}

/** One attempt with where its cost comes from. */
export interface ExplainedAttempt {
  readonly row: LedgerRow;
  /** Null where no price is kept for it, or nothing was used. */
  readonly bill: Bill | null;
  /** What the row cost beyond its bill: charges for what it keeps no count of. Null where there is nothing to compare. */
  readonly beyondBillNanoUsd: NanoUsd | null;
  readonly saving: SavingBill | null;
  /** The same tokens at the price of another model. */
  readonly otherwise: Bill | null;
  /** What is to be known about these numbers, a sentence each. */
  readonly notes: readonly string[];
}

/** Groups of three: `1,234,567`. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

const BY_THOUSAND: ReadonlySet<string> = new Set(["requests", "webSearches"]);

function billLine({ label, tokens, usdPerMillion, usd, tier }: CostLine): BillLine {
  const perMillion = decimalOf(usdPerMillion);
  const isByThousand = BY_THOUSAND.has(label);
  const rate = isByThousand ? { ...perMillion, scale: perMillion.scale + 3 } : perMillion;
  const unit = isByThousand ? "1K" : "1M";
  return {
    label,
    count: tokens,
    usdPerMillion: decimalText(perMillion),
    aboveTokens: tier?.above ?? null,
    usd: decimalText(usd),
    formula: `${grouped(tokens)} × $${decimalText(rate)} / ${unit} = $${decimalText(usd)}`,
  };
}

const ZERO: Decimal = { mantissa: 0n, scale: 0 };

/** The bill of these tokens at a price: the same exact arithmetic that priced the row. */
export function billOf(usage: LedgerRow["usage"], price: PriceRow): Bill {
  const lines = explainCost({ ...usage, raw: null }, price.rates);
  const exact = lines.reduce((sum, { usd }) => addDecimal(sum, usd), ZERO);
  return { price, lines: lines.map(billLine), exactUsd: decimalText(exact), nanoUsd: toNanoUsd(exact) };
}

const REASONS: Readonly<Record<string, string>> = {
  local: "A model on this machine costs nothing.",
  subscription: "The client's own subscription covers it, so it costs nothing more.",
  "no-tokens": "No tokens were used, so it costs nothing.",
  "no-price": "No price of this model is known, so its cost is unknown and not 0.",
  "no-tier-price": "No price of the service tier that answered is known, so its cost is unknown and not 0.",
  "paid-by-image": "Images that are sold by the piece have no known price, so the cost is unknown and not 0.",
  crashed: "Lodestar ended before the answer did: what was used is unknown.",
  "crashed-local": "Lodestar ended before the answer did. A model on this machine costs nothing.",
  cache: "The answer came from the cache and cost nothing.",
};

function arrived(usage: LedgerRow["usage"]): string {
  if (totalOutput(usage) > 0) return "The output is what had arrived by then.";
  return "No output had arrived: the prompt is counted, and what the provider may have written nobody knows.";
}

function stateNote({ state, usageSource, usage, costReason }: LedgerRow): string | null {
  if (costReason === "crashed" || costReason === "crashed-local") return null;
  if (state === "reserved" || state === "streaming") return "It is still open: these numbers are not final.";
  if (usageSource !== "estimated") return usageSource === "counted" ? "Tokens were counted by a tokenizer." : null;
  if (state === "aborted") return `Estimated: the client left, and the provider stated no count. ${arrived(usage)}`;
  if (state === "failed") return `Estimated: the answer was not read to its end. ${arrived(usage)}`;
  return "Estimated from the length of the text: the provider stated no count that can be true.";
}

function beyondNote(row: LedgerRow, beyond: NanoUsd | null): string | null {
  if (beyond === null || beyond === 0) return null;
  return `${exactUsd(beyond)} of the row's ${exactUsd(row.costNanoUsd ?? 0)} is for what the row keeps no count of.`;
}

function savingOf(row: LedgerRow, priceOf: (id: string) => PriceRow | null): SavingBill | null {
  if (row.savedNanoUsd === null) return null;
  const price = row.savedPriceId === null ? null : priceOf(row.savedPriceId);
  const baseline = price === null ? null : billOf(row.usage, price);
  return { kind: row.savedKind, nanoUsd: row.savedNanoUsd, baseline, quality: "unmeasured" };
}

/** A row whose tokens were really charged by its price: local and subscribed answers keep a price that charged nothing. */
function isCharged(row: LedgerRow): boolean {
  return row.costNanoUsd !== null && row.costReason === null;
}

/**
 * Explains one attempt from its row and the price rows that it keeps. `otherwise` is the price to show the same tokens at.
 */
export function explainAttempt(
  row: LedgerRow,
  priceOf: (id: string) => PriceRow | null,
  otherwise: PriceRow | null = null,
): ExplainedAttempt {
  const price = row.priceId === null ? null : priceOf(row.priceId);
  const bill = price === null || !isCharged(row) ? null : billOf(row.usage, price);
  const beyond = bill === null || row.costNanoUsd === null ? null : row.costNanoUsd - bill.nanoUsd;
  const reason = row.costReason === null ? null : (REASONS[row.costReason] ?? row.costReason);
  const notes = [stateNote(row), reason, beyondNote(row, beyond)];
  return {
    row,
    bill,
    beyondBillNanoUsd: beyond,
    saving: savingOf(row, priceOf),
    otherwise: otherwise === null ? null : billOf(row.usage, otherwise),
    notes: notes.filter((note) => note !== null),
  };
}

/** `costs explain --json`. Money in nano-dollars; `as` and `otherwiseNanoUsd` are null where no other model was asked about. */
export interface ExplainView {
  readonly requestId: string;
  readonly costNanoUsd: NanoUsd | null;
  /** `provider/model` that savings are counted against now. */
  readonly baselineModel: string;
  readonly as: string | null;
  readonly otherwiseNanoUsd: NanoUsd | null;
  readonly attempts: readonly ExplainedAttempt[];
  /** The budgets that count this request, as they stand now. */
  readonly budgets: readonly CountingBudget[];
}

/** A budget that counts a request. */
export interface CountingBudget extends Pick<BudgetState, "name" | "spentNanoUsd" | "reservedNanoUsd"> {
  readonly id: string;
  readonly limitNanoUsd: NanoUsd;
}

/** Those of the budgets that count what a row spent. `keyName` is that of its key. */
export function budgetsOfRow(
  states: readonly BudgetState[],
  row: Pick<LedgerRow, "keyId" | "project" | "provider" | "model">,
  keyName: string | null,
): readonly CountingBudget[] {
  return states.flatMap(({ budget, name, spentNanoUsd, reservedNanoUsd }) => {
    const found = matchBudget(budget, { ...row, keyName });
    const isOther = found === null || (budget.name === "*" && found.id !== name && found.name !== name);
    return isOther ? [] : [{ id: budget.id, name, spentNanoUsd, reservedNanoUsd, limitNanoUsd: budget.limitNanoUsd }];
  });
}
