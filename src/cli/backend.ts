import type { CatalogueModelView } from "../core/admin-view.ts";
import type { LodestarEvent } from "../core/event.ts";
import type { PriceWish, UpdatedSource } from "../core/price-view.ts";
import type { Result } from "../core/result.ts";
import type { ToolResults } from "../core/tool-results.ts";
import type { TournamentStore } from "../core/tournament/tournament.ts";
import type { CliProblem } from "../terminal/problem.ts";
import type { Environment } from "../terminal/terminal.ts";
import type { RulesTrial, TrialProject } from "./route/trial.ts";
import type { SshSide } from "./ssh-side.ts";

/** Flags that decide which daemon, state and configuration a command means. Absent: environment, file, defaults. */
export interface DaemonFlags {
  readonly host?: string;
  readonly port?: number;
  readonly adminPort?: number;
  readonly stateDir?: string;
  readonly config?: string;
  readonly logLevel?: "debug" | "info" | "warn" | "error";
}

/** What the composition root needs from the command line. */
export interface BackendInputs {
  readonly flags: DaemonFlags;
  readonly environment: Environment;
  readonly version: string;
}

/** What a daemon found when it started, for the ready lines. No secrets. */
export interface StartSummary {
  readonly providers: readonly { readonly id: string; readonly keySource: string; readonly origin: string }[];
  readonly ollama: { readonly url: string; readonly models: readonly string[] } | null;
  /** What was looked for and not found, a clause each. */
  readonly missing: readonly string[];
  /** A client key exists, so calls need one. */
  readonly keyRequired: boolean;
  readonly priceDate: string;
  readonly priceSource: string;
  /** How many upstream calls can run at once. */
  readonly fetchCap: number;
  /** What to do next, a line each; empty when a model can answer. */
  readonly nextSteps: readonly string[];
  /** The wanted admin port, where it was taken and another one is used. */
  readonly takenAdminPort?: number;
}

/** A running daemon in this process. */
export interface Daemon {
  readonly apiUrl: string;
  readonly adminUrl: string;
  readonly stateDir: string;
  readonly summary: StartSummary;
  /** A link that opens the status page once, with a session of its own. */
  readonly adminLink?: string;
  /** Resolves when stopped. */
  readonly closed: Promise<void>;
  /** Drains and stops. */
  stop(reason: string): Promise<void>;
  /** Stops at once. */
  abort(): void;
  reload(): Promise<Result<string, string>>;
  subscribe(listener: (event: LodestarEvent) => void): () => void;
}

/** An HTTP application without a socket: the same requests and replies as on its port. */
export interface InProcessApp {
  answer(request: Request): Promise<Response>;
  close(): Promise<void>;
}

/** What the ready file of a state directory says, of a process that is alive. */
export interface ReadyRecord {
  readonly apiUrl: string;
  readonly adminUrl: string;
  readonly pid: number;
  readonly version: string;
}

/** Where a daemon's state is, and the daemon itself if one runs there. */
export interface DaemonLocation {
  readonly stateDir: string;
  readonly ready: ReadyRecord | null;
  /** The admin credential of the state directory, if it can be read. */
  readonly adminToken: string | null;
}

/** A provider that can be added by name. */
export interface KnownProvider {
  readonly id: string;
  readonly name: string;
  readonly keyEnv: readonly string[];
  readonly keyUrl?: string;
  /** The model that a test call asks. */
  readonly cheapModel?: string;
  readonly isLocal: boolean;
}

/** Which lines of the log to show. */
export interface LogView {
  /** How many of the last lines come first. */
  readonly history: number;
  /** Go on with what is appended, until `signal` aborts. */
  readonly isFollowing: boolean;
  readonly signal: AbortSignal;
}

/** What is found when a store is looked at closely. */
export interface StoreCheck {
  /** The file's path. */
  readonly file: string;
  readonly isSound: boolean;
  /** `sound, 12 MiB, 40,312 rows`, or what is wrong. */
  readonly message: string;
}

/** What a close look at the ledger found. */
export interface LedgerCheck {
  readonly file: string;
  /** What SQLite says is damaged; empty when nothing is. */
  readonly damage: readonly string[];
  /** Rows that were held against sums. */
  readonly rows: number;
  /** Of the first day that was checked, Unix ms; what was pruned has no rows to check. */
  readonly from: number | null;
  readonly wrongSums: number;
  readonly wrongLast: number;
  readonly lostPrices: number;
}

/** The composition root as commands see it; `src/compose.ts` implements it. */
export interface Backend {
  readonly ssh: SshSide;
  startDaemon(inputs: BackendInputs): Promise<Result<Daemon, CliProblem>>;
  /** The API application in this process, under the state lock; for `ask` where no daemon runs. */
  openGateway(inputs: BackendInputs): Promise<Result<InProcessApp, CliProblem>>;
  /** The admin application in this process over stores opened read-only; no lock. It needs no credential. */
  openReader(inputs: BackendInputs): Promise<Result<InProcessApp, CliProblem>>;
  /** The rules of a configuration, to be tried: without a daemon, a lock or a model. `here` is the project of the folder. */
  openRules(inputs: BackendInputs, here: TrialProject | null): Promise<Result<RulesTrial, CliProblem>>;
  /** The admin application in this process under the state lock, for commands that change state. It needs no credential. */
  openAdmin(inputs: BackendInputs): Promise<Result<InProcessApp, CliProblem>>;
  locateDaemon(inputs: BackendInputs): Result<DaemonLocation, CliProblem>;
  /** The tournaments of the state directory, which is made where it is not there; also beside a daemon, without its lock. */
  openTournaments(inputs: BackendInputs): Result<TournamentStore, CliProblem>;
  /** What our tools paid for before, in the state directory, which is made where it is not there; also beside a daemon, without its lock. */
  openToolResults(inputs: BackendInputs): Result<ToolResults, CliProblem>;
  /** Starts `lodestar serve` with these arguments in a session of its own and waits until it serves. */
  detach(inputs: BackendInputs, argv: readonly string[]): Promise<Result<ReadyRecord, CliProblem>>;
  /** The lines of a state directory's log, NDJSON, oldest first, through its rotated files. */
  followLog(stateDir: string, view: LogView): AsyncIterable<string>;
  /** Asks a process to drain and end (SIGTERM), or ends it at once (SIGKILL). */
  signalDaemon(pid: number, signal: "SIGTERM" | "SIGKILL"): "sent" | "gone" | "not-permitted";
  /** False when the process still runs after `timeoutMs`. */
  waitUntilGone(pid: number, timeoutMs: number): Promise<boolean>;
  /** Starts this process again in place with the cap on outgoing calls lifted; returns only where it is lifted already or cannot be. */
  raiseFetchCap(): Promise<unknown>;
  /** Looks at every database of the state directory without changing it (SQLite's quick check, schema version). */
  checkStores(inputs: BackendInputs): Promise<readonly StoreCheck[]>;
  /** Holds the ledger's sums against its rows, also beside a daemon; `onDay` hears of each UTC day (Unix ms) that is done. */
  checkLedger(inputs: BackendInputs, onDay: (day: number) => void): Promise<Result<LedgerCheck, CliProblem>>;
  /** Every model of the bundled catalogue; the environment says which keys are there. */
  listCatalogue(inputs: BackendInputs): readonly CatalogueModelView[];
  /** Every provider that `provider add` knows by name. */
  knownProviders(): readonly KnownProvider[];
  /** Takes published prices into the state directory: each source from a URL or a file. A running daemon uses them after a reload. */
  updatePrices(
    inputs: BackendInputs,
    wishes: readonly PriceWish[],
  ): Promise<Result<readonly UpdatedSource[], CliProblem>>;
  /** Goes back to the prices before the last update; false when there is nothing to go back to. */
  undoPrices(inputs: BackendInputs): Result<boolean, CliProblem>;
  /** Stores a provider's key in the state directory (0600), or removes it (null); returns the one it replaced. */
  storeKey(inputs: BackendInputs, provider: string, key: string | null): Result<string | null, CliProblem>;
}
