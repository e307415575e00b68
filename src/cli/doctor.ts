import type { StatusView } from "../core/admin-view.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatPlural } from "../terminal/format.ts";
import { failureProblem } from "../terminal/problem.ts";
import { plainText } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { padTo } from "../terminal/width.ts";
import { type CliHost, defineCommand } from "./command.ts";
import { configProblem, loadFor } from "./config-check.ts";
import { fetchView, locate } from "./connection.ts";
import {
  type Check,
  checkDatabases,
  checkEnvironment,
  checkFindings,
  checkPorts,
  checkStateDir,
  checkStatus,
} from "./doctor-checks.ts";
import { type DaemonArgs, daemonFlags, inputsOf, jsonFlag } from "./shared-flags.ts";

const MARKS = { ok: "ok", info: "--", warning: "!!", bad: "XX" } as const;

function mark(state: Check["state"], { style }: Terminal): string {
  if (state === "ok") return style.green(MARKS.ok);
  if (state === "info") return style.dim(MARKS.info);
  return state === "warning" ? style.yellow(MARKS.warning) : style.red(MARKS.bad);
}

function show(checks: readonly Check[], terminal: Terminal): void {
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const { name, state, message, fix } of checks) {
    terminal.out(`${mark(state, terminal)}  ${padTo(name, width)}  ${plainText(message)}`);
    if (fix !== null) terminal.out(`${" ".repeat(width + 6)}fix: ${fix}`);
  }
}

async function examine(host: CliHost, args: DaemonArgs): Promise<readonly Check[]> {
  const environment = checkEnvironment(host.environment, host.version);
  const loaded = loadFor(args, host.environment);
  if (!loaded.ok) {
    const { message } = configProblem(loaded.error);
    return [...environment, { name: "config", state: "bad", message, fix: "lodestar config check" }];
  }
  const location = await locate(host, args);
  const isRunning = location.ok && location.value.ready !== null;
  const status = await fetchView<StatusView>(host, args, "read", "/v1/status");
  const state: readonly Check[] = status.ok
    ? checkStatus(status.value, host.now())
    : [{ name: "daemon", state: "bad", message: status.error.message, fix: status.error.fix ?? null }];
  return [
    ...environment,
    ...checkFindings(loaded.value),
    ...checkStateDir(loaded.value.stateDir),
    ...checkDatabases(await (await host.backend()).checkStores(inputsOf(host, args))),
    ...checkPorts(loaded.value, isRunning),
    ...state,
  ];
}

export const command = defineCommand({
  meta: {
    name: "doctor",
    description: "Check the set-up: environment, ports, Ollama, keys, state, disk, clock, database; with fixes",
    group: "Set up",
    examples: [["lodestar doctor --json", "for a bug report; it holds no secret"]],
    notes: ["Ends with exit code 1 when something is wrong that keeps Lodestar from working."],
  },
  args: { ...jsonFlag, ...daemonFlags },
  async run({ args, ...host }) {
    const checks = await examine(host, args);
    const bad = checks.filter(({ state }) => state === "bad").length;
    if (args.json) {
      host.terminal.out(JSON.stringify({ healthy: bad === 0, checks }));
      return bad === 0 ? EXIT_CODES.ok : EXIT_CODES.failure;
    }
    show(checks, host.terminal);
    return bad === 0
      ? EXIT_CODES.ok
      : failureProblem("not_healthy", `${formatPlural(bad, "thing")} to mend, marked XX above`);
  },
});
