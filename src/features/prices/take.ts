import { failure, type Result, success } from "../../core/result.ts";
import type { CardTable } from "./compare.ts";

/** A table with fewer than this part of the models in use is taken for a broken one. */
const LEAST_KEPT = 0.5;
/** Prices do not rise or fall like this but by a slip of the unit. */
const UNIT_SLIP = 10;
/** So large a part of the models with such a change is a slip, not news. */
const MOST_SLIPPED = 0.1;

function inputOf(card: { readonly rates: { readonly input?: unknown } } | undefined): number | null {
  const rate = card?.rates.input;
  if (typeof rate === "number") return rate;
  return typeof rate === "object" && rate !== null && "base" in rate && typeof rate.base === "number"
    ? rate.base
    : null;
}

/** A class of rates that so many models in use have does not go away at once. */
const MANY_RATES = 10;

function countRates(table: CardTable): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { rates } of table.values()) {
    for (const name of Object.keys(rates)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** A class of rates that a table in use has and the other one never: then its format is another one. */
function lostRate(before: CardTable, after: CardTable): string | null {
  const [old, now] = [countRates(before), countRates(after)];
  for (const [name, count] of old)
    if (count >= MANY_RATES && !now.has(name)) return `${name}, which ${count} models have`;
  return null;
}

/** Whether a table that is sound by itself may take the place of the one in use; the failure says why not. */
export function checkChange(before: CardTable, after: CardTable): Result<null, string> {
  if (after.size < before.size * LEAST_KEPT) {
    return failure(`it has ${after.size} priced models where ${before.size} are in use: more than half would be lost`);
  }
  const lost = lostRate(before, after);
  if (lost !== null) return failure(`it has no rates at all for ${lost} now: it is of an older or another format`);
  let compared = 0;
  let slipped = 0;
  for (const [name, card] of before) {
    const [old, now] = [inputOf(card), inputOf(after.get(name))];
    if (old === null || now === null || old === 0 || now === 0) continue;
    compared += 1;
    if (now / old >= UNIT_SLIP || old / now >= UNIT_SLIP) slipped += 1;
  }
  if (compared > 0 && slipped > compared * MOST_SLIPPED) {
    return failure(
      `${slipped} of ${compared} known models cost at least ${UNIT_SLIP} times as much or as little: its unit is another one`,
    );
  }
  return success(null);
}
