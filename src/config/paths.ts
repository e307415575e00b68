import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { defaultStateDir } from "../host/state.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration of the whole machine. */
export const SYSTEM_CONFIG_FILE = "/etc/lodestar/config.yaml";

/** A variable's value without surrounding white space; empty counts as absent. */
export function readVariable(environment: Environment, name: string): string | null {
  const value = environment[name]?.trim() ?? "";
  return value === "" ? null : value;
}

function homeOf(environment: Environment): string {
  return readVariable(environment, "HOME") ?? readVariable(environment, "USERPROFILE") ?? homedir();
}

/** The user's own configuration file, whether it exists or not. Source: XDG Base Directory Specification 0.8, by which a relative value is ignored. */
export function userConfigFile(environment: Environment): string {
  const given = readVariable(environment, "XDG_CONFIG_HOME") ?? "";
  const base = isAbsolute(given) ? given : join(homeOf(environment), ".config");
  return join(base, "lodestar", "config.yaml");
}

/**
 * Where the daemon keeps its state: the `--state-dir` flag, `LODESTAR_STATE_DIR`, systemd's `STATE_DIRECTORY`
 * (its first entry), else the platform's default. Absolute.
 */
export function stateDirectory(environment: Environment, flag?: string): string {
  const systemd = readVariable(environment, "STATE_DIRECTORY")?.split(":")[0] ?? null;
  const given = flag ?? readVariable(environment, "LODESTAR_STATE_DIR") ?? systemd;
  if (given !== null) return resolve(given);
  return defaultStateDir({ platform: process.platform, env: environment, home: homeOf(environment) });
}
