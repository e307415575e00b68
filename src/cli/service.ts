import { resolve } from "node:path";
import { failure, type Result, success } from "../core/result.ts";
import { thisServiceMachine } from "../features/service/machine.ts";
import {
  describeStep,
  installSteps,
  objection,
  readStatus,
  type ServiceMachine,
  type ServiceStep,
  takeSteps,
  uninstallSteps,
} from "../features/service/manage.ts";
import { type Credential, packagedUnit, renderUnit, type ServiceScope } from "../features/service/unit.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { type CliProblem, failureProblem, usageProblem } from "../terminal/problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { defineCommand, type Outcome } from "./command.ts";

const SCOPE_FLAGS = {
  user: { type: "boolean", description: "Your own service instead of the system's" },
} as const;

const DRY_RUN = { type: "boolean", description: "Print what would be done, and do nothing" } as const;

function scopeOf(args: { readonly user: boolean }): ServiceScope {
  return args.user ? "user" : "system";
}

function readCredentials(texts: readonly string[]): Result<readonly Credential[], CliProblem> {
  const credentials: Credential[] = [];
  for (const text of texts) {
    const [, name, path] = /^([A-Za-z0-9][\w.-]*)=(\/\S+)$/.exec(text) ?? [];
    if (name === undefined || path === undefined) {
      const fix = "write NAME=/absolute/path, e.g. deepseek.key=/etc/lodestar/deepseek.key";
      return failure(usageProblem("bad_credential", `--credential "${text}" is not NAME=PATH`, fix));
    }
    credentials.push({ name, path });
  }
  return success(credentials);
}

async function takeOrShow(
  steps: readonly ServiceStep[],
  isDryRun: boolean,
  machine: ServiceMachine,
  terminal: Terminal,
): Promise<CliProblem | null> {
  if (isDryRun) {
    for (const step of steps) terminal.out(describeStep(step));
    return null;
  }
  const taken = await takeSteps(steps, machine);
  return taken.ok ? null : taken.error;
}

const install = defineCommand({
  meta: {
    name: "install",
    description: "Set Lodestar up as a service that starts with the machine",
    examples: [
      ["sudo lodestar service install", "for all users of this machine"],
      ["lodestar service install --user", "for yourself, without root"],
      ["lodestar service install --print", "show the unit and do nothing"],
      ["sudo lodestar service install --credential deepseek.key=/etc/lodestar/deepseek.key", "with a provider's key"],
    ],
    notes: [
      "The system service runs as a user of its own, sees no home folder and no device but NVIDIA cards, and keeps its state in /var/lib/lodestar. Keys reach it by --credential, or by a configuration in /etc/lodestar.",
    ],
  },
  args: {
    ...SCOPE_FLAGS,
    config: { type: "string", description: "Configuration file of the service", valueHint: "FILE" },
    binary: { type: "string", description: "Binary to run; default: this one", valueHint: "FILE" },
    credential: {
      type: "string",
      description: "A key file systemd hands over; key: file:NAME finds it",
      valueHint: "NAME=PATH",
      isRepeatable: true,
    },
    print: { type: "boolean", description: "Print the unit, and do nothing" },
    dryRun: DRY_RUN,
  },
  async run({ args, terminal, environment }) {
    const machine = thisServiceMachine(environment);
    const scope = scopeOf(args);
    const credentials = readCredentials(args.credential ?? []);
    if (!credentials.ok) return credentials.error;
    const options = {
      scope,
      binary: args.binary === undefined ? ownBinary(scope) : resolve(args.binary),
      config: args.config === undefined ? null : resolve(args.config),
      credentials: credentials.value,
    };
    if (args.print) {
      terminal.write(renderUnit(options));
      return EXIT_CODES.ok;
    }
    const problem = args.dryRun ? null : objection(scope, machine);
    if (problem !== null) return problem;
    if (!Bun.isStandaloneExecutable && args.binary === undefined) return needsBinary();
    const steps = installSteps(options, machine);
    if (!steps.ok) return steps.error;
    const failed = await takeOrShow(steps.value, args.dryRun, machine, terminal);
    if (failed !== null || args.dryRun) return failed ?? EXIT_CODES.ok;
    terminal.talk(`Lodestar runs as a ${scope} service. See: lodestar service status${args.user ? " --user" : ""}`);
    if (args.user) terminal.talk("To keep it running while you are logged out: loginctl enable-linger");
    return EXIT_CODES.ok;
  },
});

/** This binary; run from the sources, the place where a packaged one lies. */
function ownBinary(scope: ServiceScope): string {
  return Bun.isStandaloneExecutable ? process.execPath : packagedUnit(scope).binary;
}

function needsBinary(): Outcome {
  const fix = "npm run build, then: dist/lodestar service install, or name one with --binary";
  return failureProblem("not_a_binary", "this Lodestar runs from its sources; a service needs the binary", fix);
}

const uninstall = defineCommand({
  meta: { name: "uninstall", description: "Stop the service and remove its unit; state and configuration stay" },
  args: { ...SCOPE_FLAGS, dryRun: DRY_RUN },
  async run({ args, terminal, environment }): Promise<Outcome> {
    const machine = thisServiceMachine(environment);
    const scope = scopeOf(args);
    const problem = args.dryRun ? null : objection(scope, machine);
    if (problem !== null) return problem;
    const steps = uninstallSteps(scope, machine);
    if (!steps.ok) return steps.error;
    const failed = await takeOrShow(steps.value, args.dryRun, machine, terminal);
    if (failed !== null || args.dryRun) return failed ?? EXIT_CODES.ok;
    terminal.talk(`The ${scope} service is removed. State and configuration are kept.`);
    return EXIT_CODES.ok;
  },
});

const status = defineCommand({
  meta: { name: "status", description: "Say whether the service is installed, enabled and running" },
  args: { ...SCOPE_FLAGS, json: { type: "boolean", description: "One line of JSON" } },
  async run({ args, terminal, environment }): Promise<Outcome> {
    const machine = thisServiceMachine(environment);
    const found = await readStatus(scopeOf(args), machine);
    if (args.json) terminal.out(JSON.stringify(found));
    else if (found.unit === null) terminal.out(`No ${found.scope} service is installed.`);
    else terminal.out(`${found.active}, ${found.enabled} (${found.unit})`);
    return found.active === "active" ? EXIT_CODES.ok : EXIT_CODES.notRunning;
  },
});

/** `lodestar service`: Lodestar under systemd. */
export const command = defineCommand({
  meta: { name: "service", description: "Run Lodestar as a systemd service", group: "Set up" },
  default: "status",
  subCommands: {
    install: async () => install,
    uninstall: async () => uninstall,
    status: async () => status,
  },
});
