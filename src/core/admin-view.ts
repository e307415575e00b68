import type { HealthState } from "./event.ts";
import type { KeyLimits } from "./key-limits.ts";
import type { CostGroup, LedgerRow, Totals } from "./ledger.ts";
import type { NanoUsd } from "./money.ts";

/** How one provider does, as `status` shows it. */
export interface ProviderView {
  readonly id: string;
  /** The worst state of its accounts' breakers. `unknown` where no daemon runs. */
  readonly state: HealthState | "unknown";
  readonly lastError: string | null;
  /** Settled attempts of the last 24 hours; `ratio` is null when there were none. */
  readonly availability: { readonly attempts: number; readonly failed: number; readonly ratio: number | null };
  readonly accounts: readonly {
    readonly id: string;
    readonly keySource: string;
    readonly hasKey: boolean;
    readonly state: HealthState | "unknown";
    readonly coolingUntil: number | null;
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

/** `status --json`. Names are fixed by the public contract. */
export interface StatusView {
  readonly daemon: DaemonView;
  readonly providers: readonly ProviderView[];
  readonly local: readonly LocalView[];
  /** Null while no GPU is watched. */
  readonly gpu: null;
  readonly today: { readonly requests: number; readonly costNanoUsd: NanoUsd; readonly unpriced: number };
}

/** `costs --json`. Names are fixed by the public contract; `from` and `to` are Unix ms or null. */
export interface CostsView {
  readonly period: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly by: string;
  readonly totals: Totals;
  readonly groups: readonly CostGroup[];
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
