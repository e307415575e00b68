import { type Decimal, parseDecimal } from "../../src/core/money.ts";
import { costOf } from "../../src/core/price.ts";
import type { Usage } from "../../src/core/usage.ts";
import { createPriceBook } from "../../src/host/prices/book.ts";
import type { PriceBook } from "../../src/host/prices/prices.ts";
import { type Entry, type Golden, hasOracle, type Oracle, readOracle } from "./golden-oracle.ts";
import { differencesOf, type LeftOut, readBody, scopeOf } from "./golden-scope.ts";

/** A moment to which the expected prices belong: by day at DeepSeek, after the cut of o3, before the cuts of 2026-07-30. */
const COMPUTED_AT = Date.UTC(2026, 6, 15, 12);

/** What became of the entries of one provider and flavour. */
export interface Score {
  readonly name: string;
  entries: number;
  inScope: number;
  equal: number;
  priced: number;
  pricedInScope: number;
  exact: number;
  readonly leftOut: Map<LeftOut, number>;
}

/** All scores, and what is wrong, a line each. */
export interface Result {
  readonly scores: readonly Score[];
  readonly mistakes: readonly string[];
}

function isSame(left: Decimal, right: Decimal | undefined): boolean {
  if (right === undefined) return false;
  const scale = Math.max(left.scale, right.scale);
  return left.mantissa * 10n ** BigInt(scale - left.scale) === right.mantissa * 10n ** BigInt(scale - right.scale);
}

/** The oracle counts a model that its table lists without any price as free; here that is unknown, never a silent 0. */
export function isListedWithoutPrice(entry: Entry): boolean {
  return entry.input_price === "0" && entry.output_price === "0";
}

/** Whether our cost is the expected one to the last digit, before rounding. */
export function isExact(book: PriceBook, model: string, usage: Usage, entry: Entry): boolean {
  const row = book.priceOf(entry.provider_id, model, COMPUTED_AT);
  if (row === null) return false;
  const { inputUsd, outputUsd } = costOf(usage, row.rates);
  const isInputSame = isSame(inputUsd, parseDecimal(entry.input_price ?? ""));
  return isInputSame && isSame(outputUsd, parseDecimal(entry.output_price ?? ""));
}

/** The dated table that the oracle belongs to, then the bundled one: the oracle is a little newer than the dated copy. */
export function booksOf({ table }: Oracle): readonly PriceBook[] {
  const options = { overrides: {}, isLocalProvider: () => false };
  return [createPriceBook({ ...options, data: () => table, catalogue: () => undefined }), createPriceBook(options)];
}

function scoreFor(scores: Map<string, Score>, { provider_id, api_flavor }: Entry): Score {
  const name = `${provider_id}/${api_flavor}`;
  const empty = { entries: 0, inScope: 0, equal: 0, priced: 0, pricedInScope: 0, exact: 0 };
  const score = scores.get(name) ?? { name, ...empty, leftOut: new Map() };
  scores.set(name, score);
  return score;
}

/** Reads one body and judges each entry that belongs to its producer. */
function judge(
  item: Golden,
  oracle: Oracle,
  books: readonly PriceBook[],
  scores: Map<string, Score>,
): readonly string[] {
  const usage = readBody(item.body);
  const leftOutOf = scopeOf(item, oracle);
  const mistakes: string[] = [];
  for (const { usage: expected, extractors } of item.extracted) {
    for (const entry of extractors) {
      const score = scoreFor(scores, entry);
      const isPriced = entry.input_price !== undefined;
      const leftOut = leftOutOf(entry);
      score.entries += 1;
      score.priced += Number(isPriced);
      if (leftOut !== null) {
        score.leftOut.set(leftOut, (score.leftOut.get(leftOut) ?? 0) + 1);
        continue;
      }
      const where = `${score.name} ${item.model ?? "?"} ${String(item.body.file)}`;
      const differences = differencesOf(usage, expected);
      score.inScope += 1;
      score.equal += Number(differences.length === 0);
      mistakes.push(...differences.map((difference) => `${where} ${difference}`));
      if (!isPriced || isListedWithoutPrice(entry)) continue;
      const isRight = usage !== undefined && books.some((book) => isExact(book, item.model ?? "", usage, entry));
      score.pricedInScope += 1;
      score.exact += Number(isRight);
      if (!isRight) mistakes.push(`${where} price ${entry.input_price} ${entry.output_price}`);
    }
  }
  return mistakes;
}

/** Scores the whole oracle. */
export function scoreOracle(oracle: Oracle): Result {
  const scores = new Map<string, Score>();
  const books = booksOf(oracle);
  const mistakes = oracle.golden.flatMap((item) => judge(item, oracle, books, scores));
  return { scores: [...scores.values()].sort((left, right) => (left.name < right.name ? -1 : 1)), mistakes };
}

const REASONS: readonly LeftOut[] = ["not spoken", "other format", "no model", "not claimed", "another provider's"];

function cells(score: Omit<Score, "leftOut">, leftOut: (reason: LeftOut) => number): string {
  const { name, entries, inScope, equal, priced, pricedInScope, exact } = score;
  const numbers = [entries, inScope, equal, priced, pricedInScope, exact, ...REASONS.map(leftOut)];
  return `| ${[name, ...numbers.map((number) => (number === 0 ? "" : number.toLocaleString("en-US")))].join(" | ")} |`;
}

/** The scores as a Markdown table with a line of totals. */
export function scoreTable(scores: readonly Score[]): readonly string[] {
  const head = ["provider/flavour", "entries", "in scope", "equal", "priced", "in scope", "exact", ...REASONS];
  const sum = (pick: (score: Score) => number): number => scores.reduce((total, score) => total + pick(score), 0);
  const total = {
    name: "**all**",
    entries: sum(({ entries }) => entries),
    inScope: sum(({ inScope }) => inScope),
    equal: sum(({ equal }) => equal),
    priced: sum(({ priced }) => priced),
    pricedInScope: sum(({ pricedInScope }) => pricedInScope),
    exact: sum(({ exact }) => exact),
  };
  return [
    `| ${head.join(" | ")} |`,
    `|---|${"--:|".repeat(head.length - 1)}`,
    ...scores.map((score) => cells(score, (reason) => score.leftOut.get(reason) ?? 0)),
    cells(total, (reason) => sum(({ leftOut }) => leftOut.get(reason) ?? 0)),
  ];
}

/** The document that the table stands in, and what it stands between. */
export const TABLE_DOCUMENT = "docs/accounting.md";
const TABLE_START = "<!-- usage table: bun test/core/golden-score.ts -->";
const TABLE_END = "<!-- end of the usage table -->";

/** The document with its table made anew. */
export function withTable(document: string, table: readonly string[]): string {
  const [before = ""] = document.split(TABLE_START);
  const after = document.split(TABLE_END)[1] ?? "\n";
  return `${before}${TABLE_START}\n\n${table.join("\n")}\n\n${TABLE_END}${after}`;
}

if (import.meta.main && hasOracle) {
  const path = `${import.meta.dir}/../../${TABLE_DOCUMENT}`;
  const table = scoreTable(scoreOracle(readOracle()).scores);
  await Bun.write(path, withTable(await Bun.file(path).text(), table));
  console.log(table.join("\n"));
}
