import type { Loaded } from "../config/load.ts";
import type { KeyView, StatusView } from "../core/admin-view.ts";
import type { GpuView } from "../core/gpu/gpu.ts";
import { modelFolders } from "../features/local-catalog/blob.ts";
import { thisServiceMachine } from "../features/service/machine.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { formatPlural } from "../terminal/format.ts";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";
import { plainText } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { padTo } from "../terminal/width.ts";
import { type CliHost, defineCommand } from "./command.ts";
import { configProblem, loadFor } from "./config/check.ts";
import { locate, openAdmin, readView } from "./connection.ts";
import type { Check } from "./doctor/check.ts";
import { checkFindings, checkPorts, checkStatus } from "./doctor/checks.ts";
import { checkDatabases } from "./doctor/databases.ts";
import { checkGpu } from "./doctor/gpu.ts";
import { checkClock, checkDescriptors, checkMemory, checkModelSpace } from "./doctor/machine.ts";
import { checkCertificates, checkProxies, inspectClock } from "./doctor/network.ts";
import { checkOllama, inspectOllama } from "./doctor/ollama.ts";
import { freeSpace, readText } from "./doctor/read.ts";
import { repairAll } from "./doctor/repair.ts";
import { checkClientKeys, checkProjectHere, checkProviderKeys, checkUnits } from "./doctor/setup.ts";
import { checkStateDir } from "./doctor/state.ts";
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

/** Everything that needs no configuration. */
function examineMachine({ environment, version }: CliHost, daemonPid: number | null): readonly Check[] {
  return [
    { name: "lodestar", state: "ok", message: `version ${version}, ${process.platform} ${process.arch}`, fix: null },
    ...checkProxies(environment),
    ...checkCertificates(environment),
    ...checkMemory(readText("/proc/meminfo")),
    ...checkDescriptors(readText(`/proc/${daemonPid ?? "self"}/limits`), daemonPid !== null),
  ];
}

/** The local engines and what they stand on. */
async function examineLocal(status: StatusView, gpu: GpuView | null, loaded: Loaded): Promise<readonly Check[]> {
  const sizes = (gpu?.gpus ?? []).map(({ totalBytes }) => totalBytes ?? 0);
  const expected = {
    contextTokens: loaded.settings.local.contextTokens,
    vramBytes: sizes.length === 0 ? null : Math.max(...sizes),
  };
  const facts = await Promise.all(status.local.filter(({ isReachable }) => isReachable).map(inspectOllama));
  const folders = modelFolders({ ...process.env, ...facts[0]?.settings });
  const folder = folders.find((path) => freeSpace(path) !== null);
  return [
    ...facts.flatMap((fact) => checkOllama(fact, expected)),
    ...(folder === undefined ? [] : checkModelSpace(folder, freeSpace(folder))),
    ...(gpu === null ? [] : checkGpu(gpu)),
  ];
}

/** What a daemon, or this process in its place, tells. */
async function examineViews(host: CliHost, args: DaemonArgs, loaded: Loaded): Promise<readonly Check[]> {
  const opened = await openAdmin(host, args, "read");
  if (!opened.ok) return [unreadable(opened.error)];
  const connection = opened.value;
  try {
    const status = await readView<StatusView>(connection, "/v1/status");
    if (!status.ok) return [unreadable(status.error)];
    const gpu = await readView<GpuView>(connection, "/v1/gpu");
    const keys = await readView<{ keys: readonly KeyView[] }>(connection, "/v1/keys");
    return [
      ...checkStatus(status.value, host.now()),
      checkClock(await inspectClock(status.value, Date.now)),
      ...(keys.ok ? checkClientKeys(keys.value.keys, host.now()) : []),
      ...(await examineLocal(status.value, gpu.ok ? gpu.value : null, loaded)),
    ];
  } finally {
    await connection.close();
  }
}

function unreadable({ message, fix }: CliProblem): Check {
  return { name: "daemon", state: "bad", message, fix: fix ?? null };
}

async function examine(host: CliHost, args: DaemonArgs): Promise<readonly Check[]> {
  const loaded = loadFor(args, host.environment);
  if (!loaded.ok) {
    const { message } = configProblem(loaded.error);
    return [...examineMachine(host, null), { name: "config", state: "bad", message, fix: "lodestar config check" }];
  }
  const location = await locate(host, args);
  const ready = location.ok ? location.value.ready : null;
  const { settings, stateDir } = loaded.value;
  const backend = await host.backend();
  const checkpoint = async (): Promise<void> => {
    const opened = await backend.openAdmin(inputsOf(host, args));
    if (opened.ok) await opened.value.close();
  };
  return [
    ...examineMachine(host, ready?.pid ?? null),
    ...checkFindings(loaded.value),
    ...checkProviderKeys(settings),
    ...checkProjectHere(host, settings),
    ...checkStateDir(stateDir, ready !== null, checkpoint),
    ...checkDatabases(await backend.checkStores(inputsOf(host, args)), ready !== null),
    ...(await checkPorts(loaded.value, ready !== null)),
    ...(await checkUnits(thisServiceMachine(host.environment))),
    ...(await examineViews(host, args, loaded.value)),
  ];
}

export const command = defineCommand({
  meta: {
    name: "doctor",
    description: "Check the set-up: environment, ports, Ollama, keys, state, disk, clock, database; with fixes",
    group: "Set up",
    examples: [
      ["lodestar doctor --json", "for a bug report; it holds no secret"],
      ["lodestar doctor --fix", "mend what can be mended without loss, asking before each"],
    ],
    notes: [
      "Ends with exit code 1 when something is wrong that keeps Lodestar from working (XX); warnings (!!) do not count.",
      "The clock is compared with the first provider that has a key; no key is sent. Offline, the system is asked instead.",
    ],
  },
  args: {
    fix: {
      type: "boolean",
      description: "mend file modes, leftovers of a crash, large write-ahead logs and damaged histories",
    },
    yes: { type: "boolean", alias: "y", description: "with --fix: do not ask" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const found = await examine(host, args);
    const mended = args.fix ? await repairAll(found, host, args.yes) : 0;
    const checks = mended > 0 ? await examine(host, args) : found;
    const bad = checks.filter(({ state }) => state === "bad").length;
    if (args.json) {
      const lines = checks.map(({ repair, ...line }) => ({ ...line, canFix: repair !== undefined }));
      host.terminal.out(JSON.stringify({ healthy: bad === 0, mended, checks: lines }));
      return bad === 0 ? EXIT_CODES.ok : EXIT_CODES.failure;
    }
    show(checks, host.terminal);
    if (!args.fix && checks.some(({ repair }) => repair !== undefined)) {
      host.terminal.talk("some of it can be mended by: lodestar doctor --fix");
    }
    return bad === 0
      ? EXIT_CODES.ok
      : failureProblem("not_healthy", `${formatPlural(bad, "thing")} to mend, marked XX above`);
  },
});
