import { type CompiledRules, compileRules } from "../../core/routing/rules/compile.ts";
import type { Rule } from "../../core/routing/rules/rule.ts";
import type { RouterServices } from "./surroundings.ts";

/** Rules ready to be asked. */
export interface RuleBook {
  /** Those that hold for the requests of a project; null where there are none. */
  of(project: string | null): CompiledRules | null;
}

const NONE: readonly Rule[] = [];
/** Projects that are configured at once; what is beyond is compiled anew. */
const MOST_PROJECTS = 1_000;

interface Compiled {
  readonly own: readonly Rule[];
  readonly project: readonly Rule[];
  readonly timeZone: string;
  readonly rules: CompiledRules;
}

/** Compiles rules once for each configuration and project. */
export function createRuleBook({ settings, project }: Pick<RouterServices, "settings" | "project">): RuleBook {
  const known = new Map<string, Compiled>();
  return {
    of(name) {
      const { rules: own, timeZone } = settings();
      const projects = name === null ? NONE : (project(name)?.project.rules ?? NONE);
      if (own.length + projects.length === 0) return null;
      const key = name ?? "";
      const found = known.get(key);
      if (found?.own === own && found.project === projects && found.timeZone === timeZone) return found.rules;
      const rules = compileRules(own, projects, timeZone);
      if (known.size >= MOST_PROJECTS) known.clear();
      known.set(key, { own, project: projects, timeZone, rules });
      return rules;
    },
  };
}
