import type { ProjectRules } from "../core/project.ts";
import { WARN_AT } from "./budgets.ts";
import type { Config } from "./schema.ts";
import type { WrittenRules } from "./schema-projects.ts";

/** What a file says of one project, with every default. */
export function rulesOf(written: WrittenRules): ProjectRules {
  return {
    aliases: written.aliases ?? {},
    chains: written.chains ?? {},
    models: written.models ?? [],
    tag: written.tag ?? null,
    budgets: (written.budgets ?? []).map(({ period, limitUsd, warnAt = WARN_AT, over = "degrade", unpriced }) => ({
      period,
      limitNanoUsd: limitUsd,
      warnAt: [...new Set(warnAt)].sort((left, right) => left - right),
      over,
      isUnpricedAllowed: unpriced === "allow",
    })),
    cacheTtlMs: written.cache ?? null,
    keepsPrompts: written.keepPrompts ?? false,
    rules: written.routing?.rules ?? [],
  };
}

/** What the user's configuration says of projects, by name. */
export function projectsOf({ projects }: Pick<Config, "projects">): Readonly<Record<string, ProjectRules>> {
  return Object.fromEntries(Object.entries(projects ?? {}).map(([name, written]) => [name, rulesOf(written)]));
}
