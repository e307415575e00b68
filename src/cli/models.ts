import type { ModelView } from "../core/admin-view.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatCount, formatPlural } from "../terminal/format.ts";
import { type Column, showTable } from "../terminal/table.ts";
import { defineCommand } from "./command.ts";
import { fetchView } from "./connection.ts";
import { daemonFlags, jsonFlag } from "./shared-flags.ts";

function price(usd: number | null, isLocal: boolean): string {
  if (isLocal) return "free";
  return usd === null ? "unknown" : `$${usd}`;
}

function capabilities(model: ModelView): string {
  const known: readonly (readonly [string, boolean | null])[] = [
    ["tools", model.canUseTools],
    ["images", model.canReadImages],
    ["reasoning", model.canReason],
  ];
  return known.flatMap(([word, can]) => (can === true ? [word] : [])).join(" ");
}

const COLUMNS: readonly Column<ModelView>[] = [
  { title: "model", cell: ({ id }) => id, canShrink: true },
  { title: "aliases", cell: ({ aliases }) => aliases.join(" "), canShrink: true },
  { title: "in / 1M", cell: ({ inputUsd, isLocal }) => price(inputUsd, isLocal), align: "right" },
  { title: "out / 1M", cell: ({ outputUsd, isLocal }) => price(outputUsd, isLocal), align: "right" },
  {
    title: "context",
    cell: ({ contextTokens }) => (contextTokens === null ? "" : formatCount(contextTokens)),
    align: "right",
  },
  { title: "can", cell: capabilities, canShrink: true },
];

function matches(model: ModelView, words: readonly string[]): boolean {
  const text = [model.id, ...model.aliases, capabilities(model)].join(" ").toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()));
}

export const command = defineCommand({
  meta: {
    name: "models",
    description: "The models that can be asked, with aliases, prices and capabilities",
    group: "See",
    examples: [
      ["lodestar models --provider ollama", "what is pulled on this machine"],
      ["lodestar models qwen tools", "models that match every word"],
    ],
    notes: [
      "Prices are in US dollars per million tokens. Any other name of a known provider works too, as provider/model.",
    ],
  },
  args: {
    search: {
      type: "positional",
      isRepeatable: true,
      description: "words to look for in name, alias and capabilities",
    },
    provider: { type: "string", valueHint: "ID", description: "only this provider" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const view = await fetchView<{ models: readonly ModelView[] }>(host, args, "read", "/v1/models");
    if (!view.ok) return view.error;
    const found = view.value.models
      .filter((model) => args.provider === undefined || model.provider === args.provider)
      .filter((model) => matches(model, args.search));
    if (args.json) {
      terminal.out(JSON.stringify({ models: found }));
      return EXIT_CODES.ok;
    }
    const all = view.value.models.length;
    const none =
      all === 0
        ? "no models: add a key (lodestar provider add NAME) or pull one (ollama pull …)"
        : `none of ${formatPlural(all, "model")} matches`;
    showTable(terminal, found, COLUMNS, none);
    return EXIT_CODES.ok;
  },
});
