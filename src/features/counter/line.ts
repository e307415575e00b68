import { formatCost } from "../../terminal/format.ts";
import { plainText } from "../../terminal/table.ts";
import { cutTo, displayWidth } from "../../terminal/width.ts";
import type { Counts } from "./tally.ts";

/** One piece of a line; those of the highest `rank` go first where there is no room. */
interface Piece {
  readonly text: string;
  readonly rank: number;
}

const GAP = "  ";
const STEPS = ["", "k", "M", "G", "T"];

/** A number of tokens in three digits, at most 0.5 % off: `812`, `1.23k`, `45.6k`, `7.89M`. */
export function formatTokens(count: number): string {
  let amount = count;
  let step = 0;
  while (Number(amount.toPrecision(3)) >= 1_000 && step < STEPS.length - 1) {
    amount /= 1_000;
    step += 1;
  }
  return step === 0 ? String(count) : `${amount.toPrecision(3)}${STEPS[step] ?? ""}`;
}

/** The cost in words: attempts without a price are named, never counted as free. */
export function costWords({ costNanoUsd, unpriced }: Counts): string {
  if (unpriced === 0) return formatCost(costNanoUsd);
  return costNanoUsd === 0 ? `${unpriced} unpriced` : `${formatCost(costNanoUsd)} + ${unpriced} unpriced`;
}

function piecesOf(counts: Counts): readonly Piece[] {
  const { last, trouble, savedNanoUsd, budget } = counts;
  const pieces: Piece[] = [
    { text: `↑${formatTokens(counts.inputTokens)} ↓${formatTokens(counts.outputTokens)}`, rank: 1 },
    { text: costWords(counts), rank: 0 },
  ];
  if (budget !== null) pieces.push({ text: `${formatCost(budget.leftNanoUsd)} left`, rank: 1 });
  if (last !== null) pieces.push({ text: plainText(last.model), rank: 2 });
  if (last !== null) pieces.push({ text: `(${plainText(last.route)})`, rank: 4 });
  if (savedNanoUsd > 0) pieces.push({ text: `saved ${formatCost(savedNanoUsd)}`, rank: 3 });
  if (trouble !== null) pieces.push({ text: `! ${plainText(trouble)}`, rank: 2 });
  return pieces;
}

/**
 * The counts in one line of at most `width` columns: tokens in and out, cost, what the tightest budget has left, model and route of the last answer, what
 * was saved, what fails. Where there is no room whole pieces are left out, the cost last of all.
 */
export function countsLine(counts: Counts, width: number): string {
  let pieces = piecesOf(counts);
  const text = (): string => pieces.map((piece) => piece.text).join(GAP);
  while (pieces.length > 1 && displayWidth(text()) > width) {
    const least = Math.max(...pieces.map(({ rank }) => rank));
    const at = pieces.findLastIndex(({ rank }) => rank === least);
    pieces = pieces.filter((_, index) => index !== at);
  }
  return cutTo(text(), width);
}
