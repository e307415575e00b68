import type { Context } from "hono";
import * as v from "valibot";
import type {
  CacheClearView,
  CacheContentView,
  CacheEntryView,
  CacheStatsView,
  PromptCacheView,
} from "../../core/cache-view.ts";
import type { CachedAnswer, CacheFilter, CacheListing } from "../../stores/ports.ts";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { parseWith } from "./schema.ts";

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const whole = v.pipe(v.string(), v.regex(/^\d{1,15}$/, "must be a whole number"), v.transform(Number));

const filters = {
  model: v.optional(name),
  provider: v.optional(name),
  project: v.optional(name),
  key: v.optional(name),
  digest: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{4,64}$/, "must be at least 4 characters of a digest"))),
  before: v.optional(whole),
};

const clearQuery = v.strictObject(filters);

const listQuery = v.strictObject({
  ...filters,
  limit: v.optional(v.pipe(whole, v.minValue(1), v.maxValue(1_000)), "50"),
  after: v.optional(whole, "0"),
});

const showQuery = v.strictObject({});

function filterOf(query: v.InferOutput<typeof clearQuery>): CacheFilter {
  const { key: keyId, model, provider, project, digest, before } = query;
  return { keyId, model, provider, project, digest, before };
}

function unusable(context: Context): Response {
  const fix = "`lodestar doctor` says what is wrong with cache.db; the log of `lodestar serve` has the reason";
  return adminError(context, 503, "cache_unusable", "the file of kept answers cannot be used", fix);
}

function entryOf(listing: CacheListing): CacheEntryView {
  const { framing: _framing, isVerbatim: _isVerbatim, ...entry } = listing;
  return entry;
}

function contentOf(answer: CachedAnswer): CacheContentView {
  const {
    framing: _framing,
    isVerbatim: _isVerbatim,
    usageSource: _source,
    warnings: _warnings,
    usage,
    ...rest
  } = answer;
  return { ...rest, usage: { input: usage.input, output: usage.output } };
}

/** How far back the use of providers' own caches is told. Milliseconds. */
const PROMPT_CACHE_MS = 30 * 86_400_000;

/** Answers of our own cache repeat the counts of the first; they asked no provider. */
function promptCaches(admin: AdminContext): readonly PromptCacheView[] {
  const from = admin.now() - PROMPT_CACHE_MS;
  const hits = new Map(admin.ledger.groups({ from, state: "hit" }, "provider").map((group) => [group.name, group]));
  const caches = admin.ledger.groups({ from }, "provider").map((group) => {
    const { inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 } = hits.get(group.name) ?? {};
    return {
      provider: group.name,
      inputTokens: group.inputTokens - inputTokens,
      readTokens: group.cacheReadTokens - cacheReadTokens,
      writeTokens: group.cacheWriteTokens - cacheWriteTokens,
    };
  });
  const used = caches.filter(({ readTokens, writeTokens }) => readTokens + writeTokens > 0);
  return used.toSorted((left, right) => right.inputTokens - left.inputTokens);
}

/** `GET /v1/cache`: what is kept, and what it was good for. */
export function readCacheStats(admin: AdminContext): CacheStatsView {
  const { ttlMs, maxBytes } = admin.settings().cache;
  const { attempts, savedCacheNanoUsd } = admin.ledger.totals({ state: "hit" });
  const sums = admin.cache.reader()?.sums() ?? { entries: 0, bytes: 0, oldestAt: null };
  return {
    ttlMs,
    maxBytes,
    entries: sums.entries,
    bytes: sums.bytes,
    oldestAt: sums.oldestAt,
    hits: attempts,
    savedNanoUsd: savedCacheNanoUsd,
    promptCaches: promptCaches(admin),
    sinceStart: admin.control === null ? null : admin.cache.counts(),
  };
}

/** `GET /v1/cache/entries`: latest use first, without what was said. */
export function answerCacheEntries(context: Context, admin: AdminContext): Response {
  const query = parseWith(listQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const { limit, after } = query.value;
  const listed = admin.cache.reader()?.list(filterOf(query.value), limit, after) ?? [];
  return context.json({ entries: listed.map(entryOf) });
}

/** `GET /v1/cache/entries/:digest`: one answer with what was said, by the first characters of its digest. */
export function answerCacheEntry(context: Context, admin: AdminContext, digest: string): Response {
  const query = parseWith(showQuery, context.req.query());
  const given = parseWith(clearQuery, { digest });
  if (!query.ok || !given.ok) return adminError(context, 400, "bad_query", query.ok ? "no such digest" : query.error);
  const reader = admin.cache.reader();
  const [found, second] = reader?.list({ digest }, 2) ?? [];
  if (second !== undefined)
    return adminError(context, 400, "digest_ambiguous", `several kept answers begin with ${digest}`, "give more of it");
  const answer = found === undefined ? null : (reader?.read(found.digest) ?? null);
  if (answer !== null) return context.json(contentOf(answer));
  return adminError(
    context,
    404,
    "cache_entry_not_found",
    `no kept answer begins with ${digest}`,
    "lodestar cache list",
  );
}

/** How long one call goes on deleting; the caller calls again. Milliseconds. */
const ROUND_MS = 200;

/** `DELETE /v1/cache`: deletes what matches, all without a filter, for a fifth of a second. */
export function clearCache(context: Context, admin: AdminContext): Response {
  const query = parseWith(clearQuery, context.req.query());
  if (!query.ok) return adminError(context, 400, "bad_query", query.error);
  const { store } = admin.cache;
  if (store === null) return unusable(context);
  const end = performance.now() + ROUND_MS;
  let deleted = 0;
  let chunk: number;
  do {
    chunk = store.remove(filterOf(query.value));
    deleted += chunk;
  } while (chunk > 0 && performance.now() < end);
  const view: CacheClearView = { deleted, isDone: chunk === 0 };
  return context.json(view);
}
