import type { CatalogRowView, CatalogView } from "../../core/local-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatBytes, formatCount } from "../../terminal/format.ts";
import { type Column, showTable } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, filterQuery, jsonFlag } from "../shared-flags.ts";

function columns(vramBytes: number | null): readonly Column<CatalogRowView>[] {
  const fits: Column<CatalogRowView> = {
    title: "fits at",
    cell: ({ fitsAtContext }) => (fitsAtContext === null ? "partly" : formatCount(fitsAtContext)),
    align: "right",
  };
  return [
    { title: "model", cell: ({ name, isInstalled }) => `${name}${isInstalled ? " *" : ""}` },
    { title: "download", cell: ({ downloadBytes }) => formatBytes(downloadBytes), align: "right" },
    { title: "quant", cell: ({ quantization }) => quantization },
    { title: "context", cell: ({ contextTokens }) => formatCount(contextTokens), align: "right" },
    { title: "KV/token", cell: ({ kv }) => formatBytes(kv.bytesPerToken), align: "right" },
    ...(vramBytes === null ? [] : [fits]),
    { title: "fills in", cell: ({ infill }) => (infill === null ? "" : "yes") },
    { title: "licence", cell: ({ licence }) => licence, canShrink: true },
    { title: "good for", cell: ({ strengths }) => strengths, canShrink: true },
  ];
}

export const command = defineCommand({
  meta: {
    name: "catalog",
    description: "Models worth pulling, and what of them fits a card",
    examples: [
      ["lodestar local catalog", "all that are known; * is installed"],
      [
        "lodestar local catalog --fits 4096",
        "those that a card of 4,096 MiB holds wholly, and the largest context there",
      ],
    ],
    notes: [
      "Sizes and what fits are reckoned from the models' dimensions by the same plan as `local plan`. --json has the prompt format, the KV shape and the tokens for filling in the middle.",
    ],
  },
  args: {
    fits: {
      type: "string",
      value: "integer",
      valueHint: "MIB",
      description: "only what a card of so much memory holds wholly",
    },
    vram: {
      type: "string",
      value: "integer",
      valueHint: "MIB",
      description: "tell for every model what fits such a card",
    },
    task: {
      type: "enum",
      options: ["complete", "chat", "code", "tools", "tiny"],
      description: "only models that are good for this",
    },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const vram = args.fits ?? args.vram;
    const query = filterQuery({ vram, fits: args.fits === undefined ? undefined : "true", task: args.task });
    const view = await fetchView<CatalogView>({ ...rest, terminal }, args, "read", `/v1/local/catalog?${query}`);
    if (!view.ok) return view.error;
    const { models, vramBytes, date } = view.value;
    if (args.json) terminal.out(JSON.stringify(view.value));
    else {
      showTable(terminal, models, columns(vramBytes), "nothing in the catalogue is like that");
      terminal.talk(`as of ${date}; * is installed`);
    }
    return EXIT_CODES.ok;
  },
});
