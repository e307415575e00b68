import type { ModelView } from "../core/admin-view.ts";
import type { Rates } from "../core/spending-guard.ts";
import type { CliHost } from "./command.ts";
import { fetchView } from "./connection.ts";
import type { DaemonArgs } from "./shared-flags.ts";

/** What a token of one model costs: nothing of a local one; null where the price is not known. */
export function ratesOf({ isLocal, inputUsd, outputUsd }: ModelView): Rates | null {
  if (isLocal) return { inputUsd: 0, outputUsd: 0 };
  return inputUsd === null || outputUsd === null ? null : { inputUsd, outputUsd };
}

/**
 * The most that a token of a model may cost: its own price, or, of a name that stands for many (`auto`, a chain), the highest of
 * all; null where a price is not known.
 */
export async function mostRatesOf(host: CliHost, args: DaemonArgs, model: string): Promise<Rates | null> {
  const known = await fetchView<{ models: readonly ModelView[] }>(host, args, "read", "/v1/models");
  if (!known.ok) return null;
  const { models } = known.value;
  const named = models.find(({ id, aliases }) => id === model || aliases.includes(model));
  const possible = (named === undefined ? models : [named]).map(ratesOf);
  const rates = possible.filter((rate) => rate !== null);
  if (rates.length === 0 || rates.length < possible.length) return null;
  return {
    inputUsd: Math.max(...rates.map(({ inputUsd }) => inputUsd)),
    outputUsd: Math.max(...rates.map(({ outputUsd }) => outputUsd)),
  };
}
