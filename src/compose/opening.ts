import type { BackendInputs } from "../cli/backend.ts";
import { type Loaded, loadSettings } from "../config/load.ts";
import type { Settings } from "../config/settings.ts";
import { isCloudModel } from "../core/cloud-model.ts";
import { KnownError } from "../core/known-error.ts";
import { createRedactor, type Redactor } from "../core/redact.ts";
import { failure, type Result, success } from "../core/result.ts";
import { type Clock, systemClock } from "../host/clock.ts";
import { type KeyDigest, openKeyDigest } from "../host/keys.ts";
import { type LogFile, logDirectory, openLogFile } from "../host/log/file.ts";
import { openStateDir } from "../host/state.ts";
import { lockState, type StateLock } from "../host/state-lock.ts";
import type { FreeTargets } from "../stores/crash-end.ts";
import { openEvidenceStore } from "../stores/evidence.ts";
import { openHealthHistory } from "../stores/health-history.ts";
import { openLocalFigures } from "../stores/local-figures.ts";
import { openStores, type Stores } from "../stores/open.ts";
import type { ResponseStore } from "../stores/ports.ts";
import { openProjectStore } from "../stores/projects.ts";
import { openResponseCache } from "../stores/response-cache.ts";
import { openResponseStore } from "../stores/responses.ts";
import { openRouteLog } from "../stores/routes.ts";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";
import { createKeyring, type OwnKeyring } from "./keyring.ts";
import { openNetwork } from "./network.ts";
import { configProblem, stateProblem, storeProblem } from "./problems.ts";
import { createRuntime, type Runtime, type RuntimeParts } from "./runtime.ts";
import { createTunnels } from "./tunnels.ts";
import { orLeftOut } from "./usable-store.ts";

/** What webhooks were not yet told of gets this long to go out at the end, and where someone insists on it at once. */
const ALERTS_MS = 2_000;
const HASTY_ALERTS_MS = 100;

/** A state directory that is ours: locked, its stores open, the gateway built on them. */
export interface Opening {
  readonly runtime: Runtime;
  readonly stores: Stores;
  /** Null where its file cannot be used: everything else still works. */
  readonly responses: ResponseStore | null;
  readonly keyring: OwnKeyring;
  readonly stateDir: string;
  readonly log: LogFile;
  readonly redactor: Redactor;
  readonly clock: Clock;
  /** Attempts that a crash had left open and that were closed as estimated. */
  readonly recovered: number;
  /**
   * Tells webhooks what they were not told yet, commits, closes and gives the lock back. Rejects with a `KnownError` when all is
   * closed and the ledger could not be committed: what was still queued is lost then.
   */
  close(options?: { readonly isHasty: boolean }): Promise<void>;
}

/** The configuration for a command line, or what is wrong with it (exit code 3). */
export function loadFor(inputs: BackendInputs): Result<Loaded, CliProblem> {
  const loaded = loadSettings({ flags: inputs.flags, environment: inputs.environment });
  return loaded.ok ? loaded : failure(configProblem(loaded.error));
}

interface Locked {
  readonly stateDir: string;
  readonly lock: StateLock;
  readonly stores: Stores;
  readonly digest: KeyDigest;
}

function lockAndOpen(wanted: string, clock: Clock): Result<Locked, CliProblem> {
  const directory = openStateDir(wanted);
  if (!directory.ok) return failure(stateProblem(directory.error));
  const stateDir = directory.value;
  const lock = lockState(stateDir);
  if (!lock.ok) return failure(stateProblem(lock.error));
  const digest = openKeyDigest(stateDir);
  const stores = digest.ok ? openStores({ stateDir, clock }) : null;
  if (digest.ok && stores?.ok === true)
    return success({ stateDir, lock: lock.value, stores: stores.value, digest: digest.value });
  lock.value.release();
  if (!digest.ok) return failure(stateProblem(digest.error));
  if (stores !== null && !stores.ok) return failure(storeProblem(stores.error));
  return failure(failureProblem("state_dir_unusable", `${stateDir} cannot be used.`));
}

function openLog(loaded: Loaded, stateDir: string, redactor: Redactor, clock: Clock, isEchoOn: boolean): LogFile {
  const { level, maxBytes, keepFiles } = loaded.settings.log;
  return openLogFile({
    directory: logDirectory(stateDir),
    level,
    maxBytes,
    keepFiles,
    redactor,
    clock,
    stderr: { isEchoOn, write: (line) => process.stderr.write(line) },
  });
}

/** What the gateway is built on and can do without. */
function openSpareStores(
  stateDir: string,
  log: LogFile,
): Pick<RuntimeParts, "figures" | "projects" | "history" | "openCache" | "openEvidence" | "openRoutes"> {
  return {
    figures: orLeftOut(openLocalFigures({ stateDir }), log, "what local models took is not remembered"),
    projects: orLeftOut(openProjectStore({ stateDir }), log, "what projects' own files ask for does not count"),
    history: orLeftOut(openHealthHistory({ stateDir }), log, "the health of providers is not written down"),
    openCache: (maxBytes) =>
      orLeftOut(openResponseCache({ stateDir, maxBytes }), log, "answers are not kept in the response cache"),
    openRoutes: () => orLeftOut(openRouteLog({ stateDir }), log, "decisions of the router are not kept"),
    openEvidence: () => orLeftOut(openEvidenceStore({ stateDir }), log, "what is judged of answers is not kept"),
  };
}

function unwrittenError(attempts: number, cause: unknown): KnownError {
  const { code, message } =
    cause instanceof KnownError ? cause.fault : { code: "store_failed", message: String(cause) };
  const fix = "mend that before the next start; the providers' own accounts have what these attempts cost";
  return new KnownError(
    { code, message: `${attempts} attempts could not be written and are lost: ${message}`, fix },
    cause,
  );
}

/** What runs on this machine costs nothing, whatever a crash has cut off; what it passes on to a cloud does. */
function freeTargets({ providers }: Settings): FreeTargets {
  const local = new Set(
    providers.filter(({ provider }) => provider.isLocal === true).map(({ provider }) => provider.id),
  );
  return (provider, model) => local.has(provider) && !isCloudModel(model);
}

/** Takes the state directory and builds the gateway on it; fails with what to do about it. */
export function openState(
  inputs: BackendInputs,
  loaded: Loaded,
  options: { readonly isEchoOn: boolean },
): Result<Opening, CliProblem> {
  const clock = systemClock;
  const network = openNetwork(inputs.environment, clock);
  if (!network.ok) return network;
  const locked = lockAndOpen(loaded.stateDir, clock);
  if (!locked.ok) return locked;
  const { stateDir, lock, stores, digest } = locked.value;
  const redactor = createRedactor();
  const log = openLog(loaded, stateDir, redactor, clock, options.isEchoOn);
  const recovered = stores.ledger.closeOpenIntents(clock.now(), freeTargets(loaded.settings));
  if (recovered > 0) log.write("warn", "closed attempts that a crash had left open, as estimates", { recovered });
  const spare = openSpareStores(stateDir, log);
  const runtime = createRuntime({
    loaded,
    stores,
    ...spare,
    clock,
    log,
    redactor,
    tunnels: createTunnels(inputs.environment, { stateDir, clock, log }),
    version: inputs.version,
    ...network.value,
  });
  const maxBytes = (): number => runtime.services.settings().retention.responsesBytes;
  const opened = openResponseStore({ stateDir, maxBytes });
  const responses = orLeftOut(opened, log, "answers of the Responses API are not kept");
  return success({
    runtime,
    stores,
    responses,
    keyring: createKeyring(stores.keys, digest, clock),
    stateDir,
    log,
    redactor,
    clock,
    recovered,
    async close({ isHasty } = { isHasty: false }) {
      await runtime.alerts.close(isHasty ? HASTY_ALERTS_MS : ALERTS_MS);
      runtime.close();
      const unwritten = await stores.ledger.flush().then(
        () => null,
        (error: unknown) => unwrittenError(stores.ledger.health().queued, error),
      );
      if (unwritten !== null) {
        log.write("error", "the ledger could not be committed at the end", { ...unwritten.fault });
      }
      responses?.close();
      spare.figures?.close();
      runtime.cacheSide.close();
      runtime.evidenceSide.close();
      runtime.routingSide.close();
      stores.close();
      await log.close();
      lock.release();
      if (unwritten !== null) throw unwritten;
    },
  });
}
