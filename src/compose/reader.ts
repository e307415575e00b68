import type { BackendInputs } from "../cli/backend.ts";
import type { Loaded } from "../config/load.ts";
import type { EvidenceStore } from "../core/evidence-store.ts";
import { createRedactor } from "../core/redact.ts";
import { failure, type Result, success } from "../core/result.ts";
import { systemClock } from "../host/clock.ts";
import { openEvidenceReader } from "../stores/evidence.ts";
import { createMemoryLedger } from "../stores/memory/ledger.ts";
import { openStoreReaders, type Stores } from "../stores/open.ts";
import type { KeyReader, KeyStore, Ledger, LedgerReader, ProjectStore, RouteLog } from "../stores/ports.ts";
import { openProjectReader } from "../stores/projects.ts";
import { openRouteReader } from "../stores/routes.ts";
import type { CliProblem } from "../terminal/problem.ts";
import { openHistoryReader } from "./health.ts";
import { openNetwork } from "./network.ts";
import { storeProblem } from "./problems.ts";
import { createRuntime, type Runtime } from "./runtime.ts";

function refuseWrite(): never {
  throw new Error("a reading command writes nothing");
}

/** A ledger that is only read: what a commit would do is done already, what would change it is a bug. */
function readOnlyLedger(reader: LedgerReader): Ledger {
  const nothing = createMemoryLedger(systemClock);
  return {
    query: reader.query,
    totals: reader.totals,
    groups: reader.groups,
    recentRequests: reader.recentRequests,
    spent: reader.spent,
    prunable: reader.prunable,
    price: reader.price,
    close: reader.close,
    flush: () => Promise.resolve(),
    health: nothing.health,
    reserve: refuseWrite,
    stream: refuseWrite,
    settle: refuseWrite,
    closeOpenIntents: refuseWrite,
    prune: refuseWrite,
    repairDay: refuseWrite,
  };
}

function readOnlyKeys(reader: KeyReader): KeyStore {
  return {
    ...reader,
    create: refuseWrite,
    revoke: refuseWrite,
    limit: refuseWrite,
    touch: refuseWrite,
    revision: () => 0,
  };
}

const NO_KEYS: KeyReader = { findByDigest: () => null, list: () => [], hasAny: () => false, close: () => undefined };

/** The stores for reading; an empty one where nothing was ever written. */
function openReadOnly(stateDir: string): Result<Stores, CliProblem> {
  const opened = openStoreReaders({ stateDir });
  if (opened.ok) {
    const { ledger, keys, close } = opened.value;
    return success({ ledger: readOnlyLedger(ledger), keys: readOnlyKeys(keys), close });
  }
  if (opened.error.code !== "store_missing") return failure(storeProblem(opened.error));
  return success({ ledger: createMemoryLedger(systemClock), keys: readOnlyKeys(NO_KEYS), close: () => undefined });
}

/** The known projects for reading; null where none was ever told, or their file cannot be used. */
function openProjects(stateDir: string): ProjectStore | null {
  const opened = openProjectReader({ stateDir });
  return opened.ok ? { ...opened.value, save: refuseWrite, remove: refuseWrite } : null;
}

/** The evidence for reading; null where none was ever written, or its file cannot be used. */
function openEvidence(stateDir: string): EvidenceStore | null {
  const opened = openEvidenceReader({ stateDir });
  return opened.ok ? { ...opened.value, save: refuseWrite, remove: refuseWrite, prune: refuseWrite } : null;
}

/** The route log for reading; null where none was ever written, or its file cannot be used. */
function openRoutes(stateDir: string): RouteLog | null {
  const opened = openRouteReader({ stateDir });
  return opened.ok ? { ...opened.value, write: refuseWrite, prune: refuseWrite } : null;
}

/** What a reading command sees beside a daemon or without one; takes no lock and changes nothing. */
export function openReading(
  inputs: BackendInputs,
  loaded: Loaded,
): Result<{ runtime: Runtime; stores: Stores }, CliProblem> {
  const network = openNetwork(inputs.environment, systemClock);
  if (!network.ok) return network;
  const stores = openReadOnly(loaded.stateDir);
  if (!stores.ok) return stores;
  const runtime = createRuntime({
    loaded,
    stores: stores.value,
    projects: openProjects(loaded.stateDir),
    history: openHistoryReader(loaded.stateDir),
    openCache: () => null,
    openEvidence: () => openEvidence(loaded.stateDir),
    openRoutes: () => openRoutes(loaded.stateDir),
    figures: null,
    clock: systemClock,
    log: { write: () => undefined },
    redactor: createRedactor(),
    tunnels: null,
    version: inputs.version,
    ...network.value,
  });
  return success({ runtime, stores: stores.value });
}
