import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration of the whole machine. */
export const SYSTEM_CONFIG_FILE = "/etc/lodestar/config.yaml";

/** A variable's value without surrounding white space; empty counts as absent. */
export function readVariable(environment: Environment, name: string): string | null {
  const value = environment[name]?.trim() ?? "";
  return value === "" ? null : value;
}

/** A base folder by the XDG rules, where a relative value is invalid and ignored. Source: XDG Base Directory Specification 0.8. */
function baseDirectory(environment: Environment, variable: string, fallback: readonly string[]): string {
  const given = readVariable(environment, variable);
  if (given !== null && isAbsolute(given)) return given;
  const home = readVariable(environment, "HOME") ?? readVariable(environment, "USERPROFILE") ?? homedir();
  return join(home, ...fallback);
}

/** The user's own configuration file, whether it exists or not. */
export function userConfigFile(environment: Environment): string {
  return join(baseDirectory(environment, "XDG_CONFIG_HOME", [".config"]), "lodestar", "config.yaml");
}

/**
 * Where the daemon keeps its state: the `--state-dir` flag, `LODESTAR_STATE_DIR`, systemd's `STATE_DIRECTORY`
 * (its first entry), else by XDG. Absolute.
 */
export function stateDirectory(environment: Environment, flag?: string): string {
  const systemd = readVariable(environment, "STATE_DIRECTORY")?.split(":")[0];
  const given = flag ?? readVariable(environment, "LODESTAR_STATE_DIR") ?? systemd;
  if (given !== undefined && given !== null) return resolve(given);
  return join(baseDirectory(environment, "XDG_STATE_HOME", [".local", "state"]), "lodestar");
}
