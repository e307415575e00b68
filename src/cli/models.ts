import type { CatalogueModelView, ModelView, StatusView } from "../core/admin-view.ts";
import { failure, type Result, success } from "../core/result.ts";
import { didYouMean } from "../core/suggest.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatCount, formatPlural } from "../terminal/format.ts";
import { type CliProblem, usageProblem } from "../terminal/problem.ts";
import { type Column, showTable } from "../terminal/table.ts";
import { type CliHost, defineCommand, type Outcome } from "./command.ts";
import { fetchView } from "./connection.ts";
import { abilitiesOf, chooseModels, type ModelWish } from "./models-filter.ts";
import { type DaemonArgs, daemonFlags, inputsOf, jsonFlag } from "./shared-flags.ts";

function price(usd: number | null, isLocal: boolean): string {
  if (isLocal || usd === 0) return "free";
  return usd === null ? "unknown" : `$${usd}`;
}

const NAME: Column<ModelView> = { title: "model", cell: ({ id }) => id, canShrink: true };
const ALIASES: Column<ModelView> = { title: "aliases", cell: ({ aliases }) => aliases.join(" "), canShrink: true };
const FACTS: readonly Column<ModelView>[] = [
  { title: "in / 1M", cell: ({ inputUsd, isLocal }) => price(inputUsd, isLocal), align: "right" },
  { title: "out / 1M", cell: ({ outputUsd, isLocal }) => price(outputUsd, isLocal), align: "right" },
  {
    title: "context",
    cell: ({ contextTokens }) => (contextTokens === null ? "" : formatCount(contextTokens)),
    align: "right",
  },
  { title: "can", cell: (model) => abilitiesOf(model).join(" "), canShrink: true },
];
const KEY: Column<CatalogueModelView> = {
  title: "key",
  cell: ({ keyEnv, isKeySet }) => (isKeySet ? `${keyEnv} is set` : (keyEnv ?? "")),
  canShrink: true,
};

interface Args extends ModelWish, DaemonArgs {
  readonly all: boolean;
  readonly json: boolean;
}

function emptyText(all: readonly ModelView[]): string {
  if (all.length === 0) return "no models: add a key (lodestar provider add NAME) or pull one (ollama pull …)";
  return `none of ${formatPlural(all.length, "model")} matches`;
}

/** That `--provider` names none of those it could; a known one that is not configured is told how. */
function unknownProvider(wanted: string, known: readonly string[], isAll: boolean): CliProblem {
  if (!isAll && known.includes(wanted)) {
    const fix = `lodestar provider add ${wanted}; lodestar models --all --provider ${wanted} shows what it has`;
    return usageProblem("provider_not_configured", `${wanted} is not configured here`, fix);
  }
  const which = isAll ? "no provider that Lodestar knows is called" : "no configured provider is called";
  const fix = isAll ? "lodestar models --all shows every provider" : "lodestar provider list shows them; --all, others";
  return usageProblem("unknown_provider", `${which} "${wanted}".${didYouMean(wanted, known)}`, fix);
}

function show<Model extends ModelView>(
  { terminal }: Pick<CliHost, "terminal">,
  args: Args,
  models: readonly Model[],
  columns: readonly Column<Model>[],
): Outcome {
  const found = chooseModels(models, args);
  if (!found.ok) return found.error;
  if (args.json) terminal.out(JSON.stringify({ models: found.value }));
  else showTable(terminal, found.value, columns, emptyText(models));
  return EXIT_CODES.ok;
}

/** The models that a daemon serves, or that this configuration would; `--provider` must be configured, if with no model. */
async function configured(host: CliHost, args: Args): Promise<Result<readonly ModelView[], CliProblem>> {
  const view = await fetchView<{ models: readonly ModelView[] }>(host, args, "read", "/v1/models");
  if (!view.ok) return view;
  const { models } = view.value;
  if (args.provider === undefined || models.some(({ provider }) => provider === args.provider)) return success(models);
  const status = await fetchView<StatusView>(host, args, "read", "/v1/status");
  if (!status.ok) return status;
  const ids = status.value.providers.map(({ id }) => id);
  if (ids.includes(args.provider)) return success(models);
  const builtIn = (await host.backend()).knownProviders().map(({ id }) => id);
  return failure(unknownProvider(args.provider, [...new Set([...ids, ...builtIn])], false));
}

/** Every known model; `--provider` must be known. */
async function catalogued(host: CliHost, args: Args): Promise<Result<readonly CatalogueModelView[], CliProblem>> {
  const backend = await host.backend();
  const models = backend.listCatalogue(inputsOf(host, args));
  const builtIn = backend.knownProviders().map(({ id }) => id);
  const known = [...new Set([...models.map(({ provider }) => provider), ...builtIn])];
  if (args.provider === undefined || known.includes(args.provider)) return success(models);
  return failure(unknownProvider(args.provider, known, true));
}

export const command = defineCommand({
  meta: {
    name: "models",
    description: "The models that can be asked, with aliases, prices and capabilities",
    group: "See",
    examples: [
      ["lodestar models --provider ollama", "what is pulled on this machine"],
      ["lodestar models qwen tools", "models that match every word"],
      ["lodestar models --all --tools --max-price 1 --sort price", "the whole catalogue, cheapest first"],
    ],
    notes: [
      "Prices are in US dollars per million tokens. Any other name of a known provider works too, as provider/model.",
      "With --all, every provider and model of the bundled catalogue is shown, with the variable whose key would enable it.",
    ],
  },
  args: {
    search: {
      type: "positional",
      isRepeatable: true,
      description: "words to look for in name, alias and capabilities",
    },
    all: { type: "boolean", alias: "a", description: "every known model, of configured providers or not" },
    provider: { type: "string", valueHint: "ID", description: "only this provider" },
    maxPrice: { type: "string", valueHint: "USD", description: "at most this much per million output tokens" },
    minContext: { type: "string", valueHint: "TOKENS", description: "a context of at least this size, such as 200k" },
    tools: { type: "boolean", description: "only models that use tools" },
    images: { type: "boolean", description: "only models that read images" },
    reasoning: { type: "boolean", description: "only models that reason" },
    draws: { type: "boolean", description: "only models that make images" },
    free: { type: "boolean", description: "only models that cost nothing" },
    sort: { type: "enum", options: ["name", "price", "context"], description: "the order of the list" },
    ...jsonFlag,
    ...daemonFlags,
  },
  subCommands: {
    pick: async () => (await import("./models/pick.ts")).command,
  },
  async run(host) {
    const { args } = host;
    if (args.all) {
      const known = await catalogued(host, args);
      return known.ok ? show(host, args, known.value, [NAME, ...FACTS, KEY]) : known.error;
    }
    const models = await configured(host, args);
    return models.ok ? show(host, args, models.value, [NAME, ALIASES, ...FACTS]) : models.error;
  },
});
