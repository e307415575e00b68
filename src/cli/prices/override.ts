import { setPriceOverride } from "../../config/edit.ts";
import { loadSettings } from "../../config/load.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import type { BackendInputs } from "../backend.ts";
import { defineCommand } from "../command.ts";
import { configProblem } from "../config/check.ts";
import { editConfig, ownConfigFile } from "../config/edit.ts";
import { reloadDaemon } from "../provider/call.ts";
import { type DaemonArgs, daemonFlags, inputsOf, jsonFlag } from "../shared-flags.ts";

/** As the configuration bounds it. */
const MAX_USD = 1_000_000;

/** Flags and the rates they set. */
const RATES = {
  input: "input",
  output: "output",
  cacheRead: "cacheRead",
  cacheWrite: "cacheWrite5m",
  cacheWrite1h: "cacheWrite1h",
} as const;

type RateFlag = keyof typeof RATES;

interface Wish extends DaemonArgs, Partial<Readonly<Record<RateFlag, string | undefined>>> {
  readonly model: string;
  readonly remove: boolean;
}

function numberOf(flag: string, text: string): Result<number, CliProblem> {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= MAX_USD) return success(value);
  const fix = `--${flag} 2.5 means $2.50 per million tokens`;
  return failure(usageProblem("bad_rate", `--${flag} takes US dollars per million tokens, not "${text}"`, fix));
}

/** The rates that were given; null to remove. */
function ratesOf(wish: Wish): Result<Readonly<Record<string, number>> | null, CliProblem> {
  const rates: Record<string, number> = {};
  for (const [flag, rate] of Object.entries(RATES)) {
    const text = wish[flag as RateFlag];
    if (text === undefined) continue;
    const value = numberOf(
      flag.replace(/[A-Z]|1h/g, (part) => `-${part.toLowerCase()}`),
      text,
    );
    if (!value.ok) return value;
    rates[rate] = value.value;
  }
  const isEmpty = Object.keys(rates).length === 0;
  if (wish.remove && !isEmpty)
    return failure(usageProblem("flags_conflict", "--remove and rates exclude each other", "give one of them"));
  if (wish.remove) return success(null);
  if (!isEmpty) return success(rates);
  const fix = `lodestar prices override ${wish.model} --input 2.5 --output 10, or --remove`;
  return failure(usageProblem("no_rates", "an override needs at least one rate", fix));
}

/** Changes the file, but not to one with which the whole configuration would not load. */
function change(
  inputs: BackendInputs,
  { model }: Wish,
  rates: Readonly<Record<string, number>> | null,
): Promise<Result<string | null, CliProblem>> {
  return editConfig(
    inputs,
    (text, file) =>
      rates === null && !text.includes(model) ? success(text) : setPriceOverride(text, file, model, rates),
    () => {
      const loaded = loadSettings({ flags: inputs.flags, environment: inputs.environment });
      return loaded.ok ? null : configProblem(loaded.error);
    },
  );
}

export const command = defineCommand({
  meta: {
    name: "override",
    description: "Set your own price of a model in the configuration file, or take it out",
    examples: [
      ["lodestar prices override lab/qwen-7b --input 0.1 --output 0.3", "US dollars per million tokens"],
      ["lodestar prices override 'openrouter/*' --input 1 --output 2", "every model of a provider"],
      ["lodestar prices override lab/qwen-7b --remove", "back to the tables"],
    ],
    notes: ["Comments and order of the file are kept. Rates by size (tiers) and by service tier are written by hand."],
  },
  args: {
    model: {
      type: "positional",
      required: true,
      description: "provider/model, or a beginning of it with * at its end",
    },
    input: { type: "string", valueHint: "USD", description: "per million input tokens" },
    output: { type: "string", valueHint: "USD", description: "per million output tokens" },
    cacheRead: { type: "string", valueHint: "USD", description: "per million cached tokens" },
    cacheWrite: { type: "string", valueHint: "USD", description: "per million tokens written to the cache" },
    cacheWrite1h: { type: "string", valueHint: "USD", description: "the same, kept for an hour" },
    remove: { type: "boolean", description: "take the override out" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const rates = ratesOf(args);
    if (!rates.ok) return rates.error;
    const inputs = inputsOf(host, args);
    const changed = await change(inputs, args, rates.value);
    if (!changed.ok) return changed.error;
    const file = ownConfigFile(inputs);
    if (changed.value === null && rates.value === null) {
      return failureProblem("no_such_override", `${file} has no price of "${args.model}"`, "lodestar config show");
    }
    const reloaded = changed.value === null ? "none" : await reloadDaemon(host, args);
    if (typeof reloaded === "object") return reloaded;
    const isReloaded = reloaded === "reloaded";
    if (args.json) {
      host.terminal.out(JSON.stringify({ file, model: args.model, rates: rates.value, reloaded: isReloaded }));
    } else {
      const what = rates.value === null ? "took the price out of" : "the price is in";
      host.terminal.out(`${what} ${file}${isReloaded ? ", and the daemon uses it" : ""}`);
    }
    return EXIT_CODES.ok;
  },
});
