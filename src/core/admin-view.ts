import type { Availability } from "./availability.ts";
import type { Budget } from "./budget/budget.ts";
import type { CacheStatsView } from "./cache-view.ts";
import type { HealthState } from "./event.ts";
import type { GpuView } from "./gpu/gpu.ts";
import type { PaidProbesView, PausedModelView, Spans } from "./health-view.ts";
import type { KeyLimits } from "./key-limits.ts";
import type { CostGroup, LedgerRow, Totals } from "./ledger.ts";
import type { NanoUsd } from "./money.ts";
import type { Savings } from "./savings.ts";

/** How one provider does, as `status` shows it. */
export interface ProviderView {
  readonly id: string;
  /** The worst state of its accounts' breakers. `unknown` where no daemon runs. */
  readonly state: HealthState | "unknown";
  readonly lastError: string | null;
  /** Over the last 24 hours; `ratio` is null when nothing was asked. What is no fault of the provider counts nowhere. */
  readonly availability: Availability & { readonly spans: Spans };
  readonly accounts: readonly {
    readonly id: string;
    readonly keySource: string;
    readonly hasKey: boolean;
    readonly state: HealthState | "unknown";
    readonly coolingUntil: number | null;
    /** Why it is not asked until then; null when it is. */
    readonly coolingReason: string | null;
    /** Models that are left out although the account is asked. */
    readonly models: readonly PausedModelView[];
  }[];
  readonly origin: string;
  readonly baseUrl: string;
  readonly isLocal: boolean;
}

/** A model server on the user's own machine. */
export interface LocalView {
  readonly provider: string;
  readonly url: string;
  readonly isReachable: boolean;
  /** Pulled models. */
  readonly models: readonly string[];
}

/** The process, or that there is none. Times are Unix ms. */
export interface DaemonView {
  readonly running: boolean;
  readonly pid: number | null;
  readonly version: string;
  readonly apiUrl: string | null;
  readonly adminUrl: string | null;
  readonly stateDir: string;
  readonly configFile: string | null;
  /** Why the last reload was refused, so that an older configuration is in use; null when it was not. */
  readonly configProblem: string | null;
  readonly startedAt: number | null;
  readonly keyRequired: boolean;
  readonly openStreams: number;
  readonly fetchCap: number;
  readonly prices: { readonly source: string; readonly date: string };
  readonly ledger: { readonly queued: number; readonly lastError: string | null; readonly committedAt: number | null };
}

/** An SSH tunnel of the daemon. Times are Unix ms. */
export interface TunnelView {
  /** As a URL: `ssh://user@box`. */
  readonly box: string;
  /** As the box sees it: `127.0.0.1:11434`. */
  readonly target: string;
  readonly state: "connecting" | "up" | "waiting" | "closed";
  /** Since when it is in that state. */
  readonly since: number;
  /** When it is tried again; null unless it waits. */
  readonly retryAt: number | null;
  /** How often it came up again after it had failed. */
  readonly reconnects: number;
  /** The last thing that went wrong, mended or not. */
  readonly lastError: { readonly code: string; readonly message: string; readonly fix: string } | null;
}

/** `status --json`. Names are fixed by the public contract. */
export interface StatusView {
  readonly daemon: DaemonView;
  readonly providers: readonly ProviderView[];
  readonly local: readonly LocalView[];
  /** Empty without a daemon. */
  readonly tunnels: readonly TunnelView[];
  /** The last reading of this machine's cards; null where there is no driver, or none was taken yet. */
  readonly gpu: GpuView | null;
  /** Models that are asked for one token now and then; null where nobody asked for that, or no daemon runs. */
  readonly paidProbes: PaidProbesView | null;
  /** Answers that are given again. */
  readonly cache: CacheStatsView;
  readonly today: { readonly requests: number; readonly costNanoUsd: NanoUsd; readonly unpriced: number };
}

/** `costs --json`. Names are fixed by the public contract; `from` and `to` are Unix ms or null. */
export interface CostsView {
  readonly period: string;
  /** The configured one, whose days and months these are. */
  readonly timeZone: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly by: string;
  readonly totals: Totals;
  readonly savings: Savings;
  readonly groups: readonly CostGroup[];
}

/** What a round of pruning did. `before` is Unix ms; rows are left where `isDone` is false, or none was to be deleted. */
export interface PruneView {
  readonly before: number;
  readonly deleted: number;
  readonly left: number;
  readonly isDone: boolean;
}

/** The day (Unix ms) whose sums were looked at, and whether they were wrong; null when there is no further day. */
export interface RepairView {
  readonly mended: { readonly day: number; readonly wasWrong: boolean } | null;
}

/** One request as `requests --json` lists it. */
export interface RequestView {
  readonly requestId: string;
  readonly startedAt: number;
  readonly attempts: number;
  readonly costNanoUsd: NanoUsd | null;
  readonly last: LedgerRow;
}

/** One request with every attempt, as `requests show --json` prints it. */
export interface RequestDetailView {
  readonly requestId: string;
  readonly costNanoUsd: NanoUsd | null;
  readonly attempts: readonly LedgerRow[];
}

/** One budget as it stands, as `budgets --json` lists it. Times are Unix ms. */
export interface BudgetView
  extends Pick<Budget, "id" | "scope" | "period" | "limitNanoUsd" | "over" | "warnAt" | "origin"> {
  /** Whom it counts: where a budget counts several apart, each has an entry, and `*` stands for all that spent nothing yet. */
  readonly name: string | null;
  readonly spentNanoUsd: NanoUsd;
  /** Held for calls that are open. */
  readonly reservedNanoUsd: NanoUsd;
  /** Never below 0. */
  readonly leftNanoUsd: NanoUsd;
  readonly from: number | null;
  readonly resetsAt: number | null;
  readonly unpriced: "allow" | "deny";
}

/** `budgets --json`. */
export interface BudgetsView {
  readonly timeZone: string;
  readonly budgets: readonly BudgetView[];
}

/** A webhook and what became of its events, as `webhooks --json` lists it; of its URL only the host is told. */
export interface WebhookView {
  readonly host: string;
  readonly isSigned: boolean;
  /** By name; empty means budgets and health. */
  readonly events: readonly string[];
  readonly queued: number;
  readonly delivered: number;
  readonly givenUp: number;
  readonly dropped: number;
  readonly lastError: string | null;
}

/** How a sample went, as `webhooks test --json` lists it. */
export interface WebhookTrialView {
  readonly host: string;
  readonly isSigned: boolean;
  /** Null where there was no answer. */
  readonly status: number | null;
  /** Null when it was taken. */
  readonly error: string | null;
  readonly durationMs: number;
}

/** A client key without its secret. */
export interface KeyView {
  readonly id: string;
  readonly name: string;
  readonly hint: string;
  readonly project: string | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly lastUsedAt: number | null;
  readonly models: readonly string[];
  readonly limits: KeyLimits;
}

/** A key just made: the only time its secret is told. */
export interface CreatedKeyView extends KeyView {
  readonly secret: string;
  /** This key ended keyless access. */
  readonly endedKeyless: boolean;
}

/** A model that can be asked, with what is known of it. Prices in USD per million tokens. */
export interface ModelView {
  /** `provider/model` */
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly aliases: readonly string[];
  readonly inputUsd: number | null;
  readonly outputUsd: number | null;
  readonly isLocal: boolean;
  readonly contextTokens: number | null;
  readonly canUseTools: boolean | null;
  readonly canReadImages: boolean | null;
  readonly canReason: boolean | null;
  /** It makes images (`POST /v1/images/generations`); absent where nothing is known of it. */
  readonly canDraw?: boolean;
}

/** A model of the bundled catalogue, whether its provider is configured or not. */
export interface CatalogueModelView extends ModelView {
  readonly maxOutputTokens: number | null;
  /** The variable that holds its provider's key, or would. */
  readonly keyEnv: string | null;
  readonly isKeySet: boolean;
  /** Where the price is from, and of which day. */
  readonly priceSource: string | null;
}

/** The error body of every admin route. */
export interface AdminErrorView {
  readonly error: { readonly code: string; readonly message: string; readonly fix: string | null };
}
