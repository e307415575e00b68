import type { AdminContext } from "./admin/context.ts";

/** A family of figures with its samples. */
interface CacheFigures {
  readonly name: string;
  readonly kind: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[];
}

/** What is kept, and what the response cache did since the start. */
export function cacheFigures(admin: AdminContext): readonly CacheFigures[] {
  const counts = admin.cache.counts();
  const sums = admin.cache.reader()?.sums();
  const { hits = 0, misses = 0, bypassed = {}, stored = 0 } = counts ?? {};
  const left = Object.entries(bypassed).map(([reason, value]) => ({ labels: { outcome: "bypass", reason }, value }));
  return [
    {
      name: "lodestar_cache_requests_total",
      kind: "counter",
      help: "Requests at the response cache since the start, by outcome.",
      samples: [
        { labels: { outcome: "hit", reason: "" }, value: hits },
        { labels: { outcome: "miss", reason: "" }, value: misses },
        ...left,
      ],
    },
    {
      name: "lodestar_cache_stored_total",
      kind: "counter",
      help: "Answers kept since the start.",
      samples: [{ value: stored }],
    },
    {
      name: "lodestar_cache_entries",
      kind: "gauge",
      help: "Answers in the response cache.",
      samples: sums === undefined ? [] : [{ value: sums.entries }],
    },
    {
      name: "lodestar_cache_bytes",
      kind: "gauge",
      help: "Size of the response cache in bytes.",
      samples: sums === undefined ? [] : [{ value: sums.bytes }],
    },
  ];
}
