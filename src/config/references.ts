import { BUILT_IN_ALIASES, CHOICE_NAMES } from "../core/expand.ts";
import { didYouMean } from "../core/suggest.ts";
import { PROVIDERS } from "../providers/_all.ts";
import type { LocalProblem } from "./accounts.ts";
import type { Settings } from "./settings.ts";
import type { ValuePath } from "./yaml-source.ts";

/** What a name leads to: targets, nothing, or round in a circle. */
type Outcome =
  | { readonly kind: "known" }
  | { readonly kind: "unknown" }
  | { readonly kind: "cycle"; readonly trail: string };

interface Names {
  readonly settings: Settings;
  /** Providers that a `provider/model` may name: the configured and the built-in ones. */
  readonly providers: ReadonlySet<string>;
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

/** Every alias, chain entry and price override that leads nowhere or in a circle. */
export function checkReferences(settings: Settings): readonly LocalProblem[] {
  const names: Names = {
    settings,
    providers: new Set(
      [...settings.providers, ...PROVIDERS.map((provider) => ({ provider }))].map((p) => p.provider.id),
    ),
    models: new Set(settings.providers.flatMap((configured) => configured.models)),
  };
  const aliases = Object.entries(settings.aliases).map(([name, target]) =>
    check(["aliases", name], target, names, [`alias ${name}`]),
  );
  const chains = Object.entries(settings.chains).flatMap(([name, entries]) =>
    entries.map((entry, index) => check(["chains", name, index], entry, names, [`chain ${name}`])),
  );
  const prices = Object.keys(settings.prices.overrides).map((model) =>
    checkModel(["prices", "overrides", model], model, names),
  );
  const baseline = checkModel(["baselineModel"], settings.baselineModel, names);
  return [...aliases, ...chains, ...prices, baseline].filter((problem) => problem !== null);
}
