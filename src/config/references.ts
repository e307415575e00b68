import { BUILT_IN_ALIASES, CHOICE_NAMES } from "../core/expand.ts";
import type { ProjectWish } from "../core/project.ts";
import { didYouMean } from "../core/suggest.ts";
import { PROVIDERS } from "../providers/_all.ts";
import type { LocalProblem } from "./accounts.ts";
import { checkRules } from "./rules.ts";
import type { Settings } from "./settings.ts";
import type { ValuePath } from "./yaml-source.ts";

/** What a name leads to: targets, nothing, or round in a circle. */
type Outcome =
  | { readonly kind: "known" }
  | { readonly kind: "unknown" }
  | { readonly kind: "cycle"; readonly trail: string };

interface Names {
  readonly settings: Pick<Settings, "aliases" | "chains">;
  /** Providers that a `provider/model` may name. */
  readonly providers: ReadonlySet<string>;
  /** Providers that exist but may not be named, since they are not configured. */
  readonly unconfigured: ReadonlySet<string>;
  readonly models: ReadonlySet<string>;
}

const KNOWN: Outcome = { kind: "known" };

function entriesOf(name: string, names: Names, trail: readonly string[]): readonly string[] | null {
  const { chains, aliases } = names.settings;
  if (Object.hasOwn(chains, name) && !trail.includes(`chain ${name}`)) return chains[name] ?? [];
  const alias = Object.hasOwn(aliases, name) && !trail.includes(`alias ${name}`) ? aliases[name] : undefined;
  return alias === undefined ? null : [alias];
}

/** Follows a name as the planner does (core/expand.ts): chain, `provider/model`, alias, model, built-in name. */
function follow(name: string, names: Names, trail: readonly string[]): Outcome {
  const slash = name.indexOf("/");
  if (slash > 0) return names.providers.has(name.slice(0, slash)) ? KNOWN : { kind: "unknown" };
  const target = name === "auto" ? "default" : name;
  const entries = entriesOf(target, names, trail);
  if (entries !== null) {
    const isChain = Object.hasOwn(names.settings.chains, target) && !trail.includes(`chain ${target}`);
    const step = `${isChain ? "chain" : "alias"} ${target}`;
    for (const entry of entries) {
      const outcome = follow(entry, names, [...trail, step]);
      if (outcome.kind !== "known") return outcome;
    }
    return KNOWN;
  }
  if (name !== "auto" && (names.models.has(name) || CHOICE_NAMES.includes(name))) return KNOWN;
  if (Object.hasOwn(BUILT_IN_ALIASES, name)) return KNOWN;
  const isOpen = trail.some((step) => step.endsWith(` ${target}`));
  return isOpen ? { kind: "cycle", trail: [...trail, target].join(" → ") } : { kind: "unknown" };
}

function unknownTarget(path: ValuePath, name: string, names: Names): LocalProblem {
  const slash = name.indexOf("/");
  if (slash > 0) {
    const provider = name.slice(0, slash);
    if (names.unconfigured.has(provider)) return unconfiguredTarget(path, name, provider);
    const fix = didYouMean(provider, names.providers).trim() || "add it under `providers`, or correct the name";
    return { code: "unknown_target", path, message: `names "${name}", but there is no provider "${provider}"`, fix };
  }
  const { aliases, chains } = names.settings;
  const known = [...CHOICE_NAMES, ...Object.keys({ ...aliases, ...chains, ...BUILT_IN_ALIASES }), ...names.models];
  const own = path.map(String);
  const others = known.filter((candidate) => !own.includes(candidate));
  const hint = didYouMean(name, others).trim();
  const fix = hint || `write provider/model, for example ollama/${name}`;
  return { code: "unknown_target", path, message: `names "${name}", which is no alias, chain or listed model`, fix };
}

function unconfiguredTarget(path: ValuePath, name: string, provider: string): LocalProblem {
  const message = `names "${name}", but the provider "${provider}" is not configured here`;
  const fix = `lodestar provider add ${provider}; or name another, such as free or cheap, which are whatever is configured`;
  return { code: "unknown_target", path, message, fix };
}

function check(path: ValuePath, name: string, names: Names, trail: readonly string[]): LocalProblem | null {
  const outcome = follow(name, names, trail);
  if (outcome.kind === "known") return null;
  if (outcome.kind === "cycle") {
    const message = `leads round in a circle: ${outcome.trail}`;
    return { code: "cycle", path, message, fix: "let one of them name a provider/model" };
  }
  // A name further down has an entry of its own, which is reported there.
  const isDirect = entriesOf(name === "auto" ? "default" : name, names, trail) === null;
  return isDirect ? unknownTarget(path, name, names) : null;
}

function checkModel(path: ValuePath, model: string, names: Names): LocalProblem | null {
  const slash = model.indexOf("/");
  if (slash > 0 && names.providers.has(model.slice(0, slash))) return null;
  const provider = slash > 0 ? model.slice(0, slash) : model;
  const fix = didYouMean(provider, names.providers).trim() || "write provider/model";
  const part = path[0] === "prices" ? { part: "key" as const } : {};
  return { code: "unknown_target", path, ...part, message: "names no provider/model of a known provider", fix };
}

/** The names that the settings of the user may use: an unconfigured built-in provider is no mistake there. */
function namesOf(settings: Settings): Names {
  return {
    settings,
    providers: new Set(
      [...settings.providers, ...PROVIDERS.map((provider) => ({ provider }))].map((p) => p.provider.id),
    ),
    unconfigured: new Set(),
    models: new Set(settings.providers.flatMap((configured) => configured.models)),
  };
}

/** Every alias and chain entry that stands below `prefix` and leads nowhere or in a circle. */
function checkTargets(
  { aliases, chains }: Pick<ProjectWish, "aliases" | "chains">,
  names: Names,
  prefix: ValuePath,
): readonly LocalProblem[] {
  const wrongAliases = Object.entries(aliases).map(([name, target]) =>
    check([...prefix, "aliases", name], target, names, [`alias ${name}`]),
  );
  const wrongChains = Object.entries(chains).flatMap(([name, entries]) =>
    entries.map((entry, index) => check([...prefix, "chains", name, index], entry, names, [`chain ${name}`])),
  );
  return [...wrongAliases, ...wrongChains].filter((problem) => problem !== null);
}

/** The names of a project: its own before the user's. */
function withProject(names: Names, { aliases, chains }: Pick<ProjectWish, "aliases" | "chains">): Names {
  const { settings } = names;
  return {
    ...names,
    settings: { aliases: { ...settings.aliases, ...aliases }, chains: { ...settings.chains, ...chains } },
  };
}

/** As {@link checkReferences}, for a project's own file: it may only lead to what is configured. */
export function checkProjectReferences(wish: ProjectWish, settings: Settings): readonly LocalProblem[] {
  const usable = settings.providers.filter(({ accounts }) => accounts.length > 0).map(({ provider }) => provider.id);
  const names = namesOf(settings);
  const providers = new Set(usable);
  const unconfigured = names.providers.difference(providers);
  const own = withProject({ ...names, providers, unconfigured }, wish);
  const inRules = checkRules(wish.rules, settings, own.settings, (path, name) => check(path, name, own, []));
  return [...checkTargets(wish, own, []), ...inRules];
}

/** The names of the verified cascade: whom it checks, and who judges. */
function checkCascade({ routing }: Settings, names: Names): readonly LocalProblem[] {
  const { judge, names: checked } = routing.cascade;
  const path = ["routing", "cascade"];
  const problems = checked.map((name, index) =>
    name === "auto" ? null : check([...path, "names", index], name, names, []),
  );
  const ofJudge = judge === null ? null : check([...path, "judge"], judge, names, []);
  return [...problems, ofJudge].filter((problem) => problem !== null);
}

/** Every alias, chain entry, rule and price override that leads nowhere or in a circle. */
export function checkReferences(settings: Settings): readonly LocalProblem[] {
  const names = namesOf(settings);
  const prices = Object.keys(settings.prices.overrides).map((model) =>
    checkModel(["prices", "overrides", model], model, names),
  );
  const baseline = checkModel(["baselineModel"], settings.baselineModel, names);
  const projects = Object.entries(settings.projects).flatMap(([name, rules]) =>
    checkTargets(rules, withProject(names, rules), ["projects", name]),
  );
  const inRules = checkRules(settings.rules, settings, settings, (path, name) => check(path, name, names, []));
  const others = [...prices, baseline].filter((problem) => problem !== null);
  const inCascade = checkCascade(settings, names);
  const inPool = settings.routing.pool
    .map((name, index) => check(["routing", "pool", index], name, names, []))
    .filter((problem) => problem !== null);
  return [...checkTargets(settings, names, []), ...projects, ...inRules, ...inCascade, ...inPool, ...others];
}
