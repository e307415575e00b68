import type { CacheCounts, CacheStatsView, PromptCacheView } from "../../core/cache-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatBytes, formatCost, formatCount, formatDuration, formatPlural } from "../../terminal/format.ts";
import { plainText, renderFacts } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";

function reasons(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).toSorted(([, left], [, right]) => right - left);
  return sorted.map(([reason, count]) => `${formatCount(count)} ${reason}`).join(", ");
}

function sinceStart({ hits, misses, stored, bypassed, notKept }: CacheCounts): readonly (readonly [string, string])[] {
  const looked = hits + misses;
  const share = looked === 0 ? "" : `, ${((100 * hits) / looked).toFixed(1)} % of those looked up`;
  const left = reasons(bypassed);
  const lost = reasons(notKept);
  return [
    [
      "since the start",
      `${formatPlural(hits, "hit")}, ${formatCount(misses)} without, ${formatCount(stored)} kept${share}`,
    ],
    ...(left === "" ? [] : [["left out", left] as const]),
    ...(lost === "" ? [] : [["not kept", lost] as const]),
  ];
}

/** Providers' own prompt caches, which go on working behind ours: a request's beginning is passed on as it came. */
function promptCaches(caches: readonly PromptCacheView[]): readonly (readonly [string, string])[] {
  return caches.map(({ provider, inputTokens, readTokens, writeTokens }) => {
    const share = inputTokens === 0 ? 0 : (100 * readTokens) / inputTokens;
    const written = writeTokens === 0 ? "" : `, ${formatCount(writeTokens)} written to it`;
    const told = `its own cache served ${share.toFixed(1)} % of ${formatCount(inputTokens)} input tokens in 30 days${written}`;
    return [plainText(provider), told];
  });
}

function facts(view: CacheStatsView, now: number): readonly (readonly [string, string])[] {
  const oldest = view.oldestAt === null ? "" : `, the oldest ${formatDuration(now - view.oldestAt)} old`;
  const time = view.ttlMs === 0 ? "off" : `for ${formatDuration(view.ttlMs)}`;
  return [
    ["answers", `${formatCount(view.entries)}${oldest}`],
    ["size", `${formatBytes(view.bytes)} of at most ${formatBytes(view.maxBytes)}`],
    ["kept", time],
    ["given again", `${formatPlural(view.hits, "time")}, which saved ${formatCost(view.savedNanoUsd)}`],
    ...promptCaches(view.promptCaches),
    ...(view.sinceStart === null ? [] : sinceStart(view.sinceStart)),
  ];
}

export const command = defineCommand({
  meta: {
    name: "stats",
    description:
      "How much is kept, how often it was given again, what that saved, and how well providers' own caches do",
    examples: [["lodestar cache stats", "also why the cache is left out of requests"]],
  },
  args: { ...jsonFlag, ...daemonFlags },
  async run({ args, ...host }) {
    const view = await fetchView<CacheStatsView>(host, args, "read", "/v1/cache");
    if (!view.ok) return view.error;
    const { terminal } = host;
    if (args.json) terminal.out(JSON.stringify(view.value));
    else for (const line of renderFacts(facts(view.value, host.now()), terminal.style)) terminal.out(line);
    return EXIT_CODES.ok;
  },
});
