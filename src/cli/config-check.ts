import { type Loaded, loadSettings } from "../config/load.ts";
import { type ConfigProblem, formatProblem } from "../config/problem.ts";
import type { Result } from "../core/result.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatPlural } from "../terminal/format.ts";
import type { CliProblem } from "../terminal/problem.ts";
import type { Environment } from "../terminal/terminal.ts";
import { defineCommand } from "./command.ts";
import { type DaemonArgs, daemonFlags, jsonFlag } from "./shared-flags.ts";

/** Loads the configuration that a command line means. */
export function loadFor(args: DaemonArgs, environment: Environment): Result<Loaded, readonly ConfigProblem[]> {
  const { config, stateDir } = args;
  const flags = { ...(config === undefined ? {} : { config }), ...(stateDir === undefined ? {} : { stateDir }) };
  return loadSettings({ flags, environment });
}

/** Everything that is wrong with the configuration, as one problem (exit code 3). */
export function configProblem(problems: readonly ConfigProblem[]): CliProblem {
  const message = problems.map(formatProblem).join("\n");
  return {
    code: "config_invalid",
    message:
      problems.length === 1 ? message : `${formatPlural(problems.length, "mistake")} in the configuration\n${message}`,
    exitCode: EXIT_CODES.config,
  };
}

export const command = defineCommand({
  meta: {
    name: "check",
    description: "Check the configuration: every mistake with its line, what it means, and the fix",
    examples: [
      ["lodestar config check --config ./lodestar.yaml", "a file of your choice; exit code 3 when it is wrong"],
    ],
  },
  args: { ...jsonFlag, config: daemonFlags.config, stateDir: daemonFlags.stateDir },
  async run({ args, terminal, environment }) {
    const loaded = loadFor(args, environment);
    if (args.json) {
      const problems = loaded.ok ? [] : loaded.error;
      terminal.out(JSON.stringify({ valid: loaded.ok, file: loaded.ok ? loaded.value.settings.file : null, problems }));
      return loaded.ok ? EXIT_CODES.ok : EXIT_CODES.config;
    }
    if (!loaded.ok) return configProblem(loaded.error);
    for (const { level, subject, message } of loaded.value.findings) {
      const line = `${subject}: ${message}`;
      if (level === "warning") terminal.talk(terminal.talkStyle.yellow(line));
      else terminal.talk(level === "info" ? terminal.talkStyle.dim(line) : line);
    }
    terminal.out(`valid: ${loaded.value.settings.file ?? "no file, which is fine"}`);
    return EXIT_CODES.ok;
  },
});
