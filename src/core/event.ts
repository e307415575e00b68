import type { BudgetPeriod, BudgetScope, BudgetStep } from "./budget/budget.ts";
import type { Fault } from "./fault.ts";
import type { AttemptIntent, AttemptOutcome } from "./ledger.ts";
import type { NanoUsd } from "./money.ts";

/** Everything that happens, as one typed stream: `events --json`, the admin SSE stream and webhooks show this schema. `at` is Unix ms. */
export type LodestarEvent =
  | {
      readonly event: "ready";
      readonly at: number;
      readonly apiUrl: string;
      readonly adminUrl: string;
      readonly stateDir: string;
      readonly version: string;
      readonly pid: number;
    }
  /** One attempt is settled; the pair is the ledger row. */
  | { readonly event: "settled"; readonly at: number; readonly intent: AttemptIntent; readonly outcome: AttemptOutcome }
  /** The next target of a chain is tried after this fault. */
  | {
      readonly event: "fallback";
      readonly at: number;
      readonly requestId: string;
      readonly from: string;
      readonly to: string;
      readonly fault: Fault["kind"];
      readonly message: string;
    }
  | {
      readonly event: "health";
      readonly at: number;
      readonly provider: string;
      readonly account: string;
      /** The one model that it is about; absent: the whole account. */
      readonly model?: string;
      readonly state: HealthState;
      readonly reason: string;
    }
  /**
   * A budget reached a threshold (`warning`, with the percentage), its limit (`exceeded`), or decided on one request:
   * its answer was cut at what could be paid (`capped`), a free model answered (`degraded`), nobody did (`refused`).
   */
  | {
      readonly event: "budget";
      readonly at: number;
      readonly budget: string;
      readonly scope: BudgetScope;
      readonly name: string | null;
      readonly period: BudgetPeriod;
      readonly step: BudgetStep;
      readonly percent: number;
      readonly spentNanoUsd: NanoUsd;
      readonly limitNanoUsd: NanoUsd;
      /** Unix ms; null for a budget without an end. */
      readonly resetsAt: number | null;
      readonly requestId: string | null;
    }
  | { readonly event: "config"; readonly at: number; readonly outcome: "loaded" | "rejected"; readonly message: string }
  /**
   * A local engine loaded a model (`cause`: why, or `foreign` where another program had driven it out; `replaced`: what had to
   * go), gave one's memory back, or read less of a prompt than was sent (`truncation`).
   */
  | {
      readonly event: "local";
      readonly at: number;
      readonly provider: string;
      readonly model: string;
      readonly step: "load" | "unload" | "truncation" | "draw";
      readonly cause: string | null;
      readonly contextTokens: number | null;
      readonly tookMs: number | null;
      readonly replaced: readonly string[];
      /** Of a drawing: the part of its image that is done, 0 to 1. */
      readonly progress?: number;
    }
  | { readonly event: "draining"; readonly at: number; readonly open: number; readonly deadlineMs: number };

/** Health of an account as its breaker sees it. */
export type HealthState = "closed" | "open" | "half-open";
