import type { Settings } from "../config/settings.ts";
import type { Directory } from "../core/directory.ts";
import type { EvidenceSink } from "../core/evidence.ts";
import type { DialectName } from "../core/request.ts";
import type { Result } from "../core/result.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log/log.ts";
import type { PriceBook } from "../host/prices/prices.ts";
import type { SendUpstream } from "../host/upstream/upstream.ts";
import type { Ledger } from "../stores/ports.ts";
import type { BudgetGuard } from "./budget-guard.ts";
import type { Bus } from "./bus.ts";
import type { AnswerCache } from "./cache.ts";
import type { DrawCard } from "./draw-card.ts";
import type { HealthBook } from "./health.ts";
import type { LocalGate } from "./local-gate.ts";
import type { ProjectView } from "./projects.ts";
import type { Router } from "./routing/router.ts";
import type { Settle } from "./settle.ts";
import type { Watchdog } from "./watchdog.ts";

/** Everything the request path uses, brought together once by `compose.ts`. */
export interface Services {
  /** The configuration of this moment: it changes at a reload. */
  readonly settings: () => Settings;
  /** Where names are looked up, of this moment. */
  readonly directory: () => Directory;
  /** What holds for the requests of a project; null where nothing is said of it. */
  readonly project: (name: string | null) => ProjectView | null;
  readonly dialects: Readonly<Partial<Record<DialectName, Dialect>>>;
  readonly ledger: Ledger;
  readonly budgets: BudgetGuard;
  readonly settle: Settle;
  /** Answers that are given again; null where their file cannot be used. */
  readonly cache: AnswerCache | null;
  readonly health: HealthBook;
  /** Where verdicts on answers are kept; absent: nowhere. */
  readonly evidence?: EvidenceSink;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly watchdog: Watchdog;
  readonly prices: PriceBook;
  readonly send: SendUpstream;
  /** Chooses the model of requests for `auto`; null where nobody does. */
  readonly router: Router | null;
  readonly localGate: LocalGate;
  readonly drawCard: DrawCard;
  /** Fetches an image that a request names by URL, guarded; for targets that only take bytes. */
  readonly fetchImage: (url: string, signal: AbortSignal) => Promise<Result<FetchedImage, string>>;
  /** Removes secrets from what an upstream said: some repeat the key they refuse. */
  readonly redact: (text: string) => string;
  readonly log: Log;
  /** Aborts when open attempts must end because the process stops. */
  readonly shutdown: AbortSignal;
  readonly version: string;
}

/** An image as bytes. */
export interface FetchedImage {
  readonly mediaType: string;
  readonly base64: string;
}
