import type { PriceComparison, PriceDiffView } from "../../core/price-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatCount, formatPlural } from "../../terminal/format.ts";
import { renderTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { differenceColumns } from "./words.ts";

/** Differences shown of each comparison; `--all` and `--json` have the rest. */
const SHOWN = 20;

const TITLES: Readonly<Record<PriceComparison["name"], string>> = {
  updated: "what the update changed",
  previous: "what the last update changed of the one before",
  overrides: "what your own prices change",
  sources: "where the two sources disagree",
};

function show(comparison: PriceComparison, isAll: boolean, terminal: Terminal): void {
  const { name, before, after, compared, onlyBefore, onlyAfter, differences } = comparison;
  const models = new Set(differences.map(({ provider, model }) => `${provider}/${model}`)).size;
  terminal.out(terminal.style.bold(`${TITLES[name]}: ${formatCount(models)} of ${formatPlural(compared, "model")}`));
  terminal.out(`${before} → ${after}; ${formatCount(onlyBefore)} only before, ${formatCount(onlyAfter)} only after`);
  const shown = isAll ? differences : differences.slice(0, SHOWN);
  if (shown.length > 0)
    for (const line of renderTable(shown, differenceColumns("before", "after"), terminal)) terminal.out(line);
  if (shown.length < differences.length)
    terminal.out(`and ${formatCount(differences.length - shown.length)} more: lodestar prices diff --all`);
}

export const command = defineCommand({
  meta: {
    name: "diff",
    description: "What an update or your own prices change, and where the two sources disagree",
    examples: [["lodestar prices diff --json", "every difference"]],
  },
  args: {
    all: { type: "boolean", description: "every difference, not the first twenty of each kind" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...host }) {
    const view = await fetchView<PriceDiffView>({ ...host, terminal }, args, "read", "/v1/prices/diff");
    if (!view.ok) return view.error;
    if (args.json) {
      terminal.out(JSON.stringify(view.value));
      return EXIT_CODES.ok;
    }
    for (const [index, comparison] of view.value.comparisons.entries()) {
      if (index > 0) terminal.out("");
      show(comparison, args.all, terminal);
    }
    return EXIT_CODES.ok;
  },
});
