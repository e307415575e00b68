import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { failure, type Result, success } from "../core/result.ts";
import { errorCode, writePrivateFile } from "./private-file.ts";

/** Why a secret cannot be had. `message` never holds the secret. */
export interface SecretProblem {
  readonly code: "secret_unset" | "secret_missing" | "secret_unreadable" | "secret_malformed" | "secret_placeholder";
  readonly message: string;
  readonly fix: string;
}

/** A secret, and what a person should know about where it lay. */
export interface Secret {
  readonly value: string;
  /** The file it was read from, to be watched for changes; null for the environment. */
  readonly file: string | null;
  /** Set when the file can be read by others. */
  readonly warning: string | null;
}

/** Where references are looked up. */
export interface SecretPlaces {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder that relative `file:` references start from. */
  readonly configDir: string;
}

const MAX_SECRET_BYTES = 16_384;
/** What a person is meant to replace. Short test keys are not placeholders: local proxies really use them. */
const PLACEHOLDERS: readonly RegExp[] = [
  /^<.*>$|^\[.*\]$|^\{.*\}$|^\$\{?\w+\}?$|^%\w+%$/,
  /\.\.\.|…/,
  /change[-_ ]?me|replace[-_ ]?(?:me|this|with)|place[-_ ]?holder|fill[-_ ]?me|insert[-_ ]/,
  /your[-_ ]?(?:\w+[-_ ])*(?:api|key|token|secret)/,
  /(?:api|secret)[-_ ]?key[-_ ]?here|key[-_]goes[-_]here/,
  /^(?:todo|none|null|undefined|empty|n\/a)$/,
];
/** A vendor's prefix (`sk-`, `sk-ant-`, `gsk_`…), then one character again and again: `sk-xxx`, `xai-0000`, `***`. */
const FILLER = /^(?:[a-z]{1,6}[-_]){0,3}([x*0•#?.])\1{2,}$/;

/** Whether a key is an example that was never replaced, such as `sk-xxx`, `changeme`, `your-api-key` or `<KEY>`. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim().toLowerCase();
  return FILLER.test(text) || PLACEHOLDERS.some((pattern) => pattern.test(text));
}

/** A secret cleaned of surrounding white space, if it can be sent in a header at all. `where` names its place for people. */
export function checkSecret(raw: string, where: string): Result<string, SecretProblem> {
  const value = raw.trim();
  if (value === "") {
    return failure({ code: "secret_missing", message: `${where} is empty`, fix: "put the key there" });
  }
  if (!/^[\x21-\x7e]+$/.test(value)) {
    return failure({
      code: "secret_malformed",
      message: `${where} holds white space, line breaks or characters that no key has`,
      fix: "leave the bare key there, on one line, without quotes or a variable name",
    });
  }
  if (isPlaceholder(value)) {
    return failure({
      code: "secret_placeholder",
      message: `${where} holds a placeholder, not a key`,
      fix: "put the real key there, or remove it",
    });
  }
  return success(value);
}

function unreadable(path: string, why: string): SecretProblem {
  const fix = why === "EACCES" ? `chown and chmod 600 ${path}` : "name a regular file with the key on one line";
  return { code: "secret_unreadable", message: `${path} cannot be read (${why})`, fix };
}

function readSecretFile(path: string): Result<{ value: string; mode: number }, SecretProblem> {
  try {
    const status = statSync(path);
    if (!status.isFile() || status.size > MAX_SECRET_BYTES) {
      return failure(
        unreadable(path, status.isFile() ? `larger than ${MAX_SECRET_BYTES} bytes` : "not a regular file"),
      );
    }
    const checked = checkSecret(readFileSync(path, "utf8"), path);
    return checked.ok ? success({ value: checked.value, mode: status.mode }) : checked;
  } catch (error) {
    return failure(unreadable(path, errorCode(error) || "unknown error"));
  }
}

function fromEnvironment(name: string, places: SecretPlaces): Result<Secret, SecretProblem> {
  const raw = places.environment[name]?.trim() ?? "";
  if (raw === "") {
    return failure({
      code: "secret_unset",
      message: `${name} is not set`,
      fix: `export ${name}=…, or store the key with \`lodestar provider add\``,
    });
  }
  const checked = checkSecret(raw, name);
  return checked.ok ? success({ value: checked.value, file: null, warning: null }) : checked;
}

function fromFile(name: string, places: SecretPlaces): Result<Secret, SecretProblem> {
  const credentials = places.environment.CREDENTIALS_DIRECTORY;
  const credential = credentials === undefined || isAbsolute(name) ? null : join(credentials, name);
  const isCredential = credential !== null && existsSync(credential);
  const path = isCredential ? credential : resolve(places.configDir, name);
  if (!existsSync(path)) {
    const also = credential === null ? "" : ` (nor ${credential})`;
    return failure({
      code: "secret_missing",
      message: `${path}${also} does not exist`,
      fix: `write the key into ${path} and chmod 600 it`,
    });
  }
  const read = readSecretFile(path);
  if (!read.ok) return read;
  const isOpen = !isCredential && process.platform !== "win32" && (read.value.mode & 0o077) !== 0;
  const warning = isOpen ? `${path} can be read by other users: chmod 600 ${path}` : null;
  return success({ value: read.value.value, file: path, warning });
}

/**
 * The secret behind `env:NAME` or `file:PATH`. A relative path is looked up among systemd's credentials
 * (`$CREDENTIALS_DIRECTORY`, see systemd.exec(5)) first, then beside the configuration.
 */
export function resolveSecret(reference: string, places: SecretPlaces): Result<Secret, SecretProblem> {
  if (reference.startsWith("env:")) return fromEnvironment(reference.slice("env:".length), places);
  if (reference.startsWith("file:")) return fromFile(reference.slice("file:".length), places);
  return failure({
    code: "secret_malformed",
    message: "a key is not written into the configuration itself",
    fix: "write env:NAME or file:NAME, or store it with `lodestar provider add`",
  });
}

const SECRET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function storedPath(stateDir: string, provider: string): string {
  if (!SECRET_NAME.test(provider)) throw new Error(`not a provider's name: ${provider}`);
  return join(stateDir, "secrets", provider);
}

/** Stores a provider's key in `<stateDir>/secrets/<provider>`: 0600 in a 0700 folder, written whole or not at all. Throws when the disk refuses. */
export function storeSecret(stateDir: string, provider: string, value: string): Result<void, SecretProblem> {
  const path = storedPath(stateDir, provider);
  const checked = checkSecret(value, "the key");
  if (!checked.ok) return checked;
  const directory = join(stateDir, "secrets");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  writePrivateFile(path, `${checked.value}\n`);
  return success(undefined);
}

/** The stored key of a provider; null when none is stored. */
export function readSecret(stateDir: string, provider: string): Result<Secret | null, SecretProblem> {
  const path = storedPath(stateDir, provider);
  if (!existsSync(path)) return success(null);
  const read = readSecretFile(path);
  return read.ok ? success({ value: read.value.value, file: path, warning: null }) : read;
}

/** Forgets a stored key; false when there was none. */
export function removeSecret(stateDir: string, provider: string): boolean {
  const path = storedPath(stateDir, provider);
  const isThere = existsSync(path);
  rmSync(path, { force: true });
  return isThere;
}

/** Names of the providers that have a stored key, sorted. */
export function listSecrets(stateDir: string): readonly string[] {
  const directory = join(stateDir, "secrets");
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => SECRET_NAME.test(name))
    .toSorted();
}
