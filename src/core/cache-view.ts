import type { NanoUsd } from "./money.ts";

/** What became of requests at the response cache since the daemon started. */
export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
  readonly stored: number;
  /** Requests that the cache was left out of, by why. */
  readonly bypassed: Readonly<Record<string, number>>;
  /** Answers that were not kept, by why. */
  readonly notKept: Readonly<Record<string, number>>;
}

/** How much of the prompts that went to a provider its own prompt cache served. Tokens. */
export interface PromptCacheView {
  readonly provider: string;
  readonly inputTokens: number;
  /** Of `inputTokens`: read from its cache, at a lower price. */
  readonly readTokens: number;
  /** Of `inputTokens`: written to its cache, which some charge for. */
  readonly writeTokens: number;
}

/** `cache stats --json`. Times in Unix ms; `hits` and `savedNanoUsd` are of the whole ledger. */
export interface CacheStatsView {
  readonly ttlMs: number;
  readonly maxBytes: number;
  readonly entries: number;
  readonly bytes: number;
  readonly oldestAt: number | null;
  readonly hits: number;
  readonly savedNanoUsd: NanoUsd;
  /** Providers whose own prompt cache was used in the last 30 days, most input first. */
  readonly promptCaches: readonly PromptCacheView[];
  /** Null without a daemon. */
  readonly sinceStart: CacheCounts | null;
}

/** One kept answer of `cache list --json`. Times in Unix ms. */
export interface CacheEntryView {
  readonly digest: string;
  readonly keyId: string | null;
  readonly project: string | null;
  readonly provider: string;
  readonly account: string;
  readonly model: string;
  readonly endpoint: string;
  readonly dialect: string;
  readonly form: "reply" | "stream";
  readonly createdAt: number;
  readonly usedAt: number;
  readonly hits: number;
  readonly bytes: number;
}

/** `cache show --json` and each line of `cache export`: with what the model said, as its provider wrote it. */
export interface CacheContentView extends Omit<CacheEntryView, "usedAt" | "hits" | "bytes"> {
  readonly usage: { readonly input: object; readonly output: object };
  readonly body: string;
}

/** What a round of clearing did; again where it is not done. */
export interface CacheClearView {
  readonly deleted: number;
  readonly isDone: boolean;
}
