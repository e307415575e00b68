import type { Rate } from "../../core/price.ts";
import type { PriceCandidate, PriceShowView } from "../../core/price-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { failureProblem } from "../../terminal/problem.ts";
import { type Column, renderTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, filterQuery, jsonFlag } from "../shared-flags.ts";
import { differenceColumns } from "./words.ts";

/** `2.5`, or `2.5; 5 >272000` for a rate that rises with the size of the input. */
function rateWords(rate: Rate | undefined): string {
  if (rate === undefined) return "";
  if (typeof rate === "number") return String(rate);
  return [rate.base, ...rate.tiers.map(({ above, price }) => `${price} >${above}`)].join("; ");
}

const COLUMNS: readonly Column<PriceCandidate>[] = [
  { title: "", cell: ({ isUsed }) => (isUsed ? "*" : "") },
  { title: "model", cell: ({ row }) => `${row.provider}/${row.model}`, canShrink: true },
  { title: "in", cell: ({ row }) => rateWords(row.rates.input), align: "right" },
  { title: "out", cell: ({ row }) => rateWords(row.rates.output), align: "right" },
  { title: "cache read", cell: ({ row }) => rateWords(row.rates.cacheRead), align: "right" },
  { title: "cache write", cell: ({ row }) => rateWords(row.rates.cacheWrite5m), align: "right" },
  { title: "holds", cell: ({ row }) => row.condition ?? "" },
  {
    title: "from",
    cell: ({ row }) => (/^\d/.test(row.date) ? `${row.source}, ${row.date}` : row.source),
    canShrink: true,
  },
  { title: "why", cell: ({ why }) => why, canShrink: true },
];

/** Rates that have no column of their own. */
function otherRates({ row }: PriceCandidate): readonly string[] {
  const { input, output, cacheRead, cacheWrite5m, serviceTiers, ...others } = row.rates;
  return Object.entries(others).map(([name, rate]) => `${name} ${rateWords(rate)}`);
}

function show(view: PriceShowView, terminal: Terminal): void {
  for (const line of renderTable(view.candidates, COLUMNS, terminal)) terminal.out(line);
  const rest = view.candidates.filter(({ isUsed }) => isUsed).flatMap((used) => otherRates(used));
  if (rest.length > 0) terminal.out(`also: ${[...new Set(rest)].join(", ")}`);
  terminal.out("US dollars per million tokens (…PerThousand: per thousand); * is used for calls that begin now");
  if (view.disagreements.length === 0) return;
  terminal.out("");
  terminal.out(terminal.style.bold("the two sources disagree:"));
  for (const line of renderTable(view.disagreements, differenceColumns("genai-prices", "models.dev"), terminal))
    terminal.out(line);
}

export const command = defineCommand({
  meta: {
    name: "show",
    description: "Every price known of a model, with source, day and conditions, and which one is used",
    examples: [
      ["lodestar prices show deepseek/deepseek-v4-flash", "its day and night prices"],
      ["lodestar prices show gpt-5.4", "at every provider that has it"],
    ],
  },
  args: {
    model: { type: "positional", required: true, description: "provider/model, or a model's name alone" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...host }) {
    const query = filterQuery({ model: args.model });
    const view = await fetchView<PriceShowView>({ ...host, terminal }, args, "read", `/v1/prices?${query}`);
    if (!view.ok) return view.error;
    const { candidates, similar } = view.value;
    if (candidates.length === 0) {
      const names = similar.length === 0 ? "" : ` Did you mean ${similar.join(", ")}?`;
      const fix = `lodestar prices update, or your own: lodestar prices override PROVIDER/${args.model.split("/").at(-1)} --input USD --output USD`;
      return failureProblem("no_such_price", `no price of "${args.model}" is known.${names}`, fix);
    }
    if (args.json) terminal.out(JSON.stringify(view.value));
    else show(view.value, terminal);
    return EXIT_CODES.ok;
  },
});
