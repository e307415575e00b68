import type { Candidate, Directory, Expansion } from "./directory.ts";
import { type ClientError, refusal } from "./fault.ts";

function orProblem(candidates: readonly Candidate[], problem: ClientError): Expansion {
  return candidates.length > 0 ? { candidates } : { candidates, problem };
}

/** The best chat model of every local engine. */
function expandFree({ sources, pullHint }: Directory, reason: string): Expansion {
  const local = sources.filter((source) => source.isLocal);
  const candidates = local.flatMap(({ id, free }) => (free === null ? [] : [{ provider: id, model: free, reason }]));
  const message = `No local model is available. ${pullHint}`;
  return orProblem(candidates, refusal("no_local_model", message, { param: "model" }));
}

interface Priced {
  readonly provider: string;
  readonly model: string | null;
  readonly price: number | null;
}

/** By price, ascending (`direction` 1) or descending (-1), unknown ones last either way. */
function byPrice(direction: 1 | -1) {
  return function compare({ price: left }: Priced, { price: right }: Priced): number {
    if (left === right) return 0;
    if (left === null) return 1;
    return right === null ? -1 : direction * (left - right);
  };
}

function expandPaid(name: string, priced: readonly Priced[], reason: string): Expansion {
  const candidates = priced.flatMap(({ provider, model }) => (model === null ? [] : [{ provider, model, reason }]));
  const message = `"${name}" needs a paid provider and none is configured: run \`lodestar provider add deepseek\` (or another name from \`lodestar provider list\`).`;
  return orProblem(candidates, refusal("no_paid_provider", message, { param: "model" }));
}

/**
 * What `free`, `cheap` and `best` choose; null for any other name. `cheap` goes by the list price of each provider's cheap
 * model, the lowest first, `best` by that of its strong one, the highest first.
 */
export function expandChoice(name: string, directory: Directory, reason: string): Expansion | null {
  const paid = directory.sources.filter((source) => !source.isLocal);
  switch (name) {
    case "free":
      return expandFree(directory, reason);
    case "cheap": {
      const priced = paid.map(({ id, cheap, cheapPrice }) => ({ provider: id, model: cheap, price: cheapPrice }));
      return expandPaid(name, priced.sort(byPrice(1)), reason);
    }
    case "best": {
      const priced = paid.map(({ id, strong, strongPrice }) => ({ provider: id, model: strong, price: strongPrice }));
      return expandPaid(name, priced.sort(byPrice(-1)), reason);
    }
    default:
      return null;
  }
}
