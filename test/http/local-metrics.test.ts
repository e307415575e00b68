import { expect, test } from "bun:test";
import { localFamilies } from "../../src/http/local-metrics.ts";
import { createEngineCounters } from "../../src/local/engine-counters.ts";
import type { LocalServerState } from "../../src/local/scheduler.ts";

function serverWith(fill: (counters: ReturnType<typeof createEngineCounters>) => void): LocalServerState {
  const counters = createEngineCounters();
  fill(counters);
  return {
    provider: "ollama",
    url: "http://127.0.0.1:11434",
    loaded: [{ model: 'odd"name:1b', contextTokens: 8_192, sinceMs: 5 }],
    loading: null,
    running: 1,
    waiting: [{ model: "b:1b", priority: "chat", waitedMs: 1, expectedMs: 2 }],
    slots: 1,
    ...counters.view(),
  };
}

test("the queues are told as Prometheus reads them: labels escaped, buckets cumulative", () => {
  const server = serverWith((counters) => {
    counters.loaded("cold", 1_500);
    counters.loaded("warm", 300);
    counters.switched("idle");
    counters.switched("foreign");
    counters.switched("foreign");
    counters.reloaded("context");
    counters.waited(0);
    counters.waited(3_000);
    counters.refused();
  });
  const predictions = new Map([["ollama", { hits: 3, misses: 1 }]]);
  const text = localFamilies({ servers: [server], truncations: new Map([["ollama/b:1b", 2]]), predictions }).join("");
  expect(text.split("\n").filter((line) => !/_bucket|^# HELP|^$/.test(line))).toEqual([
    "# TYPE lodestar_model_loaded gauge",
    'lodestar_model_loaded{provider="ollama",model="odd\\"name:1b",context="8192"} 1',
    "# TYPE lodestar_load_seconds histogram",
    'lodestar_load_seconds_sum{provider="ollama",page_cache="cold"} 1.5',
    'lodestar_load_seconds_count{provider="ollama",page_cache="cold"} 1',
    'lodestar_load_seconds_sum{provider="ollama",page_cache="warm"} 0.3',
    'lodestar_load_seconds_count{provider="ollama",page_cache="warm"} 1',
    "# TYPE lodestar_switches_total counter",
    'lodestar_switches_total{provider="ollama",cause="idle"} 1',
    'lodestar_switches_total{provider="ollama",cause="foreign"} 2',
    "# TYPE lodestar_reloads_total counter",
    'lodestar_reloads_total{provider="ollama",cause="context"} 1',
    "# TYPE lodestar_queue_wait_seconds histogram",
    'lodestar_queue_wait_seconds_sum{provider="ollama"} 3',
    'lodestar_queue_wait_seconds_count{provider="ollama"} 2',
    "# TYPE lodestar_local_running gauge",
    'lodestar_local_running{provider="ollama"} 1',
    "# TYPE lodestar_local_waiting gauge",
    'lodestar_local_waiting{provider="ollama"} 1',
    "# TYPE lodestar_local_refused_total counter",
    'lodestar_local_refused_total{provider="ollama"} 1',
    "# TYPE lodestar_local_truncations_total counter",
    'lodestar_local_truncations_total{model="ollama/b:1b"} 2',
    "# TYPE lodestar_local_predictions_total counter",
    'lodestar_local_predictions_total{provider="ollama",outcome="hit"} 3',
    'lodestar_local_predictions_total{provider="ollama",outcome="miss"} 1',
  ]);
  const waits = text.split("\n").filter((line) => line.startsWith("lodestar_queue_wait_seconds_bucket"));
  const counts = waits.map((line) => Number(line.split(" ").at(-1)));
  expect(counts).toEqual(counts.toSorted((first, second) => first - second));
  expect(waits.at(-1)).toContain('le="+Inf"} 2');
});

test("a process that asked no local engine has none of these families", () => {
  expect(localFamilies({ servers: [], truncations: new Map(), predictions: new Map() })).toEqual([]);
});
