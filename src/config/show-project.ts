import { formatLimit, limitOf } from "../core/budget/text.ts";
import type { NanoUsd } from "../core/money.ts";
import type { ProjectRules } from "../core/project.ts";
import { formatDuration } from "./units.ts";

function filled<Value extends object>(value: Value): Value | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

/** The limit of a budget as a file writes it. Sixteen digits are more than every number holds: such a limit stays text. */
export function shownLimit(nano: NanoUsd): number | string {
  const limit = formatLimit(nano);
  return limitOf(Number(limit)) === nano ? Number(limit) : limit;
}

/** A cache time as a file writes it; undefined where none is set. */
function shownCache(cacheTtlMs: number | null): string | undefined {
  if (cacheTtlMs === null) return undefined;
  return cacheTtlMs === 0 ? "off" : formatDuration(cacheTtlMs);
}

/** What the user's configuration says of a project, in the words of the file. */
export function shownProject(rules: ProjectRules): Readonly<Record<string, unknown>> {
  const { aliases, chains, models, tag, budgets, cacheTtlMs, keepsPrompts } = rules;
  return {
    aliases: filled(aliases),
    chains: filled(chains),
    models: filled(models),
    tag: tag ?? undefined,
    budgets: filled(
      budgets.map(({ period, limitNanoUsd, warnAt, over, isUnpricedAllowed }) => ({
        period,
        limitUsd: shownLimit(limitNanoUsd),
        warnAt,
        over,
        unpriced: isUnpricedAllowed ? "allow" : "deny",
      })),
    ),
    cache: shownCache(cacheTtlMs),
    keepPrompts: keepsPrompts,
  };
}
