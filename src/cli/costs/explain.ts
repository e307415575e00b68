import type { Bill, ExplainedAttempt, ExplainView } from "../../core/bill.ts";
import { exactUsd, type NanoUsd } from "../../core/money.ts";
import { targetName } from "../../core/target.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { plainText, renderTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { budgetName } from "../budget-bar.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, filterQuery, jsonFlag } from "../shared-flags.ts";

const CLASS_WORDS: Readonly<Record<string, string>> = {
  input: "uncached input",
  inputAudio: "audio input",
  inputImage: "image input",
  inputVideo: "video input",
  cacheRead: "cache read",
  cacheReadAudio: "audio cache read",
  cacheWrite5m: "cache write, 5 min",
  cacheWrite1h: "cache write, 1 h",
  output: "output",
  outputReasoning: "reasoning",
  outputAudio: "audio output",
  outputImage: "image output",
  requests: "the call itself",
  webSearches: "web searches",
};

function costText(nano: NanoUsd | null): string {
  return nano === null ? "unknown" : exactUsd(nano);
}

/** Where a price row is from: `genai-prices 0.1.8 of 2026-08-21, from 2026-03-01 (price_…)`. */
function priceWords({ price }: Bill): string {
  const day = price.date === "-" ? "" : ` of ${price.date}`;
  const condition = price.condition === undefined ? "" : `, ${price.condition}`;
  return plainText(`${price.provider}/${price.model}, ${price.source}${day}${condition} (${price.id})`);
}

interface Row {
  readonly name: string;
  readonly text: string;
}

/** The lines of a bill, their exact sum, and the one rounding. */
function billRows(bill: Bill): readonly Row[] {
  const rounded = bill.exactUsd === String(bill.nanoUsd / 1e9) ? "" : `, rounded to ${bill.nanoUsd} nano-dollars`;
  return [
    ...bill.lines.map(({ label, formula, aboveTokens }) => ({
      name: CLASS_WORDS[label] ?? label,
      text: aboveTokens === null ? formula : `${formula} (tier above ${aboveTokens} input tokens)`,
    })),
    { name: "sum", text: `$${bill.exactUsd}${rounded}` },
  ];
}

type Look = Pick<Terminal, "columns" | "style">;

function rowLines(rows: readonly Row[], look: Look): readonly string[] {
  const columns = [
    { title: "", cell: ({ name }: Row) => name },
    { title: "", cell: ({ text }: Row) => text },
  ];
  return renderTable(rows, columns, look)
    .slice(1)
    .map((line) => `     ${line}`);
}

function titledBill(title: string, bill: Bill, look: Look): readonly string[] {
  return [`   ${title}`, look.style.dim(`     price: ${priceWords(bill)}`), ...rowLines(billRows(bill), look)];
}

function reservedLines({ reservedNanoUsd, costNanoUsd }: ExplainedAttempt["row"]): readonly string[] {
  if (reservedNanoUsd === null) return [];
  const given =
    costNanoUsd === null ? "" : `; ${exactUsd(Math.max(0, reservedNanoUsd - costNanoUsd))} of it given back`;
  return [`   reserved from budgets before the call, at worst: ${exactUsd(reservedNanoUsd)}${given}`];
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  "free-tier": "free tier: a local model was asked for by name",
  routing: "routing: an alias or chain chose a local model",
  cache: "cache: the answer was kept from before",
};

function savingLines({ saving }: ExplainedAttempt, look: Look): readonly string[] {
  if (saving === null) return [];
  const kind = KIND_WORDS[saving.kind ?? ""] ?? saving.kind ?? "unknown";
  const title = `saved ${exactUsd(saving.nanoUsd)} (${kind}; quality: ${saving.quality})`;
  if (saving.baseline === null) return [`   ${title}; the baseline's price row is not kept`];
  return titledBill(`${title}: the baseline would have cost`, saving.baseline, look);
}

function attemptLines(attempt: ExplainedAttempt, as: string | null, look: Look): readonly string[] {
  const { row, bill, notes, otherwise } = attempt;
  return [
    "",
    look.style.bold(`${row.attempt}. ${plainText(targetName(row))}: ${row.state}, ${costText(row.costNanoUsd)}`),
    ...(bill === null ? [] : titledBill("its tokens at the price that it was settled with", bill, look)),
    ...notes.map((note) => `   ${plainText(note)}`),
    ...reservedLines(row),
    ...savingLines(attempt, look),
    ...(otherwise === null || as === null ? [] : titledBill(`the same tokens at ${plainText(as)}`, otherwise, look)),
  ];
}

function budgetLine(budget: ExplainView["budgets"][number]): string {
  const { spentNanoUsd, reservedNanoUsd, limitNanoUsd } = budget;
  const held = reservedNanoUsd === 0 ? "" : `, ${exactUsd(reservedNanoUsd)} reserved`;
  return plainText(
    `counts for the budget ${budgetName(budget)}: ${exactUsd(spentNanoUsd)} of ${exactUsd(limitNanoUsd)} spent${held}`,
  );
}

/** A request with every number's formula, as lines. */
export function billLines(view: ExplainView, look: Look): readonly string[] {
  const { requestId, attempts, costNanoUsd, as, otherwiseNanoUsd, baselineModel } = view;
  const head = `${plainText(requestId)}: ${costText(costNanoUsd)} for ${formatPlural(attempts.length, "attempt")}`;
  const lines = [
    look.style.bold(head),
    `baseline for savings: ${plainText(baselineModel)}`,
    ...view.budgets.map(budgetLine),
    ...attempts.flatMap((attempt) => attemptLines(attempt, as, look)),
  ];
  if (as === null || otherwiseNanoUsd === null) return lines;
  const instead = `with ${plainText(as)}: ${exactUsd(otherwiseNanoUsd)} instead of ${costText(costNanoUsd)}`;
  return [...lines, "", `${instead} (nothing was changed)`];
}

export const command = defineCommand({
  meta: {
    name: "explain",
    description: "Every number of one request with its formula: tokens, price row, sum, rounding, savings",
    examples: [
      ["lodestar costs explain req_01", "the id is in the x-lodestar-request-id header of every answer"],
      ["lodestar costs explain req_01 --as openai/gpt-5.4-nano", "the same tokens at another model's price of today"],
    ],
  },
  args: {
    id: { type: "positional", required: true, description: "the request's id" },
    as: { type: "string", valueHint: "PROVIDER/MODEL", description: "also show what this model would have cost" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const path = `/v1/requests/${encodeURIComponent(args.id)}/explain?${filterQuery({ as: args.as })}`;
    const view = await fetchView<ExplainView>(host, args, "read", path);
    if (!view.ok) return view.error;
    if (args.json) terminal.out(JSON.stringify(view.value));
    else for (const line of billLines(view.value, terminal)) terminal.out(line);
    return EXIT_CODES.ok;
  },
});
