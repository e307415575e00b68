import type { PricesView, PriceTableView } from "../core/price-view.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatCount, formatPlural } from "../terminal/format.ts";
import { type Column, renderTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { defineCommand } from "./command.ts";
import { fetchView } from "./connection.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

const COLUMNS: readonly Column<PriceTableView>[] = [
  { title: "table", cell: ({ table }) => table },
  { title: "from", cell: ({ source }) => source, canShrink: true },
  { title: "day", cell: ({ date }) => date },
  { title: "age", cell: ({ ageDays }) => formatPlural(ageDays, "day"), align: "right" },
  { title: "origin", cell: ({ origin }) => origin },
  { title: "providers", cell: ({ providers }) => formatCount(providers), align: "right" },
  { title: "models", cell: ({ models }) => formatCount(models), align: "right" },
];

function show({ tables, overrides, problem }: PricesView, terminal: Terminal): void {
  for (const line of renderTable(tables, COLUMNS, terminal)) terminal.out(line);
  if (overrides > 0) terminal.out(`${formatPlural(overrides, "price")} of your own, which win over both`);
  const { yellow } = terminal.talkStyle;
  if (problem !== null)
    terminal.talk(`${yellow("warning:")} an update is not used: ${problem}; lodestar prices update`);
  for (const { table, ageDays, isOld } of tables) {
    if (!isOld) continue;
    terminal.talk(`${yellow("warning:")} ${table} is ${formatPlural(ageDays, "day")} old: lodestar prices update`);
  }
}

export const command = defineCommand({
  meta: {
    name: "prices",
    description: "The price tables in use: how old, update, show, compare, override",
    group: "See",
    examples: [
      ["lodestar prices update", "fetch both published tables"],
      ["lodestar prices show claude-opus-5", "every price known of it, and which one is used"],
      ["lodestar prices override lab/qwen-7b --input 0.1 --output 0.3", "a price of your own"],
    ],
    notes: [
      "genai-prices has conditions (size, time of day, dates) and is asked first; models.dev has what it lacks, and service tiers.",
      "Rows of the ledger keep the price they were settled with, whatever the tables say later.",
    ],
  },
  args: { ...jsonFlag, ...daemonFlags },
  subCommands: {
    update: async () => (await import("./prices/update.ts")).command,
    show: async () => (await import("./prices/show.ts")).command,
    diff: async () => (await import("./prices/diff.ts")).command,
    override: async () => (await import("./prices/override.ts")).command,
  },
  async run({ args, terminal, ...host }) {
    const view = await fetchView<PricesView>({ ...host, terminal }, args, "read", "/v1/prices");
    if (!view.ok) return view.error;
    if (args.json) terminal.out(JSON.stringify(view.value));
    else show(view.value, terminal);
    return EXIT_CODES.ok;
  },
});
