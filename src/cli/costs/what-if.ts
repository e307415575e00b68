import { formatUsd } from "../../core/money.ts";
import type { WhatIfView } from "../../core/what-if.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatCount, formatPlural } from "../../terminal/format.ts";
import { type Column, plainText, renderTable } from "../../terminal/table.ts";
import type { CliHost, Outcome } from "../command.ts";
import { fetchView } from "../connection.ts";
import { type DaemonArgs, filterQuery } from "../shared-flags.ts";

type Group = WhatIfView["groups"][number];

function columns(as: string): readonly Column<Group>[] {
  return [
    { title: "model", cell: ({ name }) => name, canShrink: true },
    { title: "attempts", cell: ({ attempts }) => formatCount(attempts), align: "right" },
    { title: "cost", cell: ({ costNanoUsd }) => formatUsd(costNanoUsd), align: "right" },
    { title: `at ${as}`, cell: ({ otherwiseNanoUsd }) => formatUsd(otherwiseNanoUsd), align: "right" },
  ];
}

function show(view: WhatIfView, { terminal }: CliHost): void {
  const { totals, price, unpriced } = view;
  const as = plainText(view.as);
  const less = totals.costNanoUsd - totals.otherwiseNanoUsd;
  const words = less >= 0 ? `${formatUsd(less)} less` : `${formatUsd(-less)} more`;
  terminal.out(
    terminal.style.bold(
      `${as} would have cost ${formatUsd(totals.otherwiseNanoUsd)}: ${words} than ${formatUsd(totals.costNanoUsd)}`,
    ),
  );
  terminal.out(
    `${formatPlural(totals.attempts, "attempt")} priced again one by one, at ${plainText(price.source)} (${price.id})`,
  );
  terminal.out(
    "The same tokens are assumed, which another model would not use; quality: unmeasured. Nothing was changed.",
  );
  if (unpriced > 0) {
    terminal.out(
      `${formatPlural(unpriced, "attempt")} of unknown cost ${unpriced === 1 ? "counts" : "count"} on one side only`,
    );
  }
  if (view.groups.length === 0) return;
  terminal.out("");
  const rows: readonly Group[] = [...view.groups, { ...totals, name: "total" }];
  for (const line of renderTable(rows, columns(as), terminal)) terminal.out(line);
}

/** `costs --what-if`: the rows of a time at another model's price of today. */
export async function showWhatIf(
  host: CliHost,
  args: DaemonArgs & { readonly json: boolean },
  query: Parameters<typeof filterQuery>[0],
): Promise<Outcome> {
  const view = await fetchView<WhatIfView>(host, args, "read", `/v1/costs/what-if?${filterQuery(query)}`);
  if (!view.ok) return view.error;
  if (args.json) host.terminal.out(JSON.stringify(view.value));
  else show(view.value, host);
  return EXIT_CODES.ok;
}
