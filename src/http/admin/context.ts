import type { Settings } from "../../config/settings.ts";
import type {
  DaemonView,
  LocalView,
  ModelView,
  TunnelView,
  WebhookTrialView,
  WebhookView,
} from "../../core/admin-view.ts";
import type { Bucket } from "../../core/availability-span.ts";
import type { BudgetState } from "../../core/budget/budget.ts";
import type { CacheCounts } from "../../core/cache-view.ts";
import type { LodestarEvent } from "../../core/event.ts";
import type { EvidenceStore } from "../../core/evidence-store.ts";
import type { GpuView } from "../../core/gpu/gpu.ts";
import type { GpuHistoryView } from "../../core/gpu/history.ts";
import type { AccountHealthView, PaidProbesView, ProbeView } from "../../core/health-view.ts";
import type { JsonObject } from "../../core/json.ts";
import type { KeyLimits } from "../../core/key-limits.ts";
import type { PriceDiffView, PriceShowView, PricesView } from "../../core/price-view.ts";
import type { DialectName } from "../../core/request.ts";
import type { Result } from "../../core/result.ts";
import type { QualityBook } from "../../core/routing/quality-book.ts";
import type { PublishedFigure } from "../../core/routing/quality-prior.ts";
import type { Dialect } from "../../dialects/dialect.ts";
import type { LocalCatalog } from "../../features/local-catalog/local-catalog.ts";
import type { ProjectBook } from "../../gateway/projects.ts";
import type { Router } from "../../gateway/routing/router.ts";
import type { PriceBook } from "../../host/prices/prices.ts";
import type {
  ApiKey,
  CacheReader,
  CacheStore,
  HealthFilter,
  KeyStore,
  Ledger,
  RouteLogReader,
} from "../../stores/ports.ts";
import type { LocalSchedule } from "../local-metrics.ts";
import type { AdminSessions } from "./session.ts";

/** The cards of this machine. */
export interface GpuDesk {
  /** The last reading; the first one may take some seconds where a driver is installed. */
  read(): Promise<GpuView>;
  /** The last reading, where one is known; starts nothing. */
  latest(): GpuView | null;
  /** Somebody looks on: readings come every second for a while. */
  hurry(): void;
  /** Since `from`, Unix ms. */
  history(from: number): GpuHistoryView;
}

/** The response cache as the admin surface sees it. */
export interface CacheDesk {
  /** Null where its file cannot be used, or was never written. */
  reader(): CacheReader | null;
  /** Null where nothing may be written, too. */
  readonly store: Pick<CacheStore, "remove"> | null;
  /** Null where no gateway runs. */
  counts(): CacheCounts | null;
}

/** The router as the admin surface sees it. */
export interface RouteDesk {
  readonly router: Pick<Router, "consider" | "spokeFor">;
  readonly dialects: Readonly<Partial<Record<DialectName, Dialect>>>;
  /** Its log; null where its file cannot be used, or was never written. */
  log(): RouteLogReader | null;
  /** Writes what is queued. */
  flush(): void;
  /** What the dial means by own traffic; null while there is too little. */
  dialFloors(): readonly number[] | null;
  /** Asks the local engines what they have, so that it is known. */
  look(): Promise<void>;
}

/** Own evidence of answers as the admin surface sees it. */
export interface EvidenceDesk {
  /** Null where its file cannot be used, or was never written. */
  store(): EvidenceStore | null;
  readonly book: QualityBook;
  readonly figures: readonly PublishedFigure[];
  /** Billions, by what the engine or else the name tells; null where neither does. */
  parametersOf(provider: string, model: string): number | null;
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
  readonly cache: CacheDesk;
  readonly evidence: EvidenceDesk;
  readonly route: RouteDesk;
  settings(): Settings;
  /** The resolved configuration with every secret left out. */
  config(): JsonObject;
  /** The process as `status` shows it, without what the stores know. */
  daemon(): Omit<DaemonView, "ledger" | "keyRequired">;
  /** Live health; null where no gateway runs (commands without a daemon). */
  health(): readonly AccountHealthView[] | null;
  /** What became of calls to providers; empty where nothing is kept. */
  availability(filter: HealthFilter): readonly Bucket[];
  /** The last free probes; none where no gateway runs. */
  probes(): readonly ProbeView[];
  /** Null where nobody asked for them, or no daemon runs. */
  paidProbes(): PaidProbesView | null;
  /** Model servers on this machine, asked now, within a second. */
  local(): Promise<readonly LocalView[]>;
  /** The queues before them; empty before anybody asked one. */
  localSchedule(): LocalSchedule;
  /** SSH tunnels; none without a daemon. */
  tunnels(): readonly TunnelView[];
  /** Managing the models of local engines. */
  readonly localCatalog: LocalCatalog;
  readonly gpu: GpuDesk;
  /** Every model that can be asked by name. */
  models(): Promise<readonly ModelView[]>;
  /** What is known of prices, for people. */
  readonly priceReports: PriceReports;
  /** Mints and stores a key; the secret is told once. */
  mintKey(wish: KeyWish): { readonly key: ApiKey; readonly secret: string };
  /** Every budget as it stands. */
  budgets(): readonly BudgetState[];
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
