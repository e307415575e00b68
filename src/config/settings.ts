import type { Budget } from "../core/budget/budget.ts";
import type { NanoUsd } from "../core/money.ts";
import type { RateCard } from "../core/price.ts";
import type { ProjectRules } from "../core/project.ts";
import type { RoutingSettings } from "../core/routing/policy-settings.ts";
import type { Rule } from "../core/routing/rules/rule.ts";
import type { RuleTest } from "../core/routing/rules/rule-test.ts";
import type { Provider } from "../providers/provider.ts";

/** One key of a provider. Accounts of one `group` share a quota and cool down together. */
export interface Account {
  readonly id: string;
  readonly group: string;
  /** The secret itself, resolved; null where the provider needs none, or `auth` is `client`. Never printed. */
  readonly key: string | null;
  /** Where the key came from, for people: `env:DEEPSEEK_API_KEY`, `file:work.key`, `stored`. */
  readonly keySource: string;
}

/** A provider as configured: its declaration with the user's changes, and its accounts. */
export interface ConfiguredProvider {
  readonly provider: Provider;
  readonly accounts: readonly Account[];
  /** `client`: the client's own credential is passed on, to this provider's own host only. */
  readonly auth: "account" | "client";
  /** Models the user listed; empty means any name is forwarded. */
  readonly models: readonly string[];
  /** How it got here: `file`, `environment`, `stored`, `found`. */
  readonly origin: "file" | "environment" | "stored" | "found";
}

/** An address that events are posted to. */
export interface Webhook {
  readonly url: string;
  /** Signs every body (HMAC-SHA-256); null sends none. Never printed. */
  readonly secret: string | null;
  /** Where the secret came from, for people: `env:HOOK_SECRET`; null without one. */
  readonly secretSource: string | null;
  /** Which events, by name; empty means budgets and health. */
  readonly events: readonly string[];
}

/** Models that are asked for one token now and then. */
export interface PaidProbeSettings {
  /** `provider/model`; at least one. */
  readonly models: readonly string[];
  readonly everyMs: number;
  /** The most that all of them may cost a day, by the calendar of `timeZone`. */
  readonly capNanoUsd: NanoUsd;
}

/** Deadlines of an attempt in milliseconds; null means none. */
export interface Deadlines {
  readonly connectMs: number;
  readonly headersMs: number;
  readonly firstTokenMs: number;
  readonly idleMs: number;
  readonly totalMs: number | null;
}

/** Ollama servers: what pins their runners, and the queue before each. Milliseconds and tokens. */
export interface LocalSettings {
  readonly isScheduled: boolean;
  readonly maxWaitMs: number;
  /** Null: nothing goes elsewhere because it would wait too long. */
  readonly overflowMs: number | null;
  /** Null: found out. */
  readonly parallel: number | null;
  readonly warm: "last-used" | readonly string[];
  readonly keepAlive: string;
  readonly contextTokens: number;
  /** The Ollama provider on the card that draws images: by id, the one at the same host, or null for none. */
  readonly imagesShare: string | "same-host" | null;
}

/** The response cache. */
export interface CacheSettings {
  /** 0: no answer is kept at all. */
  readonly ttlMs: number;
  readonly maxBytes: number;
  /** Requests at a higher temperature are not cached. */
  readonly maxTemperature: number;
  /** Names, as clients ask for them, that are cached whatever the temperature. */
  readonly always: readonly string[];
}

/** The final, validated configuration: everything resolved, nothing optional. Made by `config/`, read everywhere. */
export interface Settings {
  readonly server: {
    readonly host: string;
    readonly port: number;
    readonly adminPort: number;
    /** The admin port was asked for by name, so a taken one is an error rather than a reason to take the next. */
    readonly isAdminPortExplicit: boolean;
    readonly allowedHosts: readonly string[];
    readonly allowedOrigins: readonly string[];
  };
  readonly providers: readonly ConfiguredProvider[];
  /** Name to `provider/model` or to another alias. User aliases; the built-in ones are in `core/plan.ts`. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Chains by alias, model or task class; each entry an alias or a `provider/model`. `default` is what `auto` uses. */
  readonly chains: Readonly<Record<string, readonly string[]>>;
  readonly deadlines: Deadlines;
  readonly retries: { readonly attemptsPerTarget: number; readonly baseMs: number; readonly maxMs: number };
  readonly breaker: { readonly failures: number; readonly windowMs: number; readonly isOff: boolean };
  /** Free probes, and how often they go to a provider without traffic; paid ones, null where nobody asked for them. */
  readonly health: { readonly hasProbes: boolean; readonly everyMs: number; readonly paid: PaidProbeSettings | null };
  readonly retention: {
    readonly ledgerDays: number;
    readonly requestsDays: number;
    /** Decisions of the router. */
    readonly routesDays: number;
    /** 0: answers of the Responses API are not kept at all. */
    readonly responsesDays: number;
    readonly responsesBytes: number;
  };
  readonly cache: CacheSettings;
  readonly routing: RoutingSettings;
  /** The user's routing rules, in the order of the file. */
  readonly rules: readonly Rule[];
  /** What `route test` holds against them. */
  readonly ruleTests: readonly RuleTest[];
  readonly budgets: readonly Budget[];
  /** IANA name of the time zone whose days and months budgets and reports count by. */
  readonly timeZone: string;
  /** Who is told of events over HTTP. */
  readonly webhooks: readonly Webhook[];
  /** What the user set for projects, by name; what a project's own file wishes is kept apart. */
  readonly projects: Readonly<Record<string, ProjectRules>>;
  readonly prices: { readonly overrides: Readonly<Record<string, RateCard>> };
  readonly local: LocalSettings;
  /** 400 instead of a warning when a parameter cannot be honoured. */
  readonly isStrict: boolean;
  /** Refuse bodies above this size. Bytes. */
  readonly maxBodyBytes: number;
  readonly drainMs: number;
  readonly heartbeatMs: number;
  readonly baselineModel: string;
  readonly log: {
    readonly level: "debug" | "info" | "warn" | "error";
    readonly maxBytes: number;
    readonly keepFiles: number;
  };
  /** The file this came from, if any; for messages. */
  readonly file: string | null;
}
