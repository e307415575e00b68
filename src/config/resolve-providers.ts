import { isSshUrl } from "../core/ssh-address.ts";
import { didYouMean } from "../core/suggest.ts";
import { listSecrets } from "../host/secrets.ts";
import { findProvider, PROVIDERS } from "../providers/_all.ts";
import { findInCatalogue, providersWithKey } from "../providers/catalogue.ts";
import type { Provider } from "../providers/provider.ts";
import { type Finding, type FoundAccounts, findAccounts, type KeyPlaces, type LocalProblem } from "./accounts.ts";
import { declareProvider } from "./declaration.ts";
import { baseUrlVariable } from "./environment.ts";
import { parseOllamaHost } from "./ollama-host.ts";
import { type Environment, readVariable } from "./paths.ts";
import type { ConfigProblem } from "./problem.ts";
import type { Config } from "./schema.ts";
import { baseUrlFault, type ProviderBlock } from "./schema-provider.ts";
import type { ConfiguredProvider } from "./settings.ts";

/** All providers that can be asked, in the file's order and then in ours. */
export interface ResolvedProviders {
  readonly providers: readonly ConfiguredProvider[];
  readonly findings: readonly Finding[];
  /** Wrong in the file. */
  readonly problems: readonly LocalProblem[];
  /** Wrong in the environment. */
  readonly variableProblems: readonly ConfigProblem[];
  readonly files: readonly string[];
}

/** An address that was given rather than documented. */
interface GivenUrl {
  readonly baseUrl: string;
  readonly source: string;
  readonly note: string | null;
}

/** Whether a URL leads to this machine. */
export function isLoopbackUrl(baseUrl: string): boolean {
  const host = URL.parse(baseUrl)?.hostname ?? "";
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Whether a URL leads to the user's own machines: this one, or one that is reached by SSH. */
function isOwnUrl(baseUrl: string): boolean {
  return isSshUrl(baseUrl) || isLoopbackUrl(baseUrl);
}

/** Our own variable first, then the file, then the provider's own variables. */
function givenUrl(
  id: string,
  base: Provider | undefined,
  block: ProviderBlock,
  environment: Environment,
): GivenUrl | null {
  const read = (name: string): GivenUrl | null => {
    const value = readVariable(environment, name);
    if (value === null) return null;
    if (name === "OLLAMA_HOST") return { ...parseOllamaHost(value), source: name };
    return { baseUrl: value, source: name, note: null };
  };
  const isBuiltIn = base?.id === id;
  const foreign = isBuiltIn ? (base.baseUrlEnv ?? []) : [];
  const ours = [baseUrlVariable(id), ...foreign.filter((name) => name.startsWith("LODESTAR_"))];
  const fromFile = block.baseUrl ? { baseUrl: block.baseUrl, source: "file", note: null } : null;
  const firstOf = (names: readonly string[]): GivenUrl | null =>
    names.map(read).find((found) => found !== null) ?? null;
  return firstOf(ours) ?? fromFile ?? firstOf(foreign);
}

interface Candidate {
  readonly id: string;
  readonly base: Provider | undefined;
  readonly block: ProviderBlock;
  readonly isInFile: boolean;
  readonly url: GivenUrl | null;
}

/** Providers of the catalogue for which there is a key, in the environment or in the store. */
function listedWithKey({ environment, stateDir }: Omit<KeyPlaces, "configDir">): readonly string[] {
  const found = providersWithKey((name) => readVariable(environment, name) !== null, PROVIDERS).map(({ id }) => id);
  const stored = listSecrets(stateDir).filter((id) => findInCatalogue(id) !== undefined);
  return [...new Set([...found, ...stored])];
}

function candidatesOf(config: Config, places: Omit<KeyPlaces, "configDir">): readonly Candidate[] {
  const { environment } = places;
  const blocks = config.providers ?? {};
  const known = [...PROVIDERS.map((provider) => provider.id), ...listedWithKey(places)];
  const others = known.filter((id) => !Object.hasOwn(blocks, id));
  return [...Object.keys(blocks), ...others].map((id) => {
    const block = blocks[id] ?? {};
    const base = findProvider(block.extends ?? id);
    return { id, base, block, isInFile: Object.hasOwn(blocks, id), url: givenUrl(id, base, block, environment) };
  });
}

/** What makes a block unusable before keys are looked at. */
function blockProblem({ id, base, block, url }: Candidate): LocalProblem | null {
  const path = ["providers", id];
  const names = PROVIDERS.map((provider) => provider.id);
  if (block.extends !== undefined && base === undefined) {
    const message = `is no built-in provider: "${block.extends}"`;
    const fix = didYouMean(block.extends, names).trim() || `built in are: ${names.join(", ")}`;
    return { code: "unknown_provider", path: [...path, "extends"], message, fix };
  }
  if (base === undefined && url === null) {
    const hint = didYouMean(id, names).trim();
    const message = "is no built-in provider and has no `baseUrl`";
    return {
      code: "unknown_provider",
      path,
      part: "key",
      message,
      fix: hint || "add `baseUrl`, or `extends` a built-in provider",
    };
  }
  if (base?.ownAddress !== undefined && url === null) {
    const form = new URL(base.endpoints[0]?.baseUrl ?? "").origin;
    const [variable] = base.baseUrlEnv ?? [];
    const message = `has no address: every customer of ${base.name} has one of their own`;
    return { code: "invalid_value", path, part: "key", message, fix: `add \`baseUrl: ${form}\`, or set ${variable}` };
  }
  const speaks = base?.endpoints.some((endpoint) => endpoint.dialect === block.dialect) ?? true;
  if (block.dialect !== undefined && !speaks && url === null) {
    const message = `is not spoken by ${base?.name ?? id} at its documented address`;
    return {
      code: "conflict",
      path: [...path, "dialect"],
      message,
      fix: "remove it, or give a `baseUrl` that speaks it",
    };
  }
  return completionsProblem(base, block, path);
}

/** Text completions are OpenAI's: a provider that is asked in another dialect alone has no place for them. */
function completionsProblem(
  base: Provider | undefined,
  { completions, dialect = "openai-chat" }: ProviderBlock,
  path: readonly string[],
): LocalProblem | null {
  const speaks = base?.endpoints.some((endpoint) => endpoint.dialect === "openai-chat") ?? dialect === "openai-chat";
  if (completions === undefined || speaks) return null;
  const message = "are part of OpenAI's dialect, which this provider is not asked in";
  const fix = "remove it, or add a provider at the same server with `dialect: openai-chat`";
  return { code: "conflict", path: [...path, "completions"], message, fix };
}

function urlProblem({ url }: Candidate): ConfigProblem | null {
  const fault = url === null || url.source === "file" ? null : baseUrlFault(url.baseUrl);
  if (url === null || fault === null) return null;
  return { code: "invalid_value", origin: url.source, path: "", message: fault, fix: "correct or unset it" };
}

function describe(provider: Provider, found: FoundAccounts, url: GivenUrl | null): Finding {
  const at = url === null ? "" : ` at ${provider.endpoints[0]?.baseUrl ?? url.baseUrl} (${url.source})`;
  const sources = found.accounts.map((account) => account.keySource).filter((source) => source !== "none");
  if (found.accounts.length === 0) {
    const [variable] = provider.keyEnv;
    const how = variable === undefined ? "" : `set ${variable} or `;
    const message = `no usable key${at}: ${how}run \`lodestar provider add ${provider.id}\``;
    return { level: "warning", subject: provider.id, message };
  }
  const message = sources.length === 0 ? `no key needed${at}` : `key from ${sources.join(", ")}${at}`;
  return { level: "ok", subject: provider.id, message };
}

/** A key that would cross a network readable by all. */
function plainTextFinding(provider: Provider, found: FoundAccounts): readonly Finding[] {
  const open = provider.endpoints.find(({ baseUrl }) => baseUrl.startsWith("http://") && !isLoopbackUrl(baseUrl));
  if (open === undefined || found.accounts.every((account) => account.key === null)) return [];
  const message = `its key goes to ${open.baseUrl} unencrypted; use https:// if you can`;
  return [{ level: "warning", subject: provider.id, message }];
}

const NOTHING: ResolvedProviders = { providers: [], findings: [], problems: [], variableProblems: [], files: [] };

function originOf(isInFile: boolean, found: FoundAccounts, url: GivenUrl | null): ConfiguredProvider["origin"] {
  if (isInFile) return "file";
  const [account] = found.accounts;
  if (account?.keySource === "stored") return "stored";
  return url !== null || (account?.key ?? null) !== null ? "environment" : "found";
}

/** A key without an address is of no use, which a person should hear. */
function addressFindings({ id, keyEnv, baseUrlEnv = [] }: Provider, { environment }: KeyPlaces): readonly Finding[] {
  const key = keyEnv.find((name) => readVariable(environment, name) !== null);
  if (key === undefined) return [];
  return [{ level: "warning", subject: id, message: `${key} is set, but its address is not: set ${baseUrlEnv[0]}` }];
}

/** Engines on this machine count only when named or moved, for a key alone does not say that they run; Ollama always counts. */
function isWanted({ id, base, isInFile, url }: Candidate, found: FoundAccounts): boolean {
  const isSelfHosted = isLoopbackUrl(base?.endpoints[0]?.baseUrl ?? "");
  return isInFile || id === "ollama" || url !== null || (!isSelfHosted && found.accounts.length > 0);
}

function resolveUsable(candidate: Candidate, places: KeyPlaces): ResolvedProviders {
  const { id, base, block, isInFile, url } = candidate;
  if (base?.ownAddress !== undefined && url === null) return { ...NOTHING, findings: addressFindings(base, places) };
  const declared = declareProvider(id, base, block, url?.baseUrl ?? null);
  const isOwn = declared.endpoints.every((endpoint) => isOwnUrl(endpoint.baseUrl));
  const isKeyOptional = base === undefined || declared.auth.kind === "none" || declared.isLocal === true || isOwn;
  const found = findAccounts(declared, block, isKeyOptional, places);
  const noted: Finding[] = url?.note ? [{ level: "warning", subject: url.source, message: url.note }] : [];
  if (!isWanted(candidate, found)) return { ...NOTHING, findings: [...found.findings, ...noted] };
  const needsAuth = declared.auth.kind === "none" && found.accounts.some((account) => account.key !== null);
  const provider: Provider = needsAuth ? { ...declared, auth: { kind: "bearer" } } : declared;
  const configured: ConfiguredProvider = {
    provider,
    accounts: found.accounts,
    auth: block.auth ?? "account",
    models: block.models ?? [],
    origin: originOf(isInFile, found, url),
  };
  return {
    ...NOTHING,
    providers: [configured],
    findings: [describe(provider, found, url), ...found.findings, ...noted, ...plainTextFinding(provider, found)],
    problems: found.problems,
    files: found.files,
  };
}

function resolveOne(candidate: Candidate, places: KeyPlaces): ResolvedProviders | null {
  if (candidate.block.off === true) return null;
  const problem = candidate.isInFile ? blockProblem(candidate) : null;
  if (problem !== null) return { ...NOTHING, problems: [problem] };
  const variableProblem = urlProblem(candidate);
  if (variableProblem !== null) return { ...NOTHING, variableProblems: [variableProblem] };
  return resolveUsable(candidate, places);
}

/** What was looked for and not found: the usual providers without a key, stored keys that nothing uses. */
function absent(providers: readonly ConfiguredProvider[], config: Config, stateDir: string): readonly Finding[] {
  const present = new Set(providers.map((configured) => configured.provider.id));
  const isOff = (id: string): boolean => config.providers?.[id]?.off === true;
  const missing = PROVIDERS.filter(({ id, keyUrl }) => keyUrl !== undefined && !present.has(id) && !isOff(id));
  const [first] = missing;
  const names = missing.map((provider) => provider.id).join(", ");
  const how = `set ${first?.keyEnv[0]} or run \`lodestar provider add ${first?.id}\``;
  const orphans = listSecrets(stateDir).filter((id) => !present.has(id) && !isOff(id));
  return [
    ...(first === undefined
      ? []
      : [{ level: "info" as const, subject: "providers", message: `no key for ${names}: ${how}` }]),
    ...orphans.map((id) => ({
      level: "warning" as const,
      subject: id,
      message: `a key is stored for it, but no such provider is configured: \`lodestar provider remove ${id}\``,
    })),
  ];
}

/** Every provider that is configured, found in the environment, stored, or expected on this machine. Reads keys, calls nobody. */
export function resolveProviders(
  config: Config,
  places: Omit<KeyPlaces, "configDir">,
  configDirOf: (provider: string) => string,
): ResolvedProviders {
  const parts = candidatesOf(config, places).flatMap(
    (candidate) => resolveOne(candidate, { ...places, configDir: configDirOf(candidate.id) }) ?? [],
  );
  const providers = parts.flatMap((part) => part.providers);
  return {
    providers,
    findings: [...parts.flatMap((part) => part.findings), ...absent(providers, config, places.stateDir)],
    problems: parts.flatMap((part) => part.problems),
    variableProblems: parts.flatMap((part) => part.variableProblems),
    files: parts.flatMap((part) => part.files),
  };
}
