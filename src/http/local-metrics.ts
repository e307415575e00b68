import type { Histogram, LocalServerState } from "../local/scheduler.ts";

/** The queues before local engines, as metrics want them. */
export interface LocalSchedule {
  readonly servers: readonly LocalServerState[];
  /** Prompts of which an engine read less than was sent, by `provider/model`. */
  readonly truncations: ReadonlyMap<string, number>;
  /** By provider: how often the model that was expected to be loaded next was, and how often another. */
  readonly predictions: ReadonlyMap<string, { readonly hits: number; readonly misses: number }>;
}

type Labels = Readonly<Record<string, string>>;

function pair([name, value]: readonly [string, string]): string {
  return `${name}="${value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')}"`;
}

function line(name: string, labels: Labels, value: number): string {
  return `${name}{${Object.entries(labels).map(pair).join(",")}} ${value}`;
}

function family(name: string, kind: "counter" | "gauge" | "histogram", help: string, lines: readonly string[]): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines, ""].join("\n");
}

function histogramLines(name: string, labels: Labels, { buckets, count, sum }: Histogram): readonly string[] {
  return [
    ...buckets.map((bucket) => line(`${name}_bucket`, { ...labels, le: String(bucket.le) }, bucket.count)),
    line(`${name}_bucket`, { ...labels, le: "+Inf" }, count),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, count),
  ];
}

function causeLines(name: string, provider: string, counts: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(counts).map(([cause, value]) => line(name, { provider, cause }, value));
}

/** The families of the local engines in Prometheus' text format; those without samples are left out. */
export function localFamilies({ servers, truncations, predictions }: LocalSchedule): readonly string[] {
  const each = (lines: (server: LocalServerState) => readonly string[]): readonly string[] => servers.flatMap(lines);
  const families = [
    ["lodestar_model_loaded", "gauge", "Models in memory: 1, with the context they were loaded with."],
    [
      "lodestar_load_seconds",
      "histogram",
      "How long loads took, with the model's file in memory already (warm) or not.",
    ],
    ["lodestar_switches_total", "counter", "Loads of a model that was not in memory, by cause."],
    ["lodestar_reloads_total", "counter", "Loads of a model that was in memory, by cause."],
    ["lodestar_queue_wait_seconds", "histogram", "How long requests waited for their model."],
    ["lodestar_local_running", "gauge", "Requests that hold a place at an engine now."],
    ["lodestar_local_waiting", "gauge", "Requests that wait for their model now."],
    [
      "lodestar_local_refused_total",
      "counter",
      "Requests that went elsewhere or failed because their model was not to be had.",
    ],
    ["lodestar_local_truncations_total", "counter", "Prompts of which an engine read less than was sent."],
    ["lodestar_local_predictions_total", "counter", "Loads by whether their model was the one expected."],
  ] as const;
  const samples: Readonly<Record<(typeof families)[number][0], (name: string) => readonly string[]>> = {
    lodestar_model_loaded: (name) =>
      each(({ provider, loaded }) =>
        loaded.map(({ model, contextTokens }) =>
          line(name, { provider, model, context: String(contextTokens ?? "") }, 1),
        ),
      ),
    lodestar_load_seconds: (name) =>
      each(({ provider, loadSeconds }) => [
        ...histogramLines(name, { provider, page_cache: "cold" }, loadSeconds.cold),
        ...histogramLines(name, { provider, page_cache: "warm" }, loadSeconds.warm),
      ]),
    lodestar_switches_total: (name) => each(({ provider, switches }) => causeLines(name, provider, switches)),
    lodestar_reloads_total: (name) => each(({ provider, reloads }) => causeLines(name, provider, reloads)),
    lodestar_queue_wait_seconds: (name) =>
      each(({ provider, queueWaitSeconds }) => histogramLines(name, { provider }, queueWaitSeconds)),
    lodestar_local_running: (name) => each(({ provider, running }) => [line(name, { provider }, running)]),
    lodestar_local_waiting: (name) => each(({ provider, waiting }) => [line(name, { provider }, waiting.length)]),
    lodestar_local_refused_total: (name) => each(({ provider, refused }) => [line(name, { provider }, refused)]),
    lodestar_local_predictions_total: (name) =>
      [...predictions].flatMap(([provider, { hits, misses }]) => [
        line(name, { provider, outcome: "hit" }, hits),
        line(name, { provider, outcome: "miss" }, misses),
      ]),
    lodestar_local_truncations_total: (name) => [...truncations].map(([model, value]) => line(name, { model }, value)),
  };
  return families.flatMap(([name, kind, help]) => {
    const lines = samples[name](name);
    return lines.length === 0 ? [] : [family(name, kind, help, lines)];
  });
}
