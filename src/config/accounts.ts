import { readSecret, resolveSecret, type Secret, type SecretPlaces, type SecretProblem } from "../host/secrets.ts";
import type { Provider } from "../providers/provider.ts";
import { readVariable } from "./paths.ts";
import type { ConfigProblem } from "./problem.ts";
import type { ProviderBlock } from "./schema-provider.ts";
import type { Account } from "./settings.ts";
import type { ValuePath } from "./yaml-source.ts";

/** Where keys may lie. */
export interface KeyPlaces extends SecretPlaces {
  readonly stateDir: string;
}

/** Something a person should know, that does not keep Lodestar from running. */
export interface Finding {
  /** `ok`: found and used; `info`: not there, which is fine; `warning`: should be mended. */
  readonly level: "ok" | "info" | "warning";
  /** A provider's id, a variable or a file. */
  readonly subject: string;
  readonly message: string;
}

/** A problem whose place in the configuration is still to be looked up. */
export interface LocalProblem extends Pick<ConfigProblem, "code" | "message" | "fix"> {
  readonly path: ValuePath;
  /** What the complaint is about; default the value. */
  readonly part?: "key";
}

/** The accounts of one provider, and what was noticed on the way. */
export interface FoundAccounts {
  readonly accounts: readonly Account[];
  readonly findings: readonly Finding[];
  readonly problems: readonly LocalProblem[];
  /** Key files to be watched for changes. */
  readonly files: readonly string[];
}

const NOTHING: FoundAccounts = { accounts: [], findings: [], problems: [], files: [] };

function keyless(id: string): Account {
  return { id, group: id, key: null, keySource: id === "client" ? "client" : "none" };
}

function withKey(id: string, group: string, secret: Secret, source: string, subject: string): FoundAccounts {
  return {
    accounts: [{ id, group, key: secret.value, keySource: source }],
    findings: secret.warning === null ? [] : [{ level: "warning", subject, message: secret.warning }],
    problems: [],
    files: secret.file === null ? [] : [secret.file],
  };
}

function join(parts: readonly FoundAccounts[]): FoundAccounts {
  return {
    accounts: parts.flatMap((part) => part.accounts),
    findings: parts.flatMap((part) => part.findings),
    problems: parts.flatMap((part) => part.problems),
    files: parts.flatMap((part) => part.files),
  };
}

/** A key named in the file: one that is not there yet is a warning, one that can never work is an error. */
function named(
  provider: string,
  id: string,
  group: string,
  reference: string,
  path: ValuePath,
  places: KeyPlaces,
): FoundAccounts {
  const found = resolveSecret(reference, places);
  if (found.ok) return withKey(id, group, found.value, reference, provider);
  const { code, message, fix } = found.error;
  if (code === "secret_placeholder" || code === "secret_malformed") {
    return { ...NOTHING, problems: [{ code: "bad_key", path, message: `cannot be used: ${message}`, fix }] };
  }
  return { ...NOTHING, findings: [{ level: "warning", subject: provider, message: `${message}: ${fix}` }] };
}

function listed(provider: string, block: ProviderBlock, places: KeyPlaces): FoundAccounts {
  const seen = new Set<string>();
  const parts = (block.accounts ?? []).map((account, index) => {
    const path = ["providers", provider, "accounts", index];
    const id = account.id ?? String(index + 1);
    const isTwice = seen.has(id);
    seen.add(id);
    const found = named(provider, id, account.group ?? id, account.key, [...path, "key"], places);
    const problem: LocalProblem = {
      code: "conflict",
      path: [...path, "id"],
      message: `is used twice: "${id}"`,
      fix: "give each account an id of its own",
    };
    return isTwice ? { ...found, problems: [...found.problems, problem] } : found;
  });
  return join(parts);
}

function unusable(subject: string, error: SecretProblem): FoundAccounts {
  return { ...NOTHING, findings: [{ level: "warning", subject, message: `${error.message}, so it is not used` }] };
}

/** The first of the provider's variables that holds a key; placeholders are passed over aloud. */
function fromEnvironment(provider: Provider, places: KeyPlaces): FoundAccounts {
  const skipped: FoundAccounts[] = [];
  for (const name of provider.keyEnv) {
    if (readVariable(places.environment, name) === null) continue;
    const found = resolveSecret(`env:${name}`, places);
    if (found.ok) {
      return join([...skipped, withKey("default", "default", found.value, `env:${name}`, provider.id)]);
    }
    skipped.push(unusable(provider.id, found.error));
  }
  return join(skipped);
}

function fromStore(provider: Provider, places: KeyPlaces): FoundAccounts {
  const stored = readSecret(places.stateDir, provider.id);
  if (!stored.ok) return unusable(provider.id, stored.error);
  return stored.value === null ? NOTHING : withKey("default", "default", stored.value, "stored", provider.id);
}

/** Keys that lie about without being named in the file: in the environment, else stored by `provider add`. */
function discoverAccounts(provider: Provider, places: KeyPlaces): FoundAccounts {
  const environment = fromEnvironment(provider, places);
  return environment.accounts.length > 0 ? environment : join([environment, fromStore(provider, places)]);
}

/** The accounts of a configured provider; a stored key stands in for a named one that is not there. `isKeyOptional`: it is called without a key when there is none. */
export function findAccounts(
  provider: Provider,
  block: ProviderBlock,
  isKeyOptional: boolean,
  places: KeyPlaces,
): FoundAccounts {
  const path = ["providers", provider.id];
  const keys = [block.key, block.accounts, block.auth === "client" ? "" : undefined];
  if (keys.filter((given) => given !== undefined).length > 1) {
    const message = "has more than one of `key`, `accounts` and `auth: client`";
    return { ...NOTHING, problems: [{ code: "conflict", path, message, fix: "keep one of them" }] };
  }
  if (block.auth === "client") return { ...NOTHING, accounts: [keyless("client")] };
  if (block.accounts !== undefined) return listed(provider.id, block, places);
  if (block.key !== undefined) {
    const own = named(provider.id, "default", "default", block.key, [...path, "key"], places);
    const stored = own.accounts.length + own.problems.length === 0 ? fromStore(provider, places) : NOTHING;
    return stored.accounts.length > 0 ? stored : own;
  }
  const found = discoverAccounts(provider, places);
  return found.accounts.length > 0 || !isKeyOptional ? found : { ...found, accounts: [keyless("default")] };
}
