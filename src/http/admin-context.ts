import type { Settings } from "../config/settings.ts";
import type { DaemonView, LocalView, ModelView, TunnelView, WebhookTrialView, WebhookView } from "../core/admin-view.ts";
import type { BudgetState } from "../core/budget.ts";
import type { HealthState, LodestarEvent } from "../core/event.ts";
import type { JsonObject } from "../core/json.ts";
import type { KeyLimits } from "../core/key-limits.ts";
import type { PriceDiffView, PriceShowView, PricesView } from "../core/price-view.ts";
import type { Result } from "../core/result.ts";
import type { LocalCatalog } from "../features/local-catalog/local-catalog.ts";
import type { ProjectBook } from "../gateway/projects.ts";
import type { PriceBook } from "../host/prices.ts";
import type { ApiKey, KeyStore, Ledger } from "../stores/ports.ts";
import type { AdminSessions } from "./admin-session.ts";
import type { LocalSchedule } from "./local-metrics.ts";

/** Live state of one account, as its breaker and cooldown see it. */
export interface AccountHealth {
  readonly provider: string;
  readonly account: string;
  readonly state: HealthState;
  readonly lastError: string | null;
  /** Unix ms, null when it does not cool down. */
  readonly coolingUntil: number | null;
}

/** What the caller of `POST /v1/keys` may choose. */
export interface KeyWish {
  readonly name: string;
  readonly project: string | null;
  readonly models: readonly string[];
  /** Unix ms. */
  readonly expiresAt: number | null;
  /** Default none. */
  readonly limits?: KeyLimits;
}

/** All that the admin surface sees of the program; filled by the composition root. */
export interface AdminContext {
  /** The admin credential: 256 random bits, compared in constant time. Never shown. */
  readonly token: string;
  readonly sessions: AdminSessions;
  readonly ledger: Pick<
    Ledger,
    "query" | "totals" | "groups" | "recentRequests" | "price" | "health" | "flush" | "prunable" | "prune" | "repairDay"
  >;
  readonly prices: Pick<PriceBook, "priceOf" | "modelsOf">;
  readonly keyStore: Pick<KeyStore, "list" | "revoke" | "limit" | "hasAny">;
  readonly projects: Pick<ProjectBook, "projectOf" | "known" | "tell" | "forget">;
  settings(): Settings;
  /** The resolved configuration with every secret left out. */
  config(): JsonObject;
  /** The process as `status` shows it, without what the stores know. */
  daemon(): Omit<DaemonView, "ledger" | "keyRequired">;
  /** Live health; null where no gateway runs (commands without a daemon). */
  health(): readonly AccountHealth[] | null;
  /** Model servers on this machine, asked now, within a second. */
  local(): Promise<readonly LocalView[]>;
  /** The queues before them; empty before anybody asked one. */
  localSchedule(): LocalSchedule;
  /** Managing the models of local engines. */
  readonly localCatalog: LocalCatalog;
  /** Every model that can be asked by name. */
  models(): Promise<readonly ModelView[]>;
  /** What is known of prices, for people. */
  readonly priceReports: PriceReports;
  /** Mints and stores a key; the secret is told once. */
  mintKey(wish: KeyWish): { readonly key: ApiKey; readonly secret: string };
  /** Every budget as it stands. */
  budgets(): readonly BudgetState[];
  /** SSH tunnels; none without a daemon. */
  tunnels(): readonly TunnelView[];
  /** The webhooks; without a daemon with nothing sent. */
  webhooks(): readonly WebhookView[];
  /** Posts a sample to every webhook of the configuration. */
  testWebhooks(): Promise<readonly WebhookTrialView[]>;
  /** Deletes every kept answer of the Responses API; returns how many, null where their file cannot be used. */
  purgeResponses(): number | null;
  /** Null where no daemon runs. */
  readonly control: AdminControl | null;
  /** Unix milliseconds. */
  now(): number;
}

/** What is known of prices, looked up anew at each call. */
export interface PriceReports {
  tables(): PricesView;
  show(model: string): PriceShowView;
  differences(): PriceDiffView;
}

/** What only a running daemon can do. */
export interface AdminControl {
  subscribe(listener: (event: LodestarEvent) => void): () => void;
  /** Reads the configuration again: what changed, or why the old one stays. */
  reload(): Promise<Result<string, string>>;
  /** Starts to drain; returns at once. */
  stop(reason: string): void;
}
