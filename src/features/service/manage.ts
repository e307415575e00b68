import { join } from "node:path";
import { failure, type Result, success } from "../../core/result.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { renderUnit, type ServiceScope, UNIT_NAME, type UnitOptions } from "./unit.ts";

/** What a command printed and how it ended; `code` is null where there is no such program. */
export interface CommandOutput {
  readonly code: number | null;
  readonly output: string;
}

/** The machine as the service commands touch it; tests give one that only takes notes. */
export interface ServiceMachine {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  /** Absolute home folder of the user. */
  readonly home: string;
  /** Absolute `$XDG_CONFIG_HOME`, if set. */
  readonly configHome: string | null;
  /** Text of a file, or null. */
  read(path: string): string | null;
  write(path: string, text: string): Result<null, string>;
  remove(path: string): Result<null, string>;
  run(command: readonly string[]): Promise<CommandOutput>;
}

/** One step of an installation, as `--dry-run` prints it. */
export type ServiceStep =
  | { readonly kind: "write"; readonly path: string; readonly text: string }
  | { readonly kind: "remove"; readonly path: string }
  | { readonly kind: "run"; readonly command: readonly string[]; readonly mayFail: boolean };

/** How the service fares. */
export interface ServiceStatus {
  readonly scope: ServiceScope;
  /** Path of the unit; null where none is installed. */
  readonly unit: string | null;
  /** As systemd says: `active`, `inactive`, `failed`, `activating`…; `unknown` where it cannot be asked. */
  readonly active: string;
  /** `enabled`, `disabled`…; `unknown` where it cannot be asked. */
  readonly enabled: string;
}

/** Where the unit of a scope lies (systemd.unit(5), "Unit File Load Path"). */
export function unitPath(scope: ServiceScope, machine: Pick<ServiceMachine, "home" | "configHome">): string {
  if (scope === "system") return join("/etc/systemd/system", UNIT_NAME);
  return join(machine.configHome ?? join(machine.home, ".config"), "systemd/user", UNIT_NAME);
}

function systemctl(scope: ServiceScope, ...words: readonly string[]): readonly string[] {
  return ["systemctl", ...(scope === "user" ? ["--user"] : []), ...words];
}

/** Why the service cannot be set up here; null when it can. */
export function objection(scope: ServiceScope, machine: ServiceMachine): CliProblem | null {
  if (machine.platform !== "linux") {
    const way =
      machine.platform === "darwin" ? "launchd (a property list that runs `lodestar serve`)" : "the Task Scheduler";
    return failureProblem(
      "service_needs_systemd",
      `lodestar service sets up systemd, which ${machine.platform} does not have`,
      `run \`lodestar serve --detach\`, or let ${way} start \`lodestar serve\``,
    );
  }
  if (scope === "system" && !machine.isRoot) {
    return failureProblem(
      "service_needs_root",
      "a system service is set up by root",
      "run the same command with sudo, or set up your own service: lodestar service install --user",
    );
  }
  return null;
}

/** The steps that install the unit and start it. The system unit cannot see home folders, so its binary must lie elsewhere. */
export function installSteps(
  options: UnitOptions,
  machine: ServiceMachine,
): Result<readonly ServiceStep[], CliProblem> {
  const hidden = [options.binary, ...(options.config === null ? [] : [options.config])].find((path) =>
    /^\/(?:home|root|run\/user|tmp)\//.test(path),
  );
  if (options.scope === "system" && hidden !== undefined) {
    return failure(
      usageProblem(
        "service_path_hidden",
        `${hidden} lies where the system service cannot see it (home folders and /tmp are hidden from it)`,
        "copy it, e.g. to /usr/local/bin/lodestar or /etc/lodestar, and name it there; or use --user",
      ),
    );
  }
  const { scope } = options;
  return success([
    { kind: "write", path: unitPath(scope, machine), text: renderUnit(options) },
    { kind: "run", command: systemctl(scope, "daemon-reload"), mayFail: false },
    { kind: "run", command: systemctl(scope, "enable", UNIT_NAME), mayFail: false },
    { kind: "run", command: systemctl(scope, "restart", UNIT_NAME), mayFail: false },
  ]);
}

/** The steps that stop the service and remove its unit. State and configuration stay. */
export function uninstallSteps(
  scope: ServiceScope,
  machine: ServiceMachine,
): Result<readonly ServiceStep[], CliProblem> {
  const path = unitPath(scope, machine);
  if (machine.read(path) === null) {
    return failure(failureProblem("service_not_installed", `there is no ${scope} service: ${path} does not exist`));
  }
  return success([
    { kind: "run", command: systemctl(scope, "disable", "--now", UNIT_NAME), mayFail: true },
    { kind: "remove", path },
    { kind: "run", command: systemctl(scope, "daemon-reload"), mayFail: true },
  ]);
}

/** A step as a line a person could type or do. */
export function describeStep(step: ServiceStep): string {
  if (step.kind === "run") return step.command.join(" ");
  return step.kind === "write" ? `write ${step.path}` : `remove ${step.path}`;
}

async function takeStep(step: ServiceStep, machine: ServiceMachine): Promise<string | null> {
  if (step.kind === "run") {
    const { code, output } = await machine.run(step.command);
    return code === 0 || step.mayFail
      ? null
      : output.trim() || (code === null ? "there is no such program" : `exit code ${code}`);
  }
  const done = step.kind === "write" ? machine.write(step.path, step.text) : machine.remove(step.path);
  return done.ok ? null : done.error;
}

/** Takes the steps in order and stops at the first that fails, naming it. */
export async function takeSteps(
  steps: readonly ServiceStep[],
  machine: ServiceMachine,
): Promise<Result<null, CliProblem>> {
  for (const step of steps) {
    const reason = await takeStep(step, machine);
    if (reason !== null) {
      const fix = `see: ${step.kind === "run" ? "journalctl -xeu lodestar" : "the owner and the mode of that folder"}`;
      return failure(failureProblem("service_step_failed", `"${describeStep(step)}" failed: ${reason}`, fix));
    }
  }
  return success(null);
}

/** Asks systemd how the service of a scope fares. */
export async function readStatus(scope: ServiceScope, machine: ServiceMachine): Promise<ServiceStatus> {
  const path = unitPath(scope, machine);
  const ask = async (verb: string): Promise<string> => {
    const { code, output } = await machine.run(systemctl(scope, verb, UNIT_NAME));
    const word = output.trim().split("\n")[0] ?? "";
    return code !== null && /^[a-z-]+$/.test(word) ? word : "unknown";
  };
  return {
    scope,
    unit: machine.read(path) === null ? null : path,
    active: await ask("is-active"),
    enabled: await ask("is-enabled"),
  };
}
