import { expandChoice } from "./choice.ts";
import { isCloudModel } from "./cloud-model.ts";
import type { Candidate, Directory, Expansion, UnconfiguredProvider } from "./directory.ts";
import { type ClientError, refusal } from "./fault.ts";
import { targetName } from "./target.ts";

/** Names that work without configuration. The first system's names keep working. */
export const BUILT_IN_ALIASES: Readonly<Record<string, readonly string[]>> = {
  "gpt-3.5-turbo": ["ollama/deepseek-coder*", "free"],
  "local-llama": ["ollama/llama*", "free"],
  "claude-sonnet": ["anthropic/claude-sonnet-5"],
  "claude-opus": ["anthropic/claude-opus-5"],
  "gpt-4o": ["openai/gpt-4o"],
  grok: ["xai/grok-4.5"],
  gemini: ["google/gemini-3.1-pro-preview"],
};

/** Names that stand for a choice rather than a model. */
export const CHOICE_NAMES: readonly string[] = ["auto", "free", "cheap", "best"];

const DEFAULT_CHAIN: readonly string[] = ["free", "cheap", "best"];

const NOTHING: Expansion = { candidates: [] };

function because(reason: string, step: string): string {
  return reason === "" ? step : `${reason}>${step}`;
}

function found(candidates: readonly Candidate[]): Expansion {
  return { candidates };
}

/** `provider/model` under a configured provider; the model name may hold slashes of its own. */
function expandAddress(name: string, directory: Directory, reason: string): Expansion | null {
  const slash = name.indexOf("/");
  if (slash <= 0 || slash === name.length - 1) return null;
  const provider = name.slice(0, slash);
  const model = name.slice(slash + 1);
  const source = directory.sources.find((known) => known.id === provider);
  if (source !== undefined) {
    // A pattern over a local engine means models that are here: what is meant to cost money is named in full.
    const isMeant = (known: string): boolean =>
      matchesPattern(known, model) && !(source.isLocal && isCloudModel(known));
    const installed = model.endsWith("*") ? source.models.find(isMeant) : model;
    return installed === undefined ? NOTHING : found([{ provider, model: installed, reason: reason || "explicit" }]);
  }
  const missing = directory.unconfigured.find((known) => known.id === provider);
  if (missing === undefined) return null;
  return { candidates: [], problem: notConfigured(name, missing) };
}

function notConfigured(name: string, provider: UnconfiguredProvider): ClientError {
  const how =
    provider.keyEnv === ""
      ? `start it, or add a \`providers\` entry for "${provider.id}"`
      : `set ${provider.keyEnv} or run \`lodestar provider add ${provider.id}\``;
  return refusal(
    "provider_not_configured",
    `"${name}" needs the provider "${provider.id}", which is not configured: ${how}.`,
    {
      param: "model",
    },
  );
}

/** Whether a name matches a pattern in which `*` stands for any characters. */
export function matchesPattern(name: string, pattern: string): boolean {
  const pieces = pattern.split("*");
  const first = pieces[0] ?? "";
  if (pieces.length === 1) return name === pattern;
  const last = pieces.at(-1) ?? "";
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let position = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const next = name.indexOf(piece, position);
    if (next === -1) return false;
    position = next + piece.length;
  }
  return position <= name.length - last.length;
}

function expandBareName(name: string, directory: Directory, reason: string): Expansion | null {
  const owners = directory.sources.filter(
    (source) => source.models.includes(name) || source.models.includes(`${name}:latest`),
  );
  const [owner] = owners;
  if (owner === undefined || owners.length > 1) return null;
  const model = owner.models.includes(name) ? name : `${name}:latest`;
  return found([{ provider: owner.id, model, reason: reason || "bare-name" }]);
}

function joinExpansions(expansions: readonly Expansion[]): Expansion {
  const seen = new Set<string>();
  const candidates = expansions
    .flatMap((expansion) => expansion.candidates)
    .filter((candidate) => {
      const key = targetName(candidate);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  const problem = expansions.find((expansion) => expansion.problem !== undefined)?.problem;
  return candidates.length > 0 || problem === undefined ? { candidates } : { candidates, problem };
}

/** Aliases of aliases are followed so far: further down nobody means one name by another. */
const MOST_LINKS = 8;

/** What a name is another word for: a chain's only entry, or an alias's target. */
function otherWordFor(name: string, { chains, aliases }: Directory): string | undefined {
  const chain = Object.hasOwn(chains, name) ? chains[name] : undefined;
  if (chain !== undefined) return chain.length === 1 ? chain[0] : undefined;
  return Object.hasOwn(aliases, name) ? aliases[name] : undefined;
}

/** Whether a name is `auto`, or another word for it: an alias, or a chain of nothing else. */
export function meansAuto(name: string, directory: Directory): boolean {
  let word: string | undefined = name;
  for (let links = 0; word !== undefined && links <= MOST_LINKS; links++) {
    if (word === "auto") return true;
    word = otherWordFor(word, directory);
  }
  return false;
}

/** A name is looked up in at most this many steps: chains of chains multiply, and no plan needs more. */
const MAX_STEPS = 1_000;

/** One look-up on its way. */
interface LookUp {
  readonly directory: Directory;
  stepsLeft: number;
}

/**
 * Looks a name up: chain, `provider/model`, user alias, unique bare name, built-in name, in this order. `reason` is what
 * led to the name. Chains that multiply beyond {@link MAX_STEPS} steps are refused as a whole.
 */
export function expandName(name: string, directory: Directory, reason = ""): Expansion {
  const lookUp = { directory, stepsLeft: MAX_STEPS };
  const expansion = expand(name, lookUp, reason, new Set());
  return lookUp.stepsLeft < 0 ? { candidates: [], problem: tooManySteps(name) } : expansion;
}

function tooManySteps(name: string): ClientError {
  const message = `"${name}" leads through more than ${MAX_STEPS} chains and aliases, since chains that name one another multiply. Name the models themselves in \`chains\`; \`lodestar config show\` lists them.`;
  return refusal("chain_too_large", message, { param: "model" });
}

/** One name to its candidates. `open` holds the names being expanded, so that no alias or chain can run in a circle. */
function expand(name: string, lookUp: LookUp, reason: string, open: ReadonlySet<string>): Expansion {
  if (--lookUp.stepsLeft < 0) return NOTHING;
  const { directory } = lookUp;
  const chain = Object.hasOwn(directory.chains, name) ? directory.chains[name] : undefined;
  if (chain !== undefined && !open.has(`chain:${name}`)) {
    const inner = new Set(open).add(`chain:${name}`);
    return joinExpansions(chain.map((entry) => expand(entry, lookUp, because(reason, `chain:${name}`), inner)));
  }
  const address = expandAddress(name, directory, reason);
  if (address !== null) return address;
  const alias = Object.hasOwn(directory.aliases, name) ? directory.aliases[name] : undefined;
  if (alias !== undefined && !open.has(`alias:${name}`)) {
    return expand(alias, lookUp, because(reason, `alias:${name}`), new Set(open).add(`alias:${name}`));
  }
  const bare = expandBareName(name, directory, reason);
  if (bare !== null) return bare;
  return expandBuiltIn(name, lookUp, reason, open);
}

function expandBuiltIn(name: string, lookUp: LookUp, reason: string, open: ReadonlySet<string>): Expansion {
  const { directory } = lookUp;
  if (name === "auto" && !open.has("auto")) {
    const entries = directory.chains.default ?? DEFAULT_CHAIN;
    const inner = new Set(open).add("auto").add("chain:default");
    return joinExpansions(entries.map((entry) => expand(entry, lookUp, because(reason, "auto"), inner)));
  }
  const choice = expandChoice(name, directory, because(reason, name));
  if (choice !== null) return choice;
  const aliases = Object.hasOwn(BUILT_IN_ALIASES, name) ? BUILT_IN_ALIASES[name] : undefined;
  if (aliases === undefined || open.has(`alias:${name}`)) return NOTHING;
  const inner = new Set(open).add(`alias:${name}`);
  const expansions = aliases.map((entry) => expand(entry, lookUp, because(reason, `alias:${name}`), inner));
  const [first] = expansions.filter((expansion) => expansion.candidates.length > 0);
  return first ?? joinExpansions(expansions);
}
