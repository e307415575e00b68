import { join } from "node:path";
import type { Backend, BackendInputs, InProcessApp, ReadyRecord } from "./cli/backend.ts";
import { adminContext } from "./compose/admin.ts";
import { apiContext } from "./compose/api.ts";
import { catalogueViews } from "./compose/catalogue.ts";
import { startDaemon } from "./compose/daemon.ts";
import { loadFor, openState } from "./compose/opening.ts";
import { undoPricesOf, updatePricesOf } from "./compose/prices.ts";
import { storeProblem } from "./compose/problems.ts";
import { openReading } from "./compose/reader.ts";
import { openRulesTrial } from "./compose/rules-trial.ts";
import { randomSecret } from "./compose/secret.ts";
import { sshSide } from "./compose/ssh.ts";
import { openPrivateStateDir, stateDirOf } from "./compose/state-dir.ts";
import { failure, type Result, success } from "./core/result.ts";
import { systemClock } from "./host/clock.ts";
import { LOG_NAME, logDirectory } from "./host/log/file.ts";
import { followLog } from "./host/log/follow.ts";
import { detach, raiseFetchCap, selfCommand, signalDaemon, waitUntilGone } from "./host/process.ts";
import { readSecret, removeSecret, storeSecret } from "./host/secrets.ts";
import { readAdminToken } from "./host/state.ts";
import { findDaemon } from "./host/state-lock.ts";
import { createAdminApp } from "./http/admin/admin.ts";
import { createApiHandler } from "./http/app.ts";
import { PROVIDERS } from "./providers/_all.ts";
import { listCatalogue } from "./providers/catalogue.ts";
import { checkLedger, checkStores } from "./stores/check.ts";
import { openToolResults } from "./stores/tool-results.ts";
import { openTournaments } from "./stores/tournaments.ts";
import { type CliProblem, failureProblem } from "./terminal/problem.ts";

/** A daemon started in the background gets this long to serve. */
const DETACH_MS = 20_000;

const IN_PROCESS = { address: "127.0.0.1" };

async function openGateway(inputs: BackendInputs): Promise<Result<InProcessApp, CliProblem>> {
  const loaded = loadFor(inputs);
  if (!loaded.ok) return loaded;
  const opened = openState(inputs, loaded.value, { isEchoOn: false });
  if (!opened.ok) return opened;
  const opening = opened.value;
  await opening.runtime.local.refresh();
  // The person at the terminal owns the state directory: no client key is asked of them.
  const keyring = { isRequired: () => false, find: opening.keyring.find };
  const answer = createApiHandler({ ...apiContext(opening, () => true), keyring });
  return success({ answer: (request) => answer(request, IN_PROCESS), close: opening.close });
}

/** An admin application whose only caller is this process. */
function inProcessAdmin(context: Omit<Parameters<typeof adminContext>[0], "token" | "serving" | "control">) {
  const token = randomSecret();
  const app = createAdminApp(adminContext({ ...context, token, serving: () => null, control: null }));
  return (request: Request): Promise<Response> => {
    request.headers.set("authorization", `Bearer ${token}`);
    return Promise.resolve(app.fetch(request));
  };
}

async function openReader(inputs: BackendInputs): Promise<Result<InProcessApp, CliProblem>> {
  const loaded = loadFor(inputs);
  if (!loaded.ok) return loaded;
  const reading = openReading(inputs, loaded.value);
  if (!reading.ok) return reading;
  const { runtime, stores } = reading.value;
  const { stateDir } = loaded.value;
  const answer = inProcessAdmin({ runtime, stores, responses: null, stateDir, keyring: null, version: inputs.version });
  const close = async (): Promise<void> => {
    runtime.close();
    stores.close();
  };
  return success({ answer, close });
}

async function openAdmin(inputs: BackendInputs): Promise<Result<InProcessApp, CliProblem>> {
  const loaded = loadFor(inputs);
  if (!loaded.ok) return loaded;
  const opened = openState(inputs, loaded.value, { isEchoOn: false });
  if (!opened.ok) return opened;
  const { close, ...opening } = opened.value;
  return success({ answer: inProcessAdmin({ ...opening, version: inputs.version }), close });
}

function locateDaemon(inputs: BackendInputs): ReturnType<Backend["locateDaemon"]> {
  const stateDir = stateDirOf(inputs);
  const token = readAdminToken(stateDir);
  const found = findDaemon(stateDir);
  const ready: ReadyRecord | null = found.state === "running" ? found.ready : null;
  const logFile = join(logDirectory(stateDir), LOG_NAME);
  return success({ stateDir, ready, adminToken: token.ok ? token.value : null, logFile });
}

async function detachDaemon(inputs: BackendInputs, argv: readonly string[]): Promise<Result<ReadyRecord, CliProblem>> {
  const directory = openPrivateStateDir(inputs);
  if (!directory.ok) return directory;
  const stateDir = directory.value;
  const started = await detach({
    command: selfCommand(argv),
    stateDir,
    output: join(stateDir, "detached.log"),
    timeoutMs: DETACH_MS,
    clock: systemClock,
  });
  if (started.ok) return started;
  const { message, tail } = started.error;
  return failure(
    failureProblem(
      "detach_failed",
      tail === "" ? message : `${message}\n${tail}`,
      "run `lodestar serve` in the foreground to see more",
    ),
  );
}

function storeKey(inputs: BackendInputs, provider: string, key: string | null): Result<string | null, CliProblem> {
  const directory = openPrivateStateDir(inputs);
  if (!directory.ok) return directory;
  const before = readSecret(directory.value, provider);
  const replaced = before.ok && before.value !== null ? before.value.value : null;
  if (key === null) {
    removeSecret(directory.value, provider);
    return success(replaced);
  }
  const stored = storeSecret(directory.value, provider, key);
  if (!stored.ok) return failure(failureProblem(stored.error.code, stored.error.message, stored.error.fix));
  return success(replaced);
}

function tournamentsOf(inputs: BackendInputs): ReturnType<Backend["openTournaments"]> {
  const directory = openPrivateStateDir(inputs);
  if (!directory.ok) return directory;
  const opened = openTournaments({ stateDir: directory.value });
  return opened.ok ? opened : failure(storeProblem(opened.error));
}

function toolResultsOf(inputs: BackendInputs): ReturnType<Backend["openToolResults"]> {
  const directory = openPrivateStateDir(inputs);
  if (!directory.ok) return directory;
  const opened = openToolResults({ stateDir: directory.value });
  return opened.ok ? opened : failure(storeProblem(opened.error));
}

function knownProviders(): ReturnType<Backend["knownProviders"]> {
  return [...PROVIDERS, ...listCatalogue()].map(({ id, name, keyEnv, keyUrl, models, isLocal }) => ({
    id,
    name,
    keyEnv,
    ...(keyUrl === undefined ? {} : { keyUrl }),
    ...(models.cheap === undefined ? {} : { cheapModel: models.cheap }),
    isLocal: isLocal === true,
  }));
}

/** The composition root as the command line sees it. */
export const backend: Backend = {
  ssh: sshSide,
  startDaemon,
  openGateway,
  openReader,
  openAdmin,
  openRules: openRulesTrial,
  locateDaemon,
  openTournaments: tournamentsOf,
  openToolResults: toolResultsOf,
  detach: detachDaemon,
  signalDaemon,
  waitUntilGone: (pid, timeoutMs) => waitUntilGone(pid, timeoutMs, systemClock),
  raiseFetchCap,
  listCatalogue: ({ environment }) => catalogueViews(environment, systemClock.now()),
  knownProviders,
  storeKey,
  updatePrices: updatePricesOf,
  undoPrices: undoPricesOf,
  followLog: (stateDir, view) => followLog({ directory: logDirectory(stateDir), clock: systemClock, ...view }),
  checkStores: async (inputs) => checkStores(stateDirOf(inputs)),
  async checkLedger(inputs, onDay) {
    const checked = checkLedger(stateDirOf(inputs), onDay);
    return checked.ok ? checked : failure(storeProblem(checked.error));
  },
};
