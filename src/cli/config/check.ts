import type { Finding } from "../../config/accounts.ts";
import { type Loaded, loadSettings } from "../../config/load.ts";
import { type ConfigProblem, formatProblem } from "../../config/problem.ts";
import type { Settings } from "../../config/settings.ts";
import type { KeyView } from "../../core/admin-view.ts";
import type { Result } from "../../core/result.ts";
import { didYouMean } from "../../core/suggest.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import type { Environment } from "../../terminal/terminal.ts";
import { type CliHost, defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { type DaemonArgs, daemonFlags, jsonFlag } from "../shared-flags.ts";

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

/** A key that the configuration names: by what, and what comes of it where there is none. */
interface NamedKey {
  readonly name: string;
  readonly subject: string;
  readonly effect: string;
}

function namedKeys({ budgets, rules }: Settings): readonly NamedKey[] {
  const counted = budgets.flatMap(({ id, scope, name }) =>
    scope === "key" && name !== null && name !== "*"
      ? [{ name, subject: `budget ${id}`, effect: "counts nothing yet" }]
      : [],
  );
  const asked = rules.flatMap((rule) =>
    (rule.when.key ?? [])
      .filter((pattern) => !pattern.includes("*") && !pattern.startsWith("!"))
      .map((name) => ({ name, subject: `rule ${rule.name}`, effect: "matches nobody yet" })),
  );
  return [...counted, ...asked];
}

/** Keys that are not there: known only to the key store, not to the file. */
async function unknownKeys(host: CliHost, args: DaemonArgs, { settings }: Loaded): Promise<readonly Finding[]> {
  const named = namedKeys(settings);
  if (named.length === 0) return [];
  const view = await fetchView<{ keys: readonly KeyView[] }>(host, args, "read", "/v1/keys");
  if (!view.ok) return [];
  const live = view.value.keys.filter(({ revokedAt }) => revokedAt === null);
  const known = new Set(live.flatMap(({ id, name }) => [id, name]));
  const names = live.map((key) => key.name);
  return named
    .filter(({ name }) => !known.has(name))
    .map(({ name, subject, effect }) => {
      const message = `${effect}: no key is called "${name}".${didYouMean(name, names)}`;
      return { level: "warning", subject, message };
    });
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
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const loaded = loadFor(args, host.environment);
    if (args.json) {
      const problems = loaded.ok ? [] : loaded.error;
      terminal.out(JSON.stringify({ valid: loaded.ok, file: loaded.ok ? loaded.value.settings.file : null, problems }));
      return loaded.ok ? EXIT_CODES.ok : EXIT_CODES.config;
    }
    if (!loaded.ok) return configProblem(loaded.error);
    for (const { level, subject, message } of [
      ...loaded.value.findings,
      ...(await unknownKeys(host, args, loaded.value)),
    ]) {
      const line = `${subject}: ${message}`;
      if (level === "warning") terminal.talk(terminal.talkStyle.yellow(line));
      else terminal.talk(level === "info" ? terminal.talkStyle.dim(line) : line);
    }
    terminal.out(`valid: ${loaded.value.settings.file ?? "no file, which is fine"}`);
    return EXIT_CODES.ok;
  },
});
