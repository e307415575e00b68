import { failure, type Result, success } from "../core/result.ts";
import { editDistance } from "../core/suggest.ts";
import { type Layer, validateLayer } from "./layer.ts";
import { type Environment, readVariable } from "./paths.ts";
import type { ConfigProblem, Place } from "./problem.ts";
import type { ValuePath } from "./yaml-source.ts";

/** Flags of `serve` that set configuration, as the command line parsed them. */
export interface ConfigFlags {
  readonly host?: string;
  readonly port?: string | number;
  readonly adminPort?: string | number;
  readonly logLevel?: string;
  /** `--config`: this file alone, instead of the user's and the system's. */
  readonly config?: string;
  readonly stateDir?: string;
}

/** A setting that can be given outside of a file. */
interface Twin {
  readonly path: readonly [string, string] | readonly [string];
  readonly variable: string;
  readonly flag?: keyof ConfigFlags;
  readonly kind: "text" | "number" | "boolean" | "list";
}

/** Every setting with an environment twin; those of `serve`'s flags have both. */
export const TWINS: readonly Twin[] = [
  { path: ["server", "host"], variable: "LODESTAR_HOST", flag: "host", kind: "text" },
  { path: ["server", "port"], variable: "LODESTAR_PORT", flag: "port", kind: "number" },
  { path: ["server", "adminPort"], variable: "LODESTAR_ADMIN_PORT", flag: "adminPort", kind: "number" },
  { path: ["server", "allowedHosts"], variable: "LODESTAR_ALLOWED_HOSTS", kind: "list" },
  { path: ["server", "allowedOrigins"], variable: "LODESTAR_ALLOWED_ORIGINS", kind: "list" },
  { path: ["server", "maxBody"], variable: "LODESTAR_MAX_BODY", kind: "text" },
  { path: ["server", "drain"], variable: "LODESTAR_DRAIN", kind: "text" },
  { path: ["server", "heartbeat"], variable: "LODESTAR_HEARTBEAT", kind: "text" },
  { path: ["deadlines", "connect"], variable: "LODESTAR_DEADLINE_CONNECT", kind: "text" },
  { path: ["deadlines", "headers"], variable: "LODESTAR_DEADLINE_HEADERS", kind: "text" },
  { path: ["deadlines", "firstToken"], variable: "LODESTAR_DEADLINE_FIRST_TOKEN", kind: "text" },
  { path: ["deadlines", "idle"], variable: "LODESTAR_DEADLINE_IDLE", kind: "text" },
  { path: ["deadlines", "total"], variable: "LODESTAR_DEADLINE_TOTAL", kind: "text" },
  { path: ["local", "schedule"], variable: "LODESTAR_LOCAL_SCHEDULE", kind: "text" },
  { path: ["local", "keepAlive"], variable: "LODESTAR_KEEP_ALIVE", kind: "text" },
  { path: ["local", "contextTokens"], variable: "LODESTAR_CONTEXT_TOKENS", kind: "number" },
  { path: ["log", "level"], variable: "LODESTAR_LOG_LEVEL", flag: "logLevel", kind: "text" },
  { path: ["strict"], variable: "LODESTAR_STRICT", kind: "boolean" },
  { path: ["baselineModel"], variable: "LODESTAR_BASELINE_MODEL", kind: "text" },
];

/** Variables of ours that are no settings of the file. */
const OTHER_VARIABLES = [
  ...["LODESTAR_CONFIG", "LODESTAR_STATE_DIR", "LODESTAR_URL"],
  ...["LODESTAR_NVML", "LODESTAR_NVIDIA_SMI", "LODESTAR_SSH_CONFIG"],
];

/** The name of a flag as it is typed: `--admin-port`. */
function flagName(flag: keyof ConfigFlags): string {
  return `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The variable that moves a provider's base URL: `LODESTAR_WORK_OPENAI_BASE_URL`. */
export function baseUrlVariable(providerId: string): string {
  return `LODESTAR_${providerId.toUpperCase().replace(/[^A-Z0-9]/g, "_")}_BASE_URL`;
}

/** Text as the kind of value its setting takes; text that does not fit stays text, for the schema to complain of. */
function coerce(value: string | number, kind: Twin["kind"]): unknown {
  const text = String(value);
  if (kind === "number") return /^\d{1,9}$/.test(text) ? Number(text) : text;
  if (kind === "boolean") return { true: true, "1": true, false: false, "0": false }[text.toLowerCase()] ?? text;
  if (kind === "text") return text;
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

interface Given {
  readonly twin: Twin;
  readonly origin: string;
  readonly value: string | number;
}

function layerOf(given: readonly Given[]): Result<Layer, readonly ConfigProblem[]> {
  const raw: Record<string, unknown> = {};
  for (const { twin, value } of given) {
    const [section, name] = twin.path;
    const coerced = coerce(value, twin.kind);
    raw[section] = name === undefined ? coerced : { ...(raw[section] as object | undefined), [name]: coerced };
  }
  const find = (path: ValuePath): Place | null => {
    const found = given.find(({ twin }) => twin.path.every((step, index) => path[index] === step));
    return found === undefined ? null : { origin: found.origin };
  };
  const config = validateLayer(raw, (path) => find(path) ?? { origin: "environment" });
  return config.ok ? success({ config: config.value, place: find }) : failure(config.error);
}

/** The layer of the environment's `LODESTAR_…` twins. */
export function environmentLayer(environment: Environment): Result<Layer, readonly ConfigProblem[]> {
  return layerOf(
    TWINS.flatMap((twin) => {
      const value = readVariable(environment, twin.variable);
      return value === null ? [] : [{ twin, origin: twin.variable, value }];
    }),
  );
}

/** The layer of the command line's flags. */
export function flagLayer(flags: ConfigFlags): Result<Layer, readonly ConfigProblem[]> {
  return layerOf(
    TWINS.flatMap((twin) => {
      const value = twin.flag === undefined ? undefined : flags[twin.flag];
      return twin.flag === undefined || value === undefined ? [] : [{ twin, origin: flagName(twin.flag), value }];
    }),
  );
}

/** Variables that look like a misspelt one of ours, with what was probably meant. */
export function misspeltVariables(
  environment: Environment,
): readonly { readonly name: string; readonly meant: string }[] {
  const known = [...TWINS.map((twin) => twin.variable), ...OTHER_VARIABLES];
  return Object.keys(environment)
    .filter((name) => name.startsWith("LODESTAR_") && !known.includes(name) && !name.endsWith("_BASE_URL"))
    .flatMap((name) => {
      // Only near misses: other programs and tests have variables of this prefix too.
      const tolerance = name.length <= "LODESTAR_".length + 5 ? 1 : 2;
      const meant = known.find((candidate) => editDistance(name, candidate) <= tolerance);
      return meant === undefined ? [] : [{ name, meant }];
    });
}
